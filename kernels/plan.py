"""What stays as long as network and data do: a training's plan, and how much of the data is evaluated how often."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels.labels import pack_labels
from kernels.layout import Layout
from kernels.network import TrainingData
from kernels.passes import backward, forward
from kernels.state import Plan, PlanInteger
from kernels.statistics import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from kernels.table import Field, Table

#: Samples that are looked at in one go when a whole set is evaluated.
EVALUATION_BLOCK = 128
#: The same of images, which have so many rows that only so few samples stay in a cache.
EVALUATION_BLOCK_OF_IMAGES = 32
#: Below this many operations an evaluation costs no more than ~1 ms, and is made whenever somebody looks.
CHEAP_EVALUATION = 40e6
#: Above this many operations a set, only its first samples are evaluated (a random choice), but at least so many.
EVALUATION_LIMIT, EVALUATION_LEAST = 40e6, 256
#: Where evaluations are not cheap, the share of the training's operations that they may take at the first interval.
EVALUATION_SHARE = 0.1
#: From so many operations on, about a millisecond, a step is long: an evaluation every few steps is more than can be
#: seen, and half of that share is enough.
LONG_STEP = 100e6
#: A record without evaluations looks at every activation of a batch and at every parameter, each about as long as so
#: many operations take, and may take this share of the training's operations.
OPERATIONS_A_LOOK, RECORD_SHARE = 50.0, 0.05


def make_plan(table: Table, layout: Layout, data: TrainingData, batch_size: int, seed: int) -> Plan:
    """The plan of a training that begins with that batch size."""
    samples, tests = data.x_train.shape[0], data.x_test.shape[0]
    operations = layout.operations
    evaluated = (_evaluated(samples, operations), _evaluated(tests, operations))
    evaluation = 2.0 * operations * sum(evaluated)
    cheap = evaluation <= CHEAP_EVALUATION
    step_flops = 6.0 * operations * min(batch_size, samples)
    share = EVALUATION_SHARE if step_flops < LONG_STEP else EVALUATION_SHARE / 2
    interval = 1 if cheap else power_of_two(evaluation / (share * step_flops))
    looks = min(batch_size, samples) * sum(math.prod(stage.shape) for stage in layout.stages) + layout.parameter_count
    record_interval = min(interval, power_of_two(OPERATIONS_A_LOOK * looks / (RECORD_SHARE * step_flops)))
    integers = np.zeros(len(PlanInteger), np.int64)
    integers[PlanInteger.WEIGHTS] = layout.weight_count
    integers[PlanInteger.TASK] = _task(data, int(table.fields[-1, Field.UNITS]))
    integers[PlanInteger.EVALUATED_TRAIN], integers[PlanInteger.EVALUATED_TEST] = evaluated
    integers[PlanInteger.EVALUATED_WHEN_OBSERVED] = cheap
    integers[PlanInteger.RECORD_INTERVAL], integers[PlanInteger.EVALUATION_INTERVAL] = record_interval, interval
    integers[PlanInteger.SEED] = seed
    integers[PlanInteger.FORWARD], integers[PlanInteger.BACKWARD] = forward.address, backward.address
    return Plan(
        fields=table.fields,
        params=table.params,
        saturation=table.saturation,
        tensors=np.array([(tensor.offset, tensor.size) for tensor in layout.tensors], np.int64),
        x_train=_held(data.x_train, data),
        y_train=_targets(data.y_train, data),
        x_test=_held(data.x_test, data),
        y_test=_targets(data.y_test, data),
        natural_order=np.arange(max(samples, tests), dtype=np.int64),
        sorted_order=np.argsort(_targets(data.y_train, data), kind="stable").astype(np.int64),
        integers=integers,
    )


def unevaluated(plan: Plan) -> Plan:
    """The same, for a step tried on copies: it evaluates no set, not even where it diverges, so that the arena and the
    targets keep what the step left in them.
    """
    integers = plan.integers.copy()
    integers[PlanInteger.EVALUATED_WHEN_OBSERVED] = 0
    return plan._replace(integers=integers)


def _evaluated(samples: int, operations: int) -> int:
    return min(samples, max(EVALUATION_LEAST, int(EVALUATION_LIMIT / (2 * operations))))


def power_of_two(at_least: float) -> int:
    """The smallest power of two, from 1 on, that is not less."""
    power = 1
    while power < at_least:
        power *= 2
    return power


def _targets(y: NDArray[np.float32], data: TrainingData) -> NDArray[np.float32]:
    """Targets [samples], several labels packed into one number."""
    return _held(y if y.ndim == 1 else pack_labels(y), data)


def _held(values: NDArray[np.float32], data: TrainingData) -> NDArray[np.float32]:
    """What a training holds of its data: a copy, or the very array where nobody writes into it.

    Even then a read-only one is copied: to Numba it is another type, for which train_chunk would be compiled again.
    """
    if data.constant:
        return np.require(values, np.float32, ["C", "A", "W"])
    return np.array(values, np.float32, order="C")


def _task(data: TrainingData, outputs: int) -> int:
    if data.y_train.ndim > 1:
        return MULTILABEL
    if outputs > 1:
        return MULTICLASS
    targets = np.unique(data.y_train)
    return BINARY if set(targets.tolist()) <= {-1.0, 1.0} else REGRESSION

"""What stays as long as network and data do: a training's plan, and how much of the data is evaluated how often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.labels import pack_labels
from kernels.layout import Layout
from kernels.network import TrainingData
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
#: From so many operations on, about a millisecond, a step is long: a record every few steps is more than can be seen,
#: and half of that share is enough.
LONG_STEP = 100e6


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
    integers = np.zeros(len(PlanInteger), np.int64)
    integers[PlanInteger.WEIGHTS] = layout.weight_count
    integers[PlanInteger.TASK] = _task(data, int(table.fields[-1, Field.UNITS]))
    integers[PlanInteger.EVALUATED_TRAIN], integers[PlanInteger.EVALUATED_TEST] = evaluated
    integers[PlanInteger.EVALUATED_WHEN_OBSERVED] = cheap
    integers[PlanInteger.RECORD_INTERVAL] = interval
    integers[PlanInteger.SEED] = seed
    # Copies, since a read-only array is another type to Numba, for which train_chunk would be compiled again.
    return Plan(
        fields=table.fields,
        params=table.params,
        saturation=table.saturation,
        tensors=np.array([(tensor.offset, tensor.size) for tensor in layout.tensors], np.int64),
        x_train=np.array(data.x_train, np.float32, order="C"),
        y_train=_targets(data.y_train),
        x_test=np.array(data.x_test, np.float32, order="C"),
        y_test=_targets(data.y_test),
        natural_order=np.arange(max(samples, tests), dtype=np.int64),
        sorted_order=np.argsort(_targets(data.y_train), kind="stable").astype(np.int64),
        integers=integers,
    )


def _evaluated(samples: int, operations: int) -> int:
    return min(samples, max(EVALUATION_LEAST, int(EVALUATION_LIMIT / (2 * operations))))


def power_of_two(at_least: float) -> int:
    """The smallest power of two, from 1 on, that is not less."""
    power = 1
    while power < at_least:
        power *= 2
    return power


def _targets(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Targets [samples], several labels packed into one number."""
    return np.array(y if y.ndim == 1 else pack_labels(y), np.float32, order="C")


def _task(data: TrainingData, outputs: int) -> int:
    if data.y_train.ndim > 1:
        return MULTILABEL
    if outputs > 1:
        return MULTICLASS
    targets = np.unique(data.y_train)
    return BINARY if set(targets.tolist()) <= {-1.0, 1.0} else REGRESSION

"""From the choices of a training to the arrays that the training loop reads, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kernels.augmentation import MAX_NOISE, MAX_ROTATION, MAX_SHIFT
from kernels.averagings import AVERAGINGS
from kernels.cache import Kernel
from kernels.clippings import CLIPPINGS
from kernels.layout import MAX_PARAMS, Layout
from kernels.losses import LOSSES
from kernels.network import Augmentation, Choice, TrainingSpec
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.samplings import SAMPLINGS
from kernels.schedules import BATCH_SCHEDULES, MOMENTUM_SCHEDULES, SCHEDULES
from kernels.state import Live, LiveAddress, LiveInteger
from kernels.stoppings import STOPPINGS

#: The longest warm-up of the learning rate, and the last step at which an optimizer can take over.
MAX_WARMUP = MAX_SWITCH = 1_000_000
#: Epochs whose steps are counted one by one where the batch size grows; beyond them it counts as grown.
_COUNTED = 100_000


def make_live(
    training: TrainingSpec, optimizer_choice: Choice, layout: Layout, dropout: NDArray[np.float32], samples: int
) -> Live:
    """The arrays for a training with that optimizer in force.

    Raises ValueError, naming it and its bound, for a number out of range, KeyError for an unknown choice.
    """
    if not 0 <= training.warmup <= MAX_WARMUP:
        raise ValueError(f"warmup is {training.warmup}, but must satisfy 0 <= warmup <= {MAX_WARMUP}")
    if training.switch is not None and not 1 <= training.switch.step <= MAX_SWITCH:
        raise ValueError(f"switch.step is {training.switch.step}, but must satisfy 1 <= step <= {MAX_SWITCH}")
    optimizer, loss = OPTIMIZERS[optimizer_choice.id], LOSSES[training.loss.id]
    schedule, momentum = SCHEDULES[training.schedule.id], MOMENTUM_SCHEDULES[training.momentum_schedule.id]
    batch, averaging = BATCH_SCHEDULES[training.batch_schedule.id], AVERAGINGS[training.averaging.id]
    if training.switch is not None:
        # Also the one that is not in force.
        for choice in (training.optimizer, training.switch.optimizer):
            OPTIMIZERS[choice.id].values(choice.params)
    sampling = SAMPLINGS[training.sampling.id]
    sampling.values(training.sampling.params)
    STOPPINGS[training.stopping.id].values(training.stopping.params)
    if momentum.follows_cycle and not schedule.cycles:
        raise ValueError(f"momentum_schedule {momentum.id} needs a schedule that cycles, not {schedule.id}")

    values = optimizer.values(optimizer_choice.params)
    factors = schedule.named(training.schedule)
    target = values[optimizer.momentum] if optimizer.momentum is not None else 0.0
    passes = list(_passes(training, layout))
    addresses = np.zeros(LiveAddress.PASSES + len(passes), np.int64)
    addresses[LiveAddress.OPTIMIZER] = optimizer.update.address
    addresses[LiveAddress.LOSS] = loss.value.address
    addresses[LiveAddress.SCHEDULE] = _address(schedule.value)
    addresses[LiveAddress.MOMENTUM] = _address(momentum.value) if optimizer.momentum is not None else 0
    addresses[LiveAddress.BATCH] = _address(batch.value)
    addresses[LiveAddress.SHARE] = _address(averaging.share)
    addresses[LiveAddress.PASSES :] = [address for address, _, _ in passes]
    integers = np.zeros(len(LiveInteger), np.int64)
    integers[LiveInteger.BATCH_SIZE] = training.batch_size
    integers[LiveInteger.SAMPLING] = sampling.code
    integers[LiveInteger.WARMUP] = training.warmup
    integers[LiveInteger.MOMENTUM] = optimizer.momentum or 0
    integers[LiveInteger.LARGEST_BATCH] = largest_batch(training.batch_size, training.batch_schedule, samples)
    watched = schedule.advances is not None or STOPPINGS[training.stopping.id].watches
    integers[LiveInteger.CUT] = int(watched)
    augmentation = _augmentation(training.augmentation)
    if any(augmentation):
        if len(layout.input_shape) != 3:
            raise ValueError("augmentation needs images; these inputs are none")
        integers[LiveInteger.AUGMENTED] = 1
        integers[LiveInteger.CHANNELS], integers[LiveInteger.HEIGHT], integers[LiveInteger.WIDTH] = layout.input_shape
    return Live(
        optimizer=_floats(*values, *values),
        schedule=_floats(*factors.values(), 1.0),
        cycle=_floats(*(0.0 if name in schedule.lows else value for name, value in factors.items()), 1.0),
        momentum=_floats(*momentum.values(training.momentum_schedule.params), target, 1.0),
        batch=_floats(*batch.values(training.batch_schedule.params), training.batch_size),
        share=_floats(*averaging.values(training.averaging.params), 0.0),
        loss=_floats(*loss.values(training.loss.params), 0.0),
        passes=np.array([row for _, row, _ in passes], np.float32).reshape(-1, MAX_PARAMS),
        extents=np.array([extent for _, _, extent in passes], np.int64),
        addresses=addresses,
        dropout=dropout,
        integers=integers,
        ascent=_floats(values[1] if optimizer.climbs else 0.0),
        augmentation=_floats(*augmentation),
    )


def _augmentation(asked: Augmentation) -> tuple[float, float, float, float]:
    """How far to move and to turn (in radians), whether to mirror, and the noise."""
    for name, value, bound in (
        ("shift", asked.shift, MAX_SHIFT),
        ("rotation", asked.rotation, MAX_ROTATION),
        ("noise", asked.noise, MAX_NOISE),
    ):
        if not 0 <= value <= bound:
            raise ValueError(f"augmentation.{name} is {value}, but must satisfy 0 <= {name} <= {bound:g}")
    return asked.shift, math.radians(asked.rotation), float(asked.flip), asked.noise


def _passes(training: TrainingSpec, layout: Layout) -> Iterator[tuple[int, list[float], int]]:
    """The passes over the gradient: address, parameters, and at how many of the network's parameters each looks."""
    for choice in training.regularizers:
        penalty = REGULARIZERS[choice.id]
        given = penalty.values(choice.params)
        if penalty.gradient is not None:
            # The last parameter asks for biases too.
            extent = layout.weight_count if given[-1] == 0 else layout.parameter_count
            yield penalty.gradient.address, _row(given), extent
    clipping = CLIPPINGS[training.clipping.id]
    given = clipping.values(training.clipping.params)
    if clipping.clip is not None:
        yield clipping.clip.address, _row(given), layout.parameter_count


def _row(given: tuple[float, ...]) -> list[float]:
    return [*given, *[0.0] * (MAX_PARAMS - len(given))]


def _floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def _address(kernel: Kernel | None) -> int:
    return 0 if kernel is None else kernel.address


def same_slots(old: Choice, new: Choice) -> bool:
    """Whether one optimizer can go on with the slots of the other."""
    if old.id != new.id:
        return False
    before, after = OPTIMIZERS[old.id].named(old), OPTIMIZERS[new.id].named(new)
    return all(before[name] == after[name] for name in OPTIMIZERS[new.id].slot_params)


def largest_batch(size: int, batch_schedule: Choice, samples: int) -> int:
    """The largest batch that can come."""
    schedule = BATCH_SCHEDULES[batch_schedule.id]
    return min(samples, max(size, int(schedule.named(batch_schedule).get("largest", size))))


def batch_size_at(size: int, batch_schedule: Choice, samples: int, step: int) -> int:
    """The size of a step's batch, where the schedule starts from `size`; the last one of an epoch may be smaller."""
    schedule = BATCH_SCHEDULES[batch_schedule.id]
    if schedule.value is None:
        return min(size, samples)
    grown = schedule.at(step, (*schedule.values(batch_schedule.params), size))
    return min(int(grown), largest_batch(size, batch_schedule, samples))


def steps_of(size: int, batch_schedule: Choice, samples: int, step: int, epochs: int) -> int:
    """How many steps from `step` on take in `epochs` times the training set, epoch by epoch."""
    growing = BATCH_SCHEDULES[batch_schedule.id].value is not None
    start = step
    while growing and epochs > 0 and step - start < _COUNTED:
        seen = 0
        while seen < samples:
            seen += batch_size_at(size, batch_schedule, samples, step)
            step += 1
        epochs -= 1
        growing = seen > 0 and batch_size_at(size, batch_schedule, samples, step) < samples
    return step - start + epochs * -(-samples // batch_size_at(size, batch_schedule, samples, step))

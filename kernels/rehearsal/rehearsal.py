"""A rehearsed step, and how it is rehearsed."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.averagings import AVERAGINGS
from kernels.network import Floats
from kernels.optimizers import OPTIMIZERS
from kernels.rehearsal.show import Show
from kernels.rehearsal.stage import Stage
from kernels.state import Clock, Memory
from kernels.train import NOTHING
from kernels.trainer import Trainer


@dataclass(frozen=True)
class Mean:
    """How the mean of the weights is renewed: by `share` of the way to them, 0 where they are not finite any more.

    It was chosen after step `begun`; `params` are those in force.
    """

    id: str
    params: dict[str, float]
    begun: int
    share: float


@dataclass(frozen=True)
class Rehearsal:
    """A step that has not been done: the one behind `step` steps.

    `count` samples are in its batch, of which the arrays show the one that was asked for, or the first `shown`;
    `indices` say which training samples the batch has, `losses` are those of the samples shown. `learning_rate` and
    `params` are the optimizer's in force, `optimizer_step` counts its updates from 1.

    `arrays`, where L is a layer's name and T a tensor's (see `Layout`); those of a layer are of the sample asked for,
    [units] or [channels, y, x], or have the samples shown as one axis more, the last:

    - `input` and `targets` of the batch's samples; `input.mask`, where inputs are silenced;
    - `L.input`, what comes in; `L.z`, the weighted sums, or what a pool puts out; `L.normalized`, with `L.mean` and
      `L.std`, the root of the variance plus epsilon, either of each unit or of each group of a sample; `L.skip`, what a
      skip connection adds; `L.y`, what enters the activation; `L.a`; `L.out`; `L.mask`, the factors of dropout, and
      `L.dropped`; `L.effective`, the weights in use where they are not those that are trained, and `L.weight.mask`;
    - the gradient of the batch's mean loss in them: `L.d_dropped`, `L.d_out`, `L.d_a`, `L.d_y`, `L.d_z`, and
      `L.d_input` but for the first layer, before what skip connections bring is added;
    - of every tensor `T.before`; `T.gradient`, of the loss; `T.passed`, what the optimizer gets: after penalties and
      clipping, and taken uphill where it climbs, `T.climbed` before them; `T.update`; `T.after`. With a sample asked
      for `T.gradient_sample`, its term of the sum over the batch that the gradient is;
    - `norm`, that of the whole gradient before its clipping, where that looks at it;
    - of running statistics B `B.before` and `B.after`;
    - where a mean is kept (`averaging`), its own of every tensor and running statistic X: `X.averaged.before` and
      `X.averaged.after`.

    `sums` are those over all samples of the batch, of every array that has the samples as an axis: [numbers].

    `slots` are the optimizer's own numbers before and after, by name and tensor; its scalars are the same for all.
    """

    step: int
    epoch: float
    count: int
    shown: int
    sample: int | None
    indices: NDArray[np.int64]
    loss: float
    losses: Floats
    learning_rate: float
    optimizer: str
    optimizer_step: int
    params: dict[str, float]
    arrays: dict[str, Floats]
    sums: dict[str, Floats]
    slots: dict[str, dict[str, tuple[Floats, Floats]]]
    averaging: Mean | None


def rehearse(trainer: Trainer, sample: int | None = None) -> Rehearsal:
    """Rehearse the next step: all its samples, or one of its batch.

    Changes no bit of the training. Raises ValueError where no step follows, and for a sample that is not in the batch.
    """
    stage = Stage(trainer)
    if sample is not None and not 0 <= sample < stage.count:
        raise ValueError(f"sample is {sample}, but must satisfy 0 <= sample <= {stage.count - 1}")
    show = Show(stage, sample)
    show.forward()
    show.loss()
    show.backward()
    show.parameters(trainer)
    if sample is not None:
        show.terms()
    optimizer = OPTIMIZERS[trainer.optimizer.id]
    in_force = stage.live.optimizer[len(optimizer.params) :]
    return Rehearsal(
        step=trainer.step,
        epoch=trainer.epoch,
        count=stage.count,
        shown=show.shown,
        sample=sample,
        indices=stage.indices,
        loss=float(stage.done.losses[4]),
        losses=show.losses,
        learning_rate=float(in_force[0]),
        optimizer=optimizer.id,
        optimizer_step=int(stage.done.clock[Clock.OPTIMIZER_STEP]),
        params={param.id: float(value) for param, value in zip(optimizer.params, in_force, strict=True)},
        arrays=show.arrays,
        sums=show.sums,
        slots=_slots(trainer, stage.done),
        averaging=_mean(trainer, stage),
    )


def _mean(trainer: Trainer, stage: Stage) -> Mean | None:
    """How the step renews the mean of the weights; None where none is kept."""
    averaging, params = AVERAGINGS[trainer.training.averaging.id], stage.live.share
    if averaging.share is None:
        return None
    share = 0.0
    if stage.done.clock[Clock.CULPRIT] == NOTHING:
        address = params.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        share = float(np.float32(averaging.share.compiled.ctypes(stage.step, address)))
    in_force = dict(zip([param.id for param in averaging.params], map(float, params[:-1]), strict=True))
    return Mean(averaging.id, in_force, int(params[-1]), share)


def _slots(trainer: Trainer, done: Memory) -> dict[str, dict[str, tuple[Floats, Floats]]]:
    """The optimizer's own numbers before and after, by name and tensor."""
    optimizer, size = OPTIMIZERS[trainer.optimizer.id], trainer.layout.parameter_count
    before, after = trainer.parts[2].slots, done.slots
    slots: dict[str, dict[str, tuple[Floats, Floats]]] = {}
    for number, name in enumerate(optimizer.slots):
        places = {
            tensor.name: slice(number * size + tensor.offset, number * size + tensor.offset + tensor.size)
            for tensor in trainer.layout.tensors
        }
        slots[name] = {tensor: (before[place].copy(), after[place].copy()) for tensor, place in places.items()}
    for number, name in enumerate(optimizer.scalars, len(optimizer.slots) * size):
        values = before[number : number + 1].copy(), after[number : number + 1].copy()
        slots[name] = {tensor.name: values for tensor in trainer.layout.tensors}
    return slots

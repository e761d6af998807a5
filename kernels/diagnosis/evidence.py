"""What is known of a run: its records, its parameters, and what its training is to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.bias_initializers import BIAS_INITIALIZERS
from kernels.labels import pack_labels
from kernels.layers import Layer
from kernels.layout import Layout
from kernels.live import batch_size_at
from kernels.losses import LOSSES
from kernels.losses.loss import wanted
from kernels.network import Choice, Floats, TrainingSpec

Doubles: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Steps: TypeAlias = NDArray[np.int64]
#: Indices of records.
Rows: TypeAlias = NDArray[np.intp]

#: Of so many records at most a judgement is made: every second one of twice as many, and so on.
MOST_ROWS = 512
#: So many of the last records are looked at, also where the last quarter of the steps has fewer.
LEAST = 3
#: A state holds since the first record from which on it was so in this share of all records.
STEADY = 0.9


@dataclass(frozen=True)
class Evidence:
    """A run at one moment.

    `layers` are all, the output last; `steps` [n] and `values` [n, columns] the records, as the layout's columns name
    them, NaN where nothing was measured; `samples` how many there are to train on, `constant_loss` the mean loss of the
    best answer that is the same for all of them. `culprit` is what is no longer finite: a tensor's name,
    `layer2.activation`, or `loss`.

    `silent` [layers] is the share of each layer's units that put out zero for every one of `looked_at` training
    samples; NaN where not defined, None where not measured. `between` [layers] is the share of the variance of what a
    layer normalizes that lies between samples, in the same way. `alike_since` [layers] is the step of the first of the
    latest looks in a row that found most of a layer's units alike; None where nobody has looked before, which is taken
    for the beginning.
    """

    layout: Layout
    layers: tuple[Layer, ...]
    training: TrainingSpec
    samples: int
    constant_loss: float
    step: int
    steps: Doubles
    values: Floats
    parameters: Floats
    culprit: str | None = None
    silent: Doubles | None = None
    looked_at: int = 0
    between: Doubles | None = None
    alike_since: Steps | None = None

    @property
    def hidden(self) -> int:
        """How many hidden layers there are."""
        return len(self.layers) - 1

    @cached_property
    def all_rows(self) -> Rows:
        """The records that are looked at: evenly spaced, the same ones as more are added, and the last."""
        count, apart = len(self.steps), 1
        while count > MOST_ROWS * apart:
            apart *= 2
        rows = np.arange(0, count, apart)
        return rows if not count or rows[-1] == count - 1 else np.append(rows, count - 1)

    @cached_property
    def recent(self) -> Rows:
        """The records of the last quarter of the steps; the last three at least."""
        rows = self.all_rows
        return rows[min(int(np.searchsorted(self.steps[rows], 0.75 * self.step, "right")), max(len(rows) - LEAST, 0)) :]

    @cached_property
    def before(self) -> Rows:
        """The records of the second quarter of the steps."""
        rows = self.all_rows
        first, last = np.searchsorted(self.steps[rows], (0.25 * self.step, 0.5 * self.step), "right")
        return rows[first:last]

    @cached_property
    def _columns(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, column in enumerate(self.layout.columns):
            places.setdefault(column.name, []).append(place)
        return places

    def of_run(self, name: str, rows: Rows) -> Doubles:
        """[rows], a quantity of the run."""
        return self.of_all(name, rows)[:, 0]

    def of_all(self, name: str, rows: Rows) -> Doubles:
        """[rows, layers or tensors], a quantity of every layer or tensor."""
        return np.asarray(self.values[rows][:, self._columns[name]], np.float64)

    def total(self, name: str, rows: Rows) -> Doubles:
        """[rows], a norm of all tensors together."""
        values = self.of_all(name, rows)
        return np.asarray(np.sqrt((values * values).sum(axis=1)))

    def losses(self, rows: Rows) -> Doubles:
        """[rows, 2], the loss on batches and, where it was looked at, that on the training set."""
        return np.stack([self.of_run("loss", rows), self.of_run("train_loss", rows)], axis=1)

    def loss(self, rows: Rows) -> float:
        """The lower one of the medians of the two losses; NaN if there is none.

        With dropout the first is higher than the network's own, with a mean of the weights the second may be.
        """
        return float(np.fmin(*median(self.losses(rows))))

    @cached_property
    def loss_now(self) -> float:
        """The loss of the last quarter of the steps."""
        return self.loss(self.recent)

    @property
    def unlearned(self) -> bool:
        """Whether the loss is still more than half of what the best constant answer costs, if that costs anything."""
        return self.loss_now > UNLEARNED * self.constant_loss > 0

    @property
    def batch_size(self) -> int:
        """The size of the coming batch."""
        training = self.training
        return batch_size_at(training.batch_size, training.batch_schedule, self.samples, self.step)

    @cached_property
    def batch_sizes(self) -> Doubles:
        """[all_rows], how many samples batches had on the mean since the row before."""
        epochs, steps = self.of_run("epoch", self.all_rows), self.steps[self.all_rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.samples * np.diff(epochs, prepend=0.0) / np.diff(steps, prepend=0.0))

    def since(self, holds: Flags) -> int:
        """The step since which a state holds in nearly all records. holds: [all_rows], whether it does in each."""
        share = np.cumsum(holds[::-1])[::-1] / np.arange(len(holds), 0, -1)
        steady = np.flatnonzero(holds & (share >= STEADY))
        return int(self.steps[self.all_rows[steady[0] if len(steady) else -1]])


def median(values: Doubles) -> Doubles:
    """The median of values: [rows, ...] over the rows in which they are finite; NaN where they never are."""
    there = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)
    count = np.isfinite(there).sum(axis=0)
    low = np.take_along_axis(there, np.maximum(count - 1, 0)[None] // 2, axis=0)[0] if len(there) else np.nan
    high = np.take_along_axis(there, np.maximum(count, 1)[None] // 2, axis=0)[0] if len(there) else np.nan
    return np.asarray(np.where(count > 0, 0.5 * (low + high), np.nan), np.float64)


#: Above this share of a constant answer's loss, hardly anything has been learned.
UNLEARNED = 0.5


def constant_loss(loss: Choice, targets: Floats, outputs: int) -> float:
    """The mean loss of the best of some answers that do not look at the input: zero, the prior, the mean, the median.

    targets: [samples], or [samples, labels] as `TrainingData` has them. For cross-entropies the prior is the best there
    is, for squares the mean, for absolute values the median.
    """
    prior = BIAS_INITIALIZERS["prior"].draw(np.random.default_rng(0), outputs, 1, targets, ())
    answers = [np.zeros(outputs), prior]
    labels = np.asarray(targets if targets.ndim == 1 else pack_labels(targets), np.float64)
    if targets.ndim == 1:
        aims = wanted(np.zeros((len(labels), outputs)), labels)
        answers += [aims.mean(axis=0), np.median(aims, axis=0)]
    kind = LOSSES[loss.id]
    values = kind.values(loss.params)
    return min(
        float(kind.reference(np.tile(np.asarray(answer, np.float64), (len(labels), 1)), labels, *values))
        for answer in answers
    )

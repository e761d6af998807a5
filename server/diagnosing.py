"""What is wrong with a run: looked at while somebody watches, and told without flickering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.diagnosis import (
    ILLNESSES,
    Evidence,
    Finding,
    alike,
    constant_loss,
    diagnose,
    may_be_noisy,
    may_be_silent,
)
from kernels.layers import Layer, layers_of
from kernels.network import TrainingSpec
from kernels.probes import PROBES, Specimen, between_samples
from kernels.trainer import Trainer
from server.configuration import network_spec, training_spec
from server.preparation import PreparedData
from server.schema import RunConfig

#: Seconds between two looks: at least so many, and so many times what a look takes, for a hundredth of the thread.
LEAST_INTERVAL, RARELY = 0.5, 100.0
#: A finding is told when so many looks in a row have made it, and withdrawn when so many have not.
CONFIRMED, WITHDRAWN = 2, 3
#: Seconds for which a number that is told stays as it is.
NUMBER_INTERVAL = 2.0
#: In place of a step: the last look has found a layer's units different.
APART = -1


class Physician:
    """Looks at one run after another set of weights. Clocks are in seconds; `thread_clock` counts a look's own time."""

    def __init__(self, thread_clock: Callable[[], float]) -> None:
        self._thread_clock = thread_clock
        self._trainer: Trainer | None = None
        self._config: RunConfig | None = None
        self._begin()

    def _begin(self) -> None:
        """Know nothing of the run."""
        self._next = self._next_numbers = float("-inf")
        self._looked_at: tuple[int, RunConfig] | None = None
        self._seen: dict[str, int] = {}
        self._missed: dict[str, int] = {}
        self._told: dict[str, Finding] = {}
        self._alike_since: NDArray[np.int64] | None = None

    def look(
        self, trainer: Trainer, config: RunConfig, data: PreparedData, now: float, *, standing: bool
    ) -> list[dict[str, Any]] | None:
        """The findings, if they are others than were told last. A run that stands still is looked at once."""
        if trainer is not self._trainer:
            self._trainer, self._config = trainer, None
            self._begin()
        state = (trainer.step, config)
        if state == self._looked_at or not (standing or now >= self._next):
            return None
        self._looked_at, self._next = state, now + LEAST_INTERVAL
        if config != self._config:
            self._learn(config, data)
        began = self._thread_clock()
        found = {finding.illness: finding for finding in diagnose(self._evidence(trainer))}
        self._next = now + max(LEAST_INTERVAL, RARELY * (self._thread_clock() - began))
        before = self._told
        self._told = self._weigh(found, now, standing)
        return None if self._told == before else [_as_dict(finding) for finding in self._told.values()]

    def _learn(self, config: RunConfig, data: PreparedData) -> None:
        """What the run is to do."""
        self._config = config
        network = network_spec(config)
        self._layers: tuple[Layer, ...] = tuple(layers_of(network))
        self._training: TrainingSpec = training_spec(config)
        self._samples = len(data.training.y_train)
        self._constant_loss = constant_loss(self._training.loss, data.training.y_train, network.outputs)

    def _evidence(self, trainer: Trainer) -> Evidence:
        records = trainer.records(0)
        evidence = Evidence(
            layout=trainer.layout,
            layers=self._layers,
            training=self._training,
            samples=self._samples,
            constant_loss=self._constant_loss,
            step=trainer.step,
            steps=records.steps,
            values=records.values,
            parameters=trainer.parameters,
            culprit=None if trainer.diverged is None else trainer.diverged.tensor,
        )
        if trainer.diverged is not None:
            return evidence
        specimen, silent = Specimen(trainer), may_be_silent(evidence)
        return replace(
            evidence,
            silent=self._silent(specimen) if silent else None,
            looked_at=specimen.silence.samples if silent else 0,
            between=between_samples(specimen) if may_be_noisy(evidence) else None,
            alike_since=self._look_for_alike(evidence),
        )

    def _look_for_alike(self, evidence: Evidence) -> NDArray[np.int64]:
        """Since which step each layer's units have been found alike; the first look stands for the beginning."""
        now = alike(evidence)
        before = np.zeros(len(now), np.int64) if self._alike_since is None else self._alike_since
        self._alike_since = np.where(now, np.where(before == APART, evidence.step, before), APART)
        return self._alike_since

    def _silent(self, specimen: Specimen) -> NDArray[np.float64]:
        """[layers], the share of units that no training sample makes speak, NaN where that says nothing."""
        probe, shares = PROBES["dead_units"], np.full(len(self._layers), np.nan)
        place = [quantity.id for quantity in probe.quantities].index("share")
        for row, values in zip(probe.rows(specimen.layout), probe.measure(specimen), strict=True):
            layer = self._layers[(row.layer or 0) - 1]
            # With running statistics that lag behind, a unit may be silent in inference that speaks in training.
            if not (layer.normalized and layer.normalization.running):
                shares[(row.layer or 0) - 1] = values[place]
        return shares

    def _weigh(self, found: dict[str, Finding], now: float, standing: bool) -> dict[str, Finding]:
        """What is to be told, the most severe first."""
        fresh_numbers = standing or now >= self._next_numbers
        if fresh_numbers:
            self._next_numbers = now + NUMBER_INTERVAL
        told: dict[str, Finding] = {}
        for illness in ILLNESSES:
            name, finding, before = illness.id, found.get(illness.id), self._told.get(illness.id)
            self._seen[name] = self._seen.get(name, 0) + 1 if finding else 0
            self._missed[name] = 0 if finding else self._missed.get(name, 0) + 1
            if finding is None:
                if before is not None and not standing and self._missed[name] < WITHDRAWN:
                    told[name] = before
            elif before is not None and not fresh_numbers:
                told[name] = before
            elif before is not None or standing or self._seen[name] >= CONFIRMED:
                told[name] = _steady(finding, before)
        # What a finding that is still told explains would only come and go with it.
        return {name: finding for name, finding in told.items() if not told.keys() & set(ILLNESSES[name].explained_by)}


def _steady(finding: Finding, before: Finding | None) -> Finding:
    """A finding as it is told: two digits of its number, and of two beginnings in one layer the earlier."""
    number = float(f"{finding.number:.2g}")
    same = before is not None and before.layer == finding.layer
    return replace(finding, number=number, since=min(finding.since, before.since) if same and before else finding.since)


def _as_dict(finding: Finding) -> dict[str, Any]:
    """A finding with the path of what would change it, as it travels."""
    index = None if finding.layer is None else finding.layer - 1
    return {**asdict(finding), "control": ILLNESSES[finding.illness].control.format(layer=index)}

"""A study on its way: its jobs, and what is known of them."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from kernels.spec import Text
from server.schema import RunConfig
from server.studies.job import Job
from server.studies.outcome import Outcome
from server.studies.plan import StudyPlan
from server.studies.quantities import QUANTITIES

StudyState = Literal["running", "done", "cancelled"]
MakeJob = Callable[[RunConfig, StudyPlan, Outcome], Job]


def make_job(config: RunConfig, plan: StudyPlan, outcome: Outcome) -> Job:
    """The job that trains a configuration as a plan says."""
    return Job(config, plan.clock, plan.ticks, outcome)


@dataclass(eq=False)
class Study:
    """A plan on its way, with its owner's token. `asked_at` is when somebody last looked.

    `waits_for` is the name of the kernel without which the next job cannot begin.
    """

    study_id: str
    token: str
    address: str
    plan: StudyPlan
    asked_at: float
    state: StudyState = "running"
    waits_for: Text | None = None
    outcomes: list[Outcome] = field(init=False)
    version: int = field(default=0, init=False)
    _versions: itertools.count[int] = field(default_factory=lambda: itertools.count(1), init=False)

    def __post_init__(self) -> None:
        """Nothing is done yet."""
        self.outcomes = [Outcome(config, seed, len(self.plan.ticks)) for config, seed in self.plan.jobs]

    def permits(self, token: str | None) -> bool:
        """Whether the token is this study's; takes the same time for all that are not."""
        return token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def config_of(self, outcome: Outcome) -> RunConfig:
        """What a job trains: its configuration with its seed."""
        return self.plan.configs[outcome.config].model_copy(update={"seed": outcome.seed})

    def note(self, outcome: Outcome) -> None:
        """Something of a job changed."""
        # The outcome first: who reads the study's version has then all news up to it.
        outcome.version = next(self._versions)
        self.version = outcome.version
        if self.state == "running" and all(each.finished for each in self.outcomes):
            self.state = "done"

    def held(self) -> list[dict[str, Any]]:
        """For every seed whose runs are all finished: whether the comparison's claim held."""
        claim, found = self.plan.claim, []
        for seed in self.plan.seeds if claim else ():
            outcomes = [each for each in self.outcomes if each.seed == seed]
            if claim and all(each.finished for each in outcomes):
                found.append({"seed": seed, "held": claim.holds(outcomes)})
        return found

    def as_dict(self, since: int) -> dict[str, Any]:
        """The study as JSON values: of the results only those that changed after the version `since`."""
        version, claim = self.version, self.plan.claim
        return {
            "id": self.study_id,
            "state": self.state,
            "version": version,
            "done": sum(outcome.finished for outcome in self.outcomes),
            "total": len(self.outcomes),
            "clock": self.plan.clock,
            "steps": list(self.plan.ticks),
            "seeds": list(self.plan.seeds),
            "quantities": [quantity.id for quantity in QUANTITIES],
            "waits_for": self.waits_for,
            "results": [outcome.as_dict() for outcome in self.outcomes if outcome.version > since],
            "claim": {"text": claim.text, "seeds": self.held()} if claim else None,
        }

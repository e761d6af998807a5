"""The shapes of the answers about studies and ready comparisons, for the OpenAPI description."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.comparisons.comparison import Chart
from server.schema import RunConfig
from server.studies.job import Clock
from server.studies.outcome import JobState
from server.studies.study import StudyState
from server.variant_views import TextView, View


class ComparisonRunView(View):
    """A run of a ready comparison. `config` is complete."""

    label: TextView
    config: RunConfig


class ComparisonView(View):
    """Runs that differ in one thing: `watch` says what will be seen, `claim` what holds for most seeds.

    They are shown over `steps` of `clock`; `chart` shows best what differs, or the curves of `quantity`.
    """

    id: str
    label: TextView
    watch: TextView
    claim: TextView
    clock: Clock
    steps: int
    chart: Chart
    quantity: str
    runs: list[ComparisonRunView]


class StudyQuantityView(View):
    """What a study measures; a unit of "%" means that 0.1 is shown as 10 %."""

    id: str
    label: TextView
    help: TextView
    scale: Literal["linear", "log"]
    unit: Literal["", "%"]
    symbol: str = Field(description="Stands at its axis; what follows _ is a subscript, of several signs in braces.")


class StudyLimitsView(View):
    """Bounds of a study. `measurements`: configurations × seeds × points."""

    configs: int
    seeds: int
    points: int
    steps: int
    measurements: int
    parameters: int


class StudiesView(View):
    """What studies can do. `learning_rates`: for a fair race, what to try of every optimizer, rising."""

    quantities: list[StudyQuantityView]
    learning_rates: dict[str, list[float]]
    limits: StudyLimitsView


class StudyCreatedView(View):
    """A study that has begun. Only who has the token may cancel it."""

    id: str
    control_token: str


class ResultView(View):
    """What became of a configuration, by its index, with a seed.

    `values` has a row a quantity, of the points that are measured already; null where a number is not finite or not
    defined. After `diverged_at` or `stopped_at` (early stopping), in steps of this run, nothing more comes.
    """

    config: int
    seed: int
    state: JobState
    diverged_at: int | None
    stopped_at: int | None
    values: list[list[float | None]]


class HeldView(View):
    """Whether a comparison's claim held for a seed."""

    seed: int
    held: bool


class ClaimView(View):
    """A comparison's claim, and for which seeds it held, as far as their runs are finished."""

    text: TextView
    seeds: list[HeldView]


class StudyView(View):
    """A study: `done` of `total` runs are finished. `steps` are the points of its clock at which runs are measured.

    `version` is what to ask for by `since` the next time; `results` are those that changed. `waits_for` names the
    kernel that compiles meanwhile.
    """

    id: str
    state: StudyState
    version: int
    done: int
    total: int
    clock: Clock
    steps: list[int] = Field(description="Steps, or samples, as the clock says.")
    seeds: list[int]
    quantities: list[str]
    waits_for: TextView | None
    results: list[ResultView]
    claim: ClaimView | None = Field(description="Of a ready comparison only.")

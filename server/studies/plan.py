"""What a study is asked to do, checked and completed; and how much work that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from kernels.live import largest_batch
from kernels.optimizers import OPTIMIZERS
from kernels.plan import EVALUATION_LEAST, EVALUATION_LIMIT
from server.choices import Strict
from server.comparisons import COMPARISONS
from server.comparisons.comparison import Claim
from server.configuration import DEFAULT, layout_of, resolve_part, sample_count, training_size, training_spec
from server.pace import StepTime
from server.problems import Refused, from_validation, refuse
from server.schema import MAX_SEED, RunConfig
from server.studies.job import Clock

MAX_CONFIGS, MAX_SEEDS, MAX_POINTS, MAX_STEPS = 64, 20, 200, 1_000_000
#: What all jobs of a study may measure together: runs × points.
MAX_MEASUREMENTS = 20_000
#: How long a study may keep one thread busy, by a guess from its operations.
MAX_SECONDS = 900.0
#: Trainable parameters of one configuration. Some networks at once are in memory.
MAX_PARAMETERS = 1_000_000

_CONFIGS = f"1 to {MAX_CONFIGS} configurations"
_SEEDS = f"1 <= seeds <= {MAX_SEEDS}, or a list of 1 to {MAX_SEEDS} seeds from 0 to {MAX_SEED}"


class FreeStudy(Strict):
    """Any configurations: each is a part of a RunConfig over `base`, which is one over the default."""

    base: dict[str, Any] = Field(default_factory=dict)
    configs: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_CONFIGS)
    seeds: int | list[int] = Field(1, description=f"How many, from the base's on, or which: {_SEEDS}.")
    steps: int = Field(ge=1, le=MAX_STEPS, description="How long each run is, in the unit of the clock.")
    points: int = Field(50, ge=1, le=MAX_POINTS, description="How often each run is measured, evenly from 0 to steps.")
    clock: Literal["steps", "samples"] = "steps"


class ComparisonStudy(Strict):
    """A ready comparison, which says all but the seeds."""

    comparison: str = Field(max_length=64, description="The id of one of the catalogue's comparisons.")
    seeds: int | list[int] = Field(5, description=f"How many, from the comparison's on, or which: {_SEEDS}.")


@dataclass(frozen=True)
class StudyPlan:
    """What is to be done: every configuration with every seed, measured at each of `ticks` of the clock."""

    configs: tuple[RunConfig, ...]
    seeds: tuple[int, ...]
    ticks: tuple[int, ...]
    clock: Clock
    claim: Claim | None = None

    @property
    def jobs(self) -> list[tuple[int, int]]:
        """Configuration (by its index) and seed of every job: seed after seed, so that runs can soon be compared."""
        return [(config, seed) for seed in self.seeds for config in range(len(self.configs))]

    @property
    def seconds(self) -> tuple[float, float]:
        """How long one thread may train and may measure, by a guess that is rather too high."""
        training = measuring = 0.0
        for config in self.configs:
            size, operations = training_size(config.data), layout_of(config).operations
            steps, batch = float(self.ticks[-1]), min(config.training.batch_size, size)
            if self.clock == "samples":
                steps /= batch
            else:
                batch = largest_batch(batch, training_spec(config).batch_schedule, size)
            looks = 2 if OPTIMIZERS[config.training.optimizer.id].climbs else 1
            looked_at = min(sample_count(config.data), 2 * max(EVALUATION_LEAST, EVALUATION_LIMIT / (2 * operations)))
            training += steps * StepTime(6.0 * looks * operations * batch).seconds
            measuring += len(self.ticks) * StepTime(2.0 * operations * looked_at).seconds
        return len(self.seeds) * training, len(self.seeds) * measuring


def points_of(steps: int, points: int) -> tuple[int, ...]:
    """Whole numbers from 0 to `steps`, as evenly as they can be; of one point, the end."""
    return tuple(np.unique(np.linspace(0 if points > 1 else steps, steps, points).round().astype(int)).tolist())


def plan_study(asked: Any) -> StudyPlan:
    """The plan of what a request asks for. Raises Refused (422) that names what cannot be done, and the way out."""
    if not isinstance(asked, dict):
        raise refuse(422, "The study must be a JSON object.", "研究必须是一个 JSON 对象。", bound="an object {…}")
    if "comparison" in asked:
        ready = _read(ComparisonStudy, asked)
        if ready.comparison not in COMPARISONS:
            names = ", ".join(COMPARISONS)
            raise refuse(
                422,
                f"comparison must be one of: {names}.",
                f"comparison 必须是以下之一：{names}。",
                "comparison",
                f"one of: {names}",
            )
        comparison = COMPARISONS[ready.comparison]
        configs = comparison.configs
        seeds = _seeds(ready.seeds, configs[0].seed)
        plan = StudyPlan(
            configs, seeds, points_of(comparison.steps, comparison.points), comparison.clock, comparison.claim
        )
    else:
        free = _read(FreeStudy, asked)
        base = resolve_part(free.base, DEFAULT, "base")
        configs = tuple(resolve_part(part, base, f"configs.{i}") for i, part in enumerate(free.configs))
        plan = StudyPlan(configs, _seeds(free.seeds, base.seed), points_of(free.steps, free.points), free.clock)
    _check(plan)
    return plan


def _read(model: type[Any], asked: dict[str, Any]) -> Any:
    try:
        return model.model_validate(asked)
    except ValidationError as error:
        if any(entry["loc"][:1] == ("seeds",) for entry in error.errors()):
            raise _wrong_seeds() from None
        raise from_validation(error, model) from None


def _seeds(asked: int | list[int], first: int) -> tuple[int, ...]:
    """The seeds: so many from the first on, or those that are named."""
    if isinstance(asked, int):
        if not 1 <= asked <= MAX_SEEDS:
            raise _wrong_seeds()
        return tuple((first + i) % (MAX_SEED + 1) for i in range(asked))
    if not (1 <= len(set(asked)) == len(asked) <= MAX_SEEDS and all(0 <= seed <= MAX_SEED for seed in asked)):
        raise _wrong_seeds()
    return tuple(asked)


def _wrong_seeds() -> Refused:
    return refuse(
        422,
        f"seeds must be how many (1 to {MAX_SEEDS}), or a list of 1 to {MAX_SEEDS} different seeds from 0 to "
        f"{MAX_SEED}.",
        f"seeds 必须是个数（1 到 {MAX_SEEDS}），或 1 到 {MAX_SEEDS} 个互不相同、介于 0 和 {MAX_SEED} 的种子。",
        "seeds",
        _SEEDS,
    )


def _check(plan: StudyPlan) -> None:
    """Raise Refused (422) for more than a study may be."""
    runs, points = len(plan.configs) * len(plan.seeds), len(plan.ticks)
    if runs * points > MAX_MEASUREMENTS:
        most = MAX_MEASUREMENTS // runs
        raise refuse(
            422,
            f"{runs} runs × {points} points are more than the {MAX_MEASUREMENTS} measurements of a study. Take at most "
            f"{most} points, or fewer seeds or configurations.",
            f"{runs} 次训练 × {points} 个测点，超过每项研究 {MAX_MEASUREMENTS} 个测量值的上限。"
            f"请将测点减到 {most} 个以内，或减少种子或配置。",
            "points",
            f"configurations × seeds × points <= {MAX_MEASUREMENTS}",
        )
    for i, config in enumerate(plan.configs):
        if (parameters := layout_of(config).parameter_count) > MAX_PARAMETERS:
            raise refuse(
                422,
                f"A network of a study may have {MAX_PARAMETERS} parameters; this one has {parameters}. "
                "Take fewer units or layers.",
                f"研究中的网络最多 {MAX_PARAMETERS} 个参数，此处有 {parameters} 个。请减少单元或层。",
                f"configs.{i}.network.layers",
                f"parameters <= {MAX_PARAMETERS}",
            )
    training, measuring = plan.seconds
    if training + measuring > MAX_SECONDS:
        most = max(int((MAX_SECONDS - measuring) / training * plan.ticks[-1]), 1)
        raise refuse(
            422,
            f"This study would take about {training + measuring:.0f} seconds of computing, more than "
            f"{MAX_SECONDS:.0f}. Take at most {most} steps, or fewer seeds, points, configurations or units.",
            f"这项研究约需计算 {training + measuring:.0f} 秒，超过 {MAX_SECONDS:.0f} 秒。"
            f"请将步数减到 {most} 以内，或减少种子、测点、配置或单元。",
            "steps",
            f"seconds of computing <= {MAX_SECONDS:.0f}",
        )

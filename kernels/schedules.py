"""Learning-rate schedules, one entry each: a factor on the optimizer's learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kernels.cache import Kernel, kernel
from kernels.calls import SCHEDULE
from kernels.simd import Pointer
from kernels.spec import Family, Param, Variant


@dataclass(frozen=True, kw_only=True)
class Schedule(Variant):
    """A schedule. `factor` is the kernel, None where it is always 1; `reference(step, *params)` the same in Python."""

    factor: Kernel | None
    reference: Callable[..., float]


@kernel(SCHEDULE)
def step_factor(step: int, params: Pointer) -> float:
    """gamma^floor(step / every)."""
    every, gamma = params[0], params[1]
    return math.pow(gamma, math.floor(step / every))


SCHEDULES = Family(
    "schedules",
    {"en": "Schedule", "zh": "学习率调度"},
    {"en": "How the learning rate changes while training.", "zh": "学习率随训练如何变化。"},
    (
        Schedule(
            id="constant",
            label={"en": "Constant", "zh": "恒定"},
            help={"en": "The learning rate stays as it is set.", "zh": "学习率保持不变。"},
            formula=r"\eta_t = \eta",
            source="Goodfellow et al. 2016, 8.3.1",
            factor=None,
            reference=lambda _: 1.0,
        ),
        Schedule(
            id="step",
            label={"en": "Step decay", "zh": "阶梯衰减"},
            help={
                "en": "Multiplies the learning rate by γ after every so many steps.",
                "zh": "每隔若干步将学习率乘以 γ。",
            },
            formula=r"\eta_t = \eta\,\gamma^{\lfloor t / \tau \rfloor}",
            source="He et al. 2016, 3.4",
            params=(
                Param(
                    id="every",
                    label={"en": "Every τ steps", "zh": "每 τ 步"},
                    help={"en": "The number of steps between two cuts.", "zh": "两次衰减之间的步数。"},
                    default=1000,
                    minimum=1,
                    maximum=1_000_000,
                    scale="log",
                    integer=True,
                ),
                Param(
                    id="gamma",
                    label={"en": "Factor γ", "zh": "系数 γ"},
                    help={"en": "What the learning rate is multiplied by.", "zh": "每次乘以的系数。"},
                    default=0.5,
                    minimum=0.01,
                    maximum=1.0,
                ),
            ),
            factor=step_factor,
            reference=lambda step, every, gamma: gamma ** math.floor(step / every),
        ),
    ),
    live=True,
)

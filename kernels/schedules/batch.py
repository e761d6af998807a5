"""Schedules of the batch size, one entry each: how many samples a step takes. Never more than the training set has."""

from __future__ import annotations

import math
from typing import Any

from kernels.cache import kernel
from kernels.calls import SCHEDULE
from kernels.schedules.schedule import Schedule, steps
from kernels.simd import Pointer
from kernels.spec import Family, Param


@kernel(SCHEDULE)
def step_growth(step: int, params: Pointer) -> Any:
    """The set size times gamma^floor(step / every), rounded down, up to `largest`."""
    every, gamma, largest, size = params[0], params[1], params[2], params[3]
    # The set size itself may be the larger one. A float32 factor such as 1.1 must not fall short of a whole number.
    grown = size * math.exp(min(60.0, math.floor(step / every) * math.log(gamma)))
    return max(float(size), math.floor(min(float(largest), grown) + 1e-3))


@kernel(SCHEDULE)
def linear_growth(step: int, params: Pointer) -> Any:
    """From the set size to `largest` in a straight line over `steps`, rounded down, then flat."""
    duration, largest, size = params[0], params[1], params[2]
    return max(float(size), math.floor(size + (largest - size) * min(1.0, step / duration) + 1e-3))


_LARGEST = Param(
    id="largest",
    label={"en": "Largest batch", "zh": "最大批量"},
    help={
        "en": "Where growing ends; never beyond the training set.",
        "zh": "增大的上限；不会超过训练集大小。",
    },
    default=256,
    minimum=1,
    maximum=5000,
    scale="log",
    integer=True,
)

BATCH_SCHEDULES = Family(
    "batch_schedules",
    {"en": "Batch-size schedule", "zh": "批量调度"},
    {"en": "How the batch size changes while training.", "zh": "批量大小随训练如何变化。"},
    (
        Schedule(
            id="constant",
            label={"en": "Constant", "zh": "恒定"},
            help={"en": "The batch size stays as it is set.", "zh": "批量大小保持不变。"},
            formula=r"B_t = B",
            source="Goodfellow et al. 2016, 8.1.3",
            value=None,
            expression="size",
        ),
        Schedule(
            id="step_growth",
            label={"en": "Step growth", "zh": "阶梯增长"},
            help={
                "en": "Multiplies the batch size instead of dividing the learning rate: the noise falls alike.",
                "zh": "不降低学习率，而是成倍增大批量：梯度噪声同样减小。",
            },
            formula=r"B_t = \lfloor \min(B\,\gamma^{\lfloor t / \tau \rfloor},\; B_{\max})\rfloor",
            source="Smith et al. 2018, Don't decay the learning rate, increase the batch size",
            params=(
                steps(
                    "every",
                    {"en": "Every τ steps", "zh": "每 τ 步"},
                    {"en": "The number of steps from one size to the next.", "zh": "批量每次增大所隔的步数。"},
                    500,
                ),
                Param(
                    id="gamma",
                    label={"en": "Factor γ", "zh": "系数 γ"},
                    help={"en": "What the batch size is multiplied by.", "zh": "批量每次乘以的系数。"},
                    default=2.0,
                    minimum=1.0,
                    maximum=10.0,
                    scale="log",
                ),
                _LARGEST,
            ),
            value=step_growth,
            expression="Max(size, floor(Min(largest, size * gamma**floor(t / every)) + 1/1000))",
            span="6 * every",
        ),
        Schedule(
            id="linear_growth",
            label={"en": "Linear growth", "zh": "线性增长"},
            help={
                "en": "Grows in a straight line up to the largest batch, and stays there.",
                "zh": "沿直线增大到最大批量，之后保持不变。",
            },
            formula=r"B_t = \left\lfloor B + (B_{\max} - B) \min(1, t / \tau)\right\rfloor",
            source="After Smith et al. 2018, in a straight line",
            params=(
                steps(
                    "steps",
                    {"en": "Over τ steps", "zh": "历时 τ 步"},
                    {"en": "The number of steps after which the batch size stays.", "zh": "此后批量不再变化的步数。"},
                    5000,
                ),
                _LARGEST,
            ),
            value=linear_growth,
            expression="Max(size, floor(size + (largest - size) * Min(1, t / steps) + 1/1000))",
            span="1.25 * steps",
        ),
    ),
    live=True,
)

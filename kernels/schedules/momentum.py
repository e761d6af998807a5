"""Schedules of the momentum, one entry each: what the optimizer's momentum (or beta1) is at a step."""

from __future__ import annotations

import math
from typing import Any

from kernels.cache import kernel
from kernels.calls import SCHEDULE
from kernels.schedules.schedule import Schedule, steps
from kernels.simd import Pointer
from kernels.spec import Family, Param, Text

# ruff: noqa: ARG001 -- functions of a family share one signature


@kernel(SCHEDULE)
def linear_momentum(step: int, params: Pointer) -> Any:
    """From `start` to the optimizer's value in a straight line over `steps`, then flat."""
    duration, start, target = params[0], params[1], params[2]
    return start + (target - start) * min(1.0, step / duration)


@kernel(SCHEDULE)
def increasing_momentum(step: int, params: Pointer) -> Any:
    """min(1 - 1 / (2 (floor(step / every) + 1)), target), which is 1 - 2^(-1 - log2(floor(step / every) + 1))."""
    every, target = params[0], params[1]
    return min(1.0 - 0.5 / (math.floor(step / every) + 1.0), float(target))


@kernel(SCHEDULE)
def inverse_cycle_momentum(step: int, params: Pointer) -> Any:
    """The optimizer's value where the learning rate is lowest, `lowest` where it is highest."""
    lowest, target, cycle = params[0], params[1], params[2]
    return target - (target - lowest) * cycle


def _momentum(name: str, label: Text, explanation: Text, default: float) -> Param:
    return Param(id=name, label=label, help=explanation, default=default, minimum=0.0, maximum=0.9999)


MOMENTUM_SCHEDULES = Family(
    "momentum_schedules",
    {"en": "Momentum schedule", "zh": "动量调度"},
    {"en": "How the momentum (or β₁) changes while training.", "zh": "动量（或 β₁）随训练如何变化。"},
    (
        Schedule(
            id="constant",
            label={"en": "Constant", "zh": "恒定"},
            help={"en": "The momentum stays as it is set.", "zh": "动量保持不变。"},
            formula=r"\mu_t = \mu",
            source="Goodfellow et al. 2016, 8.3.2",
            value=None,
            expression="target",
        ),
        Schedule(
            id="linear",
            label={"en": "Linear growth", "zh": "线性增长"},
            help={
                "en": "Goes in a straight line from a start to the optimizer's own momentum, and stays there.",
                "zh": "从起点沿直线变到优化器设定的动量，之后保持不变。",
            },
            formula=r"\mu_t = s + (\mu - s) \min(1, t / \tau)",
            source="Goodfellow et al. 2016, 8.3.2",
            params=(
                steps(
                    "steps",
                    {"en": "Over τ steps", "zh": "历时 τ 步"},
                    {"en": "The number of steps after which the momentum stays.", "zh": "此后动量不再变化的步数。"},
                    2000,
                ),
                _momentum(
                    "start", {"en": "Start s", "zh": "起点 s"}, {"en": "The first momentum.", "zh": "初始动量。"}, 0.5
                ),
            ),
            value=linear_momentum,
            expression="start + (target - start) * Min(1, t / steps)",
            span="1.25 * steps",
        ),
        Schedule(
            id="increasing",
            label={"en": "Increasing (Sutskever)", "zh": "递增（Sutskever）"},
            help={
                "en": "Starts at a half and comes ever closer to 1, up to the optimizer's own momentum.",
                "zh": "从二分之一开始逐渐逼近 1，直到优化器设定的动量。",
            },
            formula=r"\mu_t = \min\left(1 - 2^{-1 - \log_2(\lfloor t / \tau \rfloor + 1)},\; \mu_{\max}\right)",
            source="Sutskever et al. 2013, eq. 5",
            params=(
                steps(
                    "every",
                    {"en": "Every τ steps", "zh": "每 τ 步"},
                    {"en": "The number of steps from one momentum to the next.", "zh": "动量每次增大所隔的步数。"},
                    250,
                ),
            ),
            value=increasing_momentum,
            expression="Min(1 - 1 / (2 * (floor(t / every) + 1)), target)",
            span="12 * every",
        ),
        Schedule(
            id="inverse_cycle",
            label={"en": "Inverse cycle", "zh": "反向循环"},
            help={
                "en": "Low where a cycling learning rate is high, and at the optimizer's own value where it is low.",
                "zh": "循环的学习率高时动量低，学习率低时回到优化器设定的值。",
            },
            formula=r"\mu_t = \mu - (\mu - \mu_{\min})\,"
            r"\frac{\eta_t - \eta_{\min}}{\eta_{\max} - \eta_{\min}}",
            source="Smith 2018, 4.3; Smith & Topin 2018",
            params=(
                _momentum(
                    "lowest",
                    {"en": "Lowest μ", "zh": "最低 μ"},
                    {"en": "The momentum at the highest learning rate.", "zh": "学习率最高时的动量。"},
                    0.85,
                ),
            ),
            value=inverse_cycle_momentum,
            expression="target - (target - lowest) * cycle",
            follows_cycle=True,
        ),
    ),
    live=True,
)

"""Means of the weights over training, one entry each: what is evaluated and shown in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kernels.cache import Kernel, kernel
from kernels.calls import SCHEDULE
from kernels.simd import Pointer
from kernels.spec import Family, Param, Variant
from kernels.working import Line, Working


@dataclass(frozen=True, kw_only=True)
class Averaging(Variant):
    """A mean of the weights after every step: mean += share (weights - mean).

    `share` is the kernel, which gets the step and behind the parameters the step from which there is a mean; None where
    there is none. The running statistics of normalizations are averaged alike, since those of the weights in training
    do not fit the mean's activations. `working` takes the rule apart for one number w: lines renew its `average`; t
    counts steps from 1, and the mean was chosen after step `begun`.
    """

    share: Kernel | None
    working: Working | None
    slots: ClassVar[tuple[str, ...]] = ("average",)


_SYMBOLS = {"average": r"\bar\theta", "begun": "t_0"}


@kernel(SCHEDULE)
def polyak_share(step: int, params: Pointer) -> Any:
    """1 / n at the n-th step of the mean, 1 before it begins."""
    return 1.0 / (1.0 + max(0.0, step - max(params[0], params[1])))


@kernel(SCHEDULE)
def exponential_share(step: int, params: Pointer) -> Any:
    """1 - decay; 1 at the first step, so that the mean begins at the weights and not at zero."""
    return 1.0 if step <= params[1] else 1.0 - params[0]


AVERAGINGS = Family(
    "averagings",
    {"en": "Weight averaging", "zh": "权重平均"},
    {
        "en": "Evaluates and shows a mean of the weights over the steps; training goes on with the weights themselves.",
        "zh": "评估和显示各步权重的平均值；训练仍使用权重本身。",
    },
    (
        Averaging(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "The weights as they are.", "zh": "直接使用当前权重。"},
            formula=r"\bar\theta_t = \theta_t",
            source="Goodfellow et al. 2016, 8.7.3",
            share=None,
            working=None,
        ),
        Averaging(
            id="polyak",
            label={"en": "Polyak mean", "zh": "Polyak 平均"},
            help={
                "en": "The mean of the weights of all steps from a start on: the middle of what SGD circles around.",
                "zh": "从某一步起所有权重的平均：SGD 来回绕行的中心。",
            },
            formula=r"\bar\theta_t = \frac{1}{t - s} \sum_{i = s + 1}^{t} \theta_i",
            source="Polyak & Juditsky 1992; Goodfellow et al. 2016, eq. 8.39",
            params=(
                Param(
                    id="start",
                    label={"en": "After step s", "zh": "起始步 s"},
                    help={
                        "en": "The step after which the mean begins; until then, the weights themselves count.",
                        "zh": "从哪一步之后开始平均；此前使用权重本身。",
                    },
                    default=0,
                    minimum=0,
                    maximum=1_000_000,
                    scale="log",
                    integer=True,
                ),
            ),
            share=polyak_share,
            working=Working(
                (
                    Line("n", "t - start", "(t > start) * (start >= begun)"),
                    Line("n", "t - begun", "(t > begun) * (begun > start)"),
                    Line("average", "average + (w - average) / n", "(t > start) * (t > begun)"),
                    Line("average", "w", "(t <= start) + (t <= begun)"),
                ),
                {**_SYMBOLS, "start": "s"},
            ),
        ),
        Averaging(
            id="exponential",
            label={"en": "Exponential mean", "zh": "指数滑动平均"},
            help={
                "en": "A mean that forgets: the last 1/(1 − d) steps count most.",
                "zh": "会遗忘的平均：最近 1/(1 − d) 步权重最大。",
            },
            formula=r"\bar\theta_t = d\,\bar\theta_{t - 1} + (1 - d)\,\theta_t,\quad \bar\theta_1 = \theta_1",
            source="Goodfellow et al. 2016, 8.7.3; Tarvainen & Valpola 2017",
            params=(
                Param(
                    id="decay",
                    label={"en": "Decay d", "zh": "衰减率 d"},
                    help={"en": "The share of the mean that survives a step.", "zh": "平均值每步保留的比例。"},
                    default=0.99,
                    minimum=0.0,
                    maximum=0.99999,
                ),
            ),
            share=exponential_share,
            working=Working(
                (
                    Line("average", "decay * average + (1 - decay) * w", "t > begun + 1"),
                    Line("average", "w", "t <= begun + 1"),
                ),
                {**_SYMBOLS, "decay": "d"},
            ),
        ),
    ),
    live=True,
)

"""What an optimizer is, and the parameters that several share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kernels.cache import Kernel, inlined
from kernels.simd import Float32
from kernels.spec import Param, Text, Variant
from kernels.working import Working


@dataclass(frozen=True, kw_only=True)
class Optimizer(Variant):
    """An optimizer, whose first parameter is always the learning rate.

    `update` is the kernel. `reference(w, g, slots, step, **params)` changes w and the list of slots in place, in
    float64; `step` counts from 1. `slots` names the optimizer's own vectors, as long as w and zero at the start;
    `scalars` its own single numbers, which the reference gets as arrays of length 1 behind the slots. A reference whose
    rule looks at each tensor by itself, or decays weights only, sees one tensor of weights. With `full_batch` the
    method's theory needs the gradient of the whole training set. One that `climbs` gets its gradient from the point
    that lies rho, its second parameter, uphill. Where a parameter in `slot_params` changes, the slots mean something
    else and start fresh. One with `own_rates` keeps a step size for every parameter, to which the learning rate is the
    start and nothing more; one that looks at `signs_only` steps alike however long the gradient is. `working` takes the
    rule apart for one parameter w of a tensor; slots go by their names with underscores, and lines renew them.
    """

    slots: tuple[str, ...]
    update: Kernel
    reference: Callable[..., None]
    working: Working
    scalars: tuple[str, ...] = ()
    full_batch: bool = False
    climbs: bool = False
    own_rates: bool = False
    signs_only: bool = False
    slot_params: tuple[str, ...] = ()

    @property
    def momentum(self) -> int | None:
        """The place of the parameter that says how much of past gradients survives a step; None without one."""
        return next((place for place, param in enumerate(self.params) if param in (MOMENTUM, BETA1)), None)


_ZERO = np.float32(0)


@inlined
def overflow_shown(value: Float32, squares: Float32) -> Float32:
    """`value`, or NaN where squared gradients became infinite: divided by them a step is zero, and training freezes."""
    return value + _ZERO * squares


GRADIENT: Text = {"en": "Gradient and momentum", "zh": "梯度与动量"}
ADAPTIVE: Text = {"en": "Adaptive learning rates", "zh": "自适应学习率"}
ADAM: Text = {"en": "The Adam family", "zh": "Adam 系列"}
SIGN: Text = {"en": "By the gradient's sign", "zh": "基于梯度符号"}


def learning_rate(default: float) -> Param:
    """The learning rate, every optimizer's first parameter."""
    return Param(
        id="learning_rate",
        label={"en": "Learning rate", "zh": "学习率"},
        help={"en": "How far a step goes: η.", "zh": "每一步走多远：η。"},
        default=default,
        minimum=0.0,
        maximum=100.0,
        scale="log",
        exclusive_minimum=True,
    )


def decay(name: str, label: Text, explanation: Text, default: float) -> Param:
    """The decay of a running mean, 0 to 0.9999: the share of the old that survives a step."""
    return Param(id=name, label=label, help=explanation, default=default, minimum=0.0, maximum=0.9999)


MOMENTUM = decay(
    "momentum",
    {"en": "Momentum α", "zh": "动量系数 α"},
    {"en": "How much of the velocity survives a step.", "zh": "速度每步保留的比例。"},
    0.9,
)
BETA1 = decay(
    "beta1", {"en": "β₁", "zh": "β₁"}, {"en": "Decay of the mean of gradients.", "zh": "梯度均值的衰减率。"}, 0.9
)
BETA2 = decay(
    "beta2",
    {"en": "β₂", "zh": "β₂"},
    {"en": "Decay of the mean of squared gradients.", "zh": "梯度平方均值的衰减率。"},
    0.999,
)


def squares_decay(default: float) -> Param:
    """The decay rho of a mean of squared gradients."""
    return decay(
        "rho",
        {"en": "Decay ρ", "zh": "衰减率 ρ"},
        {"en": "How long squared gradients are remembered.", "zh": "梯度平方的记忆长度。"},
        default,
    )


def epsilon(default: float) -> Param:
    """The small number that keeps a division safe."""
    return Param(
        id="epsilon",
        label={"en": "ε", "zh": "ε"},
        help={"en": "Keeps the division safe when gradients vanish.", "zh": "避免梯度消失时除以零。"},
        default=default,
        minimum=1e-12,
        maximum=1.0,
        scale="log",
    )


def weight_decay(default: float) -> Param:
    """Decoupled weight decay lambda: weights shrink by (1 - learning_rate lambda) a step; biases do not."""
    return Param(
        id="weight_decay",
        label={"en": "Weight decay λ", "zh": "权重衰减 λ"},
        help={
            "en": "Shrinks weights apart from the gradient, by 1 − ηλ a step.",
            "zh": "与梯度解耦地收缩权重，每步乘以 1 − ηλ。",
        },
        default=default,
        minimum=0.0,
        maximum=1.0,
        scale="log",
    )

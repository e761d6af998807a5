"""What the optimizer remembers, and how far it goes for a gradient of a given length."""

from __future__ import annotations

import numpy as np

from kernels.network import Floats
from kernels.optimizers import OPTIMIZERS
from kernels.probes.probe import Probe, Quantity, of_weights, weights_of
from kernels.probes.specimen import Specimen
from kernels.spec import Text

#: What a slot is called, and its letter in the formulas of the optimizers that have it.
_NAMES: dict[str, tuple[Text, str]] = {
    "velocity": ({"en": "Velocity", "zh": "速度"}, "v"),
    "momentum": ({"en": "Momentum", "zh": "动量"}, "m"),
    "first moment": ({"en": "First moment", "zh": "一阶矩"}, "m"),
    "second moment": ({"en": "Second moment", "zh": "二阶矩"}, "v"),
    "largest second moment": ({"en": "Largest second moment", "zh": "二阶矩的最大值"}, "v_{max}"),
    "largest gradient": ({"en": "Largest gradient", "zh": "梯度的最大值"}, "u"),
    "accumulated squares": ({"en": "Accumulated squares", "zh": "累积平方和"}, "r"),
    "mean of squares": ({"en": "Mean of squares", "zh": "平方的滑动平均"}, "r"),
    "mean of squared updates": ({"en": "Mean of squared updates", "zh": "更新量平方的滑动平均"}, "u"),
    "direction": ({"en": "Direction", "zh": "更新方向"}, "d"),
    "step size": ({"en": "Step size", "zh": "步长"}, "Δ"),
    "last gradient": ({"en": "Last gradient", "zh": "上一步的梯度"}, "g_{last}"),
    "own learning rate": ({"en": "Own learning rates", "zh": "各参数的学习率"}, "η"),
    "mean gradient": ({"en": "Mean gradient", "zh": "梯度的滑动平均"}, "ḡ"),
}
#: Every slot that some optimizer has.
SLOTS = tuple(dict.fromkeys(slot for optimizer in OPTIMIZERS for slot in optimizer.slots))


def _quantity(slot: str) -> Quantity:
    label, letter = _NAMES.get(slot, ({"en": slot.capitalize(), "zh": slot}, "s"))
    return Quantity(id=slot.replace(" ", "_"), label=label, scale="log", symbol=f"rms({letter})")


def _measure(specimen: Specimen) -> Floats:
    weights, slots, coming = weights_of(specimen.layout), specimen.slots(), specimen.coming
    rows = np.full((len(weights), 1 + len(SLOTS)), np.nan, np.float32)
    for row, tensor in zip(rows, weights, strict=True):
        part = slice(tensor.offset, tensor.offset + tensor.size)
        moved = coming.parameters[part].astype(np.float64) - specimen.parameters[part]
        length = np.linalg.norm(coming.gradients[part].astype(np.float64))
        row[0] = np.linalg.norm(moved) / length if length > 0 else np.nan
        for name, values in slots.items():
            row[1 + SLOTS.index(name)] = np.sqrt(np.mean(np.square(values[part], dtype=np.float64)))
    return rows


OPTIMIZER_STATE = Probe(
    id="optimizer_state",
    label={"en": "The optimizer's state", "zh": "优化器的内部状态"},
    help={
        "en": "How far the coming step moves a layer's weights for the length of their gradient, and how large (root "
        "mean square) what the optimizer remembers of them is.",
        "zh": "下一步中该层权重的移动量与其梯度长度之比（有效学习率），以及优化器为它们保存的各个量的均方根。",
    },
    formula=r"\eta_{\text{eff}} = \frac{\lVert \Delta w \rVert}{\lVert g \rVert},\quad "
    r"\operatorname{rms}(s) = \sqrt{\frac{1}{n}\sum_i s_i^2}",
    source="Goodfellow et al. 2016, 8.5; Kingma & Ba 2015, section 2.1",
    topic="optimizer",
    chart="lines",
    rows=of_weights,
    quantities=(
        Quantity(
            id="effective_rate",
            label={"en": "Effective learning rate", "zh": "有效学习率"},
            scale="log",
            symbol="‖Δw‖ / ‖g‖",
        ),
        *(_quantity(slot) for slot in SLOTS),
    ),
    measure=_measure,
)

"""What a study measures of every run, one entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kernels.probes.vanished_weights import VANISHED, vanished_share
from kernels.spec import Text
from kernels.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number of a run. `read` takes it from a trainer that was observed; NaN where it is not defined.

    `scale` says how an axis of it is best drawn, and `symbol` stands at it; `unit` "%" means that 0.1 is shown as 10 %.
    """

    id: str
    label: Text
    help: Text
    read: Callable[[Trainer], float]
    scale: Literal["linear", "log"] = "log"
    unit: Literal["", "%"] = ""
    symbol: str = ""


def _column(name: str) -> Callable[[Trainer], float]:
    """A column of the record that is of the whole run."""

    def read(trainer: Trainer) -> float:
        columns = trainer.layout.columns
        return float(trainer.stats[next(i for i, column in enumerate(columns) if column.name == name)])

    return read


def _gradient_ratio(trainer: Trainer) -> float:
    norms = [
        float(value)
        for value, column in zip(trainer.stats, trainer.layout.columns, strict=True)
        if column.name == "gradient_norm" and column.tensor is not None and column.tensor.endswith(".weight")
    ]
    return norms[0] / norms[-1] if norms[-1] else float("nan")


def _vanished(trainer: Trainer) -> float:
    return vanished_share(trainer.parameters[: trainer.layout.weight_count])


QUANTITIES = (
    Quantity(
        id="loss",
        label=Text(en="Minibatch loss", zh="小批量损失"),
        help=Text(
            en="The mean loss of the minibatches since the last record, penalties not included.",
            zh="自上次记录以来各小批量损失的平均值，不含惩罚项。",
        ),
        read=_column("loss"),
        symbol="L_B",
    ),
    Quantity(
        id="train_loss",
        label=Text(en="Training loss", zh="训练损失"),
        help=Text(en="The mean loss over the training set.", zh="整个训练集上的平均损失。"),
        read=_column("train_loss"),
        symbol="L",
    ),
    Quantity(
        id="test_loss",
        label=Text(en="Test loss", zh="测试损失"),
        help=Text(en="The mean loss over samples that were not trained on.", zh="未参与训练的样本上的平均损失。"),
        read=_column("test_loss"),
        symbol="L",
    ),
    Quantity(
        id="test_accuracy",
        label=Text(en="Test accuracy", zh="测试准确率"),
        help=Text(
            en="The share of samples not trained on that are classified correctly.",
            zh="未参与训练的样本中分类正确的比例。",
        ),
        read=_column("test_accuracy"),
        scale="linear",
        unit="%",
    ),
    Quantity(
        id="train_accuracy",
        label=Text(en="Training accuracy", zh="训练准确率"),
        help=Text(en="The share of training samples that are classified correctly.", zh="训练样本中分类正确的比例。"),
        read=_column("train_accuracy"),
        scale="linear",
        unit="%",
    ),
    Quantity(
        id="gradient_ratio",
        label=Text(en="Gradient, first layer to last", zh="梯度：首层与末层之比"),
        help=Text(
            en="The norm of the gradient of the first layer's weights, divided by that of the output layer's: far "
            "below 1, gradients vanish on their way back; far above, they explode.",
            zh="第一层权重的梯度范数除以输出层的梯度范数：远小于 1 说明梯度消失，远大于 1 说明梯度爆炸。",
        ),
        read=_gradient_ratio,
        symbol="‖∇W_1‖ / ‖∇W_{last}‖",
    ),
    Quantity(
        id="vanished_weights",
        label=Text(en="Weights that vanished", zh="趋于零的权重"),
        help=Text(
            en=f"The share of all weights whose absolute value is below {VANISHED:g}.",
            zh=f"绝对值小于 {VANISHED:g} 的权重所占的比例。",
        ),
        read=_vanished,
        scale="linear",
        unit="%",
    ),
)

#: The place of every quantity among a job's measurements.
PLACES = {quantity.id: place for place, quantity in enumerate(QUANTITIES)}


def measure(trainer: Trainer) -> list[float]:
    """All quantities of a trainer that was observed, in their order."""
    return [quantity.read(trainer) for quantity in QUANTITIES]

"""When training ends by itself, one entry each."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.spec import Family, Param, Variant


@dataclass(frozen=True, kw_only=True)
class Stopping(Variant):
    """A rule that looks at the test loss after every epoch, and brings the best weights back where it ends training.

    `watches` is False for the one that never ends it. The parameters, where there are any, are the epochs without
    improvement that are put up with, and how much lower a loss must be to count as one.
    """

    watches: bool


STOPPINGS = Family(
    "stoppings",
    {"en": "Early stopping", "zh": "早停"},
    {
        "en": "Ends training when the test loss no longer falls, and goes back to the best weights.",
        "zh": "测试损失不再下降时结束训练，并恢复最佳权重。",
    },
    (
        Stopping(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "Trains until you stop it.", "zh": "一直训练，直到手动停止。"},
            formula=r"t \to \infty",
            source="Goodfellow et al. 2016, 7.8",
            watches=False,
        ),
        Stopping(
            id="patience",
            label={"en": "Patience", "zh": "按耐心值"},
            help={
                "en": "Ends after so many epochs without a better test loss, and restores the best epoch's weights.",
                "zh": "测试损失连续若干轮没有改善就停止，并恢复最佳一轮的权重。",
            },
            formula=r"\text{stop when } E_e > E_{\min} - \delta \text{ for } p \text{ epochs;}\quad"
            r" \theta \leftarrow \theta_{\min}",
            source="Prechelt 1998; Goodfellow et al. 2016, algorithm 7.1",
            params=(
                Param(
                    id="patience",
                    label={"en": "Patience p", "zh": "耐心值 p"},
                    help={
                        "en": "Epochs without improvement after which training ends.",
                        "zh": "连续多少轮没有改善就停止。",
                    },
                    default=20,
                    minimum=1,
                    maximum=10_000,
                    scale="log",
                    integer=True,
                ),
                Param(
                    id="improvement",
                    label={"en": "Least improvement δ", "zh": "最小改善量 δ"},
                    help={
                        "en": "How much lower the test loss must be to count as better.",
                        "zh": "测试损失至少降低多少才算改善。",
                    },
                    default=0.0,
                    minimum=0.0,
                    maximum=10.0,
                    scale="log",
                ),
            ),
            watches=True,
        ),
    ),
    live=True,
)

"""How many weights are next to zero: what an L1 penalty does, and an L2 penalty does not."""

from __future__ import annotations

import numpy as np

from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, of_weights, weights_of
from kernels.probes.specimen import Specimen

#: A weight smaller than this has vanished: an L1 penalty leaves none between it and zero for long.
VANISHED = 1e-3


def vanished_share(weights: Floats) -> float:
    """The share of weights whose absolute value is below `VANISHED`; one that is not finite has not vanished."""
    return float(np.mean(np.abs(weights) < VANISHED))


def _measure(specimen: Specimen) -> Floats:
    shares = [vanished_share(specimen.parameters[each.offset :][: each.size]) for each in weights_of(specimen.layout)]
    return np.array(shares, np.float32).reshape(-1, 1)


VANISHED_WEIGHTS = Probe(
    id="vanished_weights",
    label={"en": "Weights that vanished", "zh": "趋于零的权重"},
    help={
        "en": f"The share of a layer's weights whose absolute value is below {VANISHED:g}. An L1 penalty pulls every "
        "weight towards zero with the same force, so that those the loss does not need end there; an L2 penalty pulls "
        "small weights hardly at all.",
        "zh": f"一层中绝对值小于 {VANISHED:g} 的权重所占的比例。L1 惩罚以同样的力把每个权重拉向零，"
        "损失不需要的权重最终停在那里；L2 惩罚对小权重几乎没有拉力。",
    },
    formula=r"\frac{1}{n}\,\#\{i : |w_i| < 10^{-3}\}",
    source="Tibshirani 1996, section 2; Goodfellow et al. 2016, 7.1.2",
    topic="optimizer",
    chart="lines",
    rows=of_weights,
    quantities=(Quantity(id="share", label={"en": "Weights that vanished", "zh": "趋于零的权重"}, unit="%"),),
    measure=_measure,
)

"""Which units dropout silences in the step that comes next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels.dropout import CHANNEL_MASKS, INPUT_MASK
from kernels.layout import Layout
from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, Row, of_layers
from kernels.probes.specimen import Specimen
from kernels.rng import mask_bits, mask_key


def _rows(layout: Layout) -> tuple[Row, ...]:
    return Row(layer=0), *of_layers(layout)[:-1]


def _units(layout: Layout) -> int:
    return max(math.prod(layout.input_shape), *layout.layer_units)


def survivors(seed: int, step: int, mask: int, places: NDArray[np.int64], rate: float) -> NDArray[np.bool_]:
    """Which elements of a mask survive, by their places in it, as `kernels.dropout` draws them."""
    # Numbers wrap around, of which NumPy warns where it is not an array that overflows.
    with np.errstate(over="ignore"):
        key = mask_key(seed, step, mask)
    survives: NDArray[np.bool_] = mask_bits(key, places) >= np.uint32(float(rate) * 4294967295.0)
    return survives


def _measure(specimen: Specimen) -> Floats:
    layout, stride = specimen.layout, specimen.coming.stride
    rows = np.full((len(_rows(layout)), _units(layout)), np.nan, np.float32)

    def draw(mask: int, count: int, rate: float) -> NDArray[np.bool_]:
        # The first sample of every row.
        return survivors(specimen.seed, specimen.step, mask, np.arange(count) * stride, rate)

    if specimen.dropout[0] > 0:
        inputs = math.prod(layout.input_shape)
        rows[0, :inputs] = draw(INPUT_MASK, inputs, specimen.dropout[0])
    rates = specimen.dropout[1:].reshape(-1, 3)
    for layer, (row, stage, (unit, _, channel)) in enumerate(zip(rows[1:], layout.stages, rates, strict=False)):
        units, pixels = stage.shape[0], math.prod(stage.shape[1:])
        if unit > 0 or channel > 0:
            row[:units] = 1.0
        if unit > 0:
            row[:units] *= draw(layer, units * pixels, unit).reshape(units, pixels).mean(axis=1)
        if channel > 0:
            row[:units] *= draw(CHANNEL_MASKS + layer, units, channel)
    return rows


DROPOUT_MASK = Probe(
    id="dropout_mask",
    label={"en": "Dropout mask", "zh": "随机失活掩码"},
    help={
        "en": "Which units of each layer survive in the coming step, for the first sample of its batch: 1, or 0 where "
        "silenced; of a channel, the share of its pixels.",
        "zh": "下一步中小批量第一个样本的各层单元是否保留：1 为保留，0 为失活；对通道则为保留像素的比例。",
    },
    formula=r"m_i \sim \operatorname{Bernoulli}(1 - p)",
    source="Srivastava et al. 2014, section 4",
    topic="normalization",
    chart="mask",
    rows=_rows,
    quantities=(),
    arrays=(Quantity(id="kept", label={"en": "Survives", "zh": "保留"}, unit="%"),),
    length=_units,
    measure=_measure,
)

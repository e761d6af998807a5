"""What a normalization sees in a batch, against what it has remembered for inference."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.calls import SECOND_LOOK
from kernels.layout import Layout
from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, Row
from kernels.probes.specimen import Specimen
from kernels.table import Field

Doubles: TypeAlias = NDArray[np.float64]


def _normalized(layout: Layout) -> list[int]:
    return [tensor.layer for tensor in layout.tensors if tensor.role == "gamma"]


def _rows(layout: Layout) -> tuple[Row, ...]:
    return tuple(Row(layer=number) for number in _normalized(layout))


def _entering(specimen: Specimen, number: int, units: int) -> Doubles:
    """What a layer normalizes of the samples that have just gone through: [units, pixels, samples]."""
    passes, layer, pixels = specimen.passes, number - 1, math.prod(specimen.layout.stages[number - 1].shape[1:])
    first = passes.field(layer, Field.A_ROW if passes.field(layer, Field.AFTER) == 1 else Field.Z_ROW)
    return passes.rows(first, units * pixels).reshape(units, pixels, -1).astype(np.float64)


def between_samples(specimen: Specimen) -> Doubles:
    """[layers], the share of the variance of what a layer normalizes that lies between samples: mean of all units.

    That of a mean over a batch is this share over the number of samples, as parts of the variance; what is left lies
    between the pixels of each image, and the mean over them is rid of it. 1 for a dense layer, NaN where nothing is
    normalized or nothing differs.
    """
    (x, y), passes = specimen.evaluated, specimen.passes
    # As many as go through at once are enough.
    passes.put(x[: passes.most], y[: passes.most])
    passes.forward(specimen.parameters, SECOND_LOOK, specimen.step)
    shares = np.full(len(specimen.layout.layer_names), np.nan)
    for tensor in specimen.layout.tensors:
        if tensor.role == "gamma":
            values = _entering(specimen, tensor.layer, tensor.size)
            between = values.mean(axis=1).var(axis=1)
            whole = between + values.var(axis=1).mean(axis=1)
            if (whole > 0).any():
                shares[tensor.layer - 1] = np.mean(between[whole > 0] / whole[whole > 0])
    return shares


def _by_unit(specimen: Specimen) -> list[Doubles]:
    """Of every normalized layer, [6, units]: mean and variance of the coming batch, those kept for inference, γ and β.

    NaN where none are kept.
    """
    layout, passes = specimen.layout, specimen.passes
    if not _normalized(layout):
        return []
    passes.put(specimen.coming.x, specimen.coming.y)
    passes.forward(specimen.parameters, SECOND_LOOK, specimen.step)
    found = []
    for number in _normalized(layout):
        learned = {tensor.role: tensor for tensor in layout.tensors if tensor.layer == number}
        remembered = {buffer.role: buffer for buffer in layout.buffers if buffer.layer == number}
        units = learned["gamma"].size
        values = np.full((6, units), np.nan)
        if remembered:
            x = _entering(specimen, number, units).reshape(units, -1)
            values[0], values[1] = x.mean(axis=1), x.var(axis=1, ddof=1) if x.shape[1] > 1 else 0.0
        for place, role in ((2, "running_mean"), (3, "running_var")):
            if role in remembered:
                values[place] = specimen.running[remembered[role].offset :][:units]
        for place, role in ((4, "gamma"), (5, "beta")):
            values[place] = specimen.parameters[learned[role].offset :][:units]
        found.append(values)
    return found


def _measure(specimen: Specimen) -> Floats:
    rows = np.full((len(_normalized(specimen.layout)), len(BATCH_STATISTICS.quantities)), np.nan, np.float32)
    for row, (mean, variance, kept_mean, kept_variance, gamma, beta) in zip(rows, _by_unit(specimen), strict=True):
        row[:] = (
            mean.mean(),
            kept_mean.mean(),
            np.sqrt(np.mean((mean - kept_mean) ** 2)),
            variance.mean(),
            kept_variance.mean(),
            np.sqrt(np.mean((variance - kept_variance) ** 2)),
            gamma.mean(),
            beta.mean(),
        )
    return rows


def _units(layout: Layout) -> int:
    return max((tensor.size for tensor in layout.tensors if tensor.role == "gamma"), default=0)


def _measure_units(specimen: Specimen) -> Floats:
    count, units = len(UNIT_STATISTICS.arrays), _units(specimen.layout)
    rows = np.full((len(_normalized(specimen.layout)), count, units), np.nan, np.float32)
    for row, values in zip(rows, _by_unit(specimen), strict=True):
        row[:, : values.shape[1]] = values
        # Deviations are in the unit of what is normalized.
        row[(1, 3), :] = np.sqrt(row[(1, 3), :])
    return rows.reshape(len(rows), count * units)


BATCH_STATISTICS = Probe(
    id="batch_statistics",
    label={"en": "Statistics of the batch against the running ones", "zh": "小批量统计量与滑动统计量"},
    help={
        "en": "Means over a normalized layer's units: mean and variance of the coming batch, those kept for inference, "
        "the root mean square of their differences, and the learned γ and β. Far apart, training and inference are two "
        "networks.",
        "zh": "对归一化层各单元取平均：下一个小批量的均值和方差、推断所用的滑动均值和方差、两者之差的均方根，"
        "以及学到的 γ 和 β。差得很远时，训练和推断就像两个不同的网络。",
    },
    formula=r"\mu_B,\; \mu,\; \sqrt{\tfrac{1}{n}\sum_u (\mu_{B,u} - \mu_u)^2},\quad "
    r"\sigma_B^2,\; \sigma^2,\; \sqrt{\tfrac{1}{n}\sum_u (\sigma_{B,u}^2 - \sigma_u^2)^2}",
    source="Ioffe & Szegedy 2015, section 3.1; Wu & He 2018, section 1",
    topic="normalization",
    chart="lines",
    rows=_rows,
    quantities=(
        Quantity(id="batch_mean", label={"en": "Batch mean", "zh": "小批量均值"}, symbol="μ_B"),
        Quantity(id="running_mean", label={"en": "Running mean", "zh": "滑动均值"}, symbol="μ"),
        Quantity(
            id="mean_difference",
            label={"en": "Difference of the means", "zh": "均值之差"},
            scale="log",
            symbol="rms(μ_B − μ)",
        ),
        Quantity(id="batch_variance", label={"en": "Batch variance", "zh": "小批量方差"}, scale="log", symbol="σ²_B"),
        Quantity(id="running_variance", label={"en": "Running variance", "zh": "滑动方差"}, scale="log", symbol="σ²"),
        Quantity(
            id="variance_difference",
            label={"en": "Difference of the variances", "zh": "方差之差"},
            scale="log",
            symbol="rms(σ²_B − σ²)",
        ),
        Quantity(id="gamma", label={"en": "Learned scale", "zh": "学到的缩放"}, symbol="γ"),
        Quantity(id="beta", label={"en": "Learned shift", "zh": "学到的平移"}, symbol="β"),
    ),
    measure=_measure,
)

UNIT_STATISTICS = Probe(
    id="unit_statistics",
    label={"en": "Every unit: batch against running", "zh": "逐单元：小批量与滑动统计量"},
    help={
        "en": "For every unit, or channel, of a normalized layer: mean and standard deviation of the coming batch, "
        "those kept for inference, and the learned γ and β. A unit whose two numbers lie far apart is another one in "
        "inference than in training.",
        "zh": "归一化层的每个单元（或通道）：下一个小批量的均值和标准差、推断所用的滑动均值和滑动标准差，"
        "以及学到的 γ 和 β。两个数相差很远的单元，推断时与训练时并不是同一个单元。",
    },
    formula=r"\mu_{B,u},\; \mu_u,\quad \sigma_{B,u},\; \sigma_u,\quad \gamma_u,\; \beta_u",
    source="Ioffe & Szegedy 2015, section 3.1; Wu & He 2018, section 1",
    topic="normalization",
    chart="units",
    rows=_rows,
    quantities=(),
    arrays=(
        Quantity(id="batch_mean", label={"en": "Batch mean", "zh": "小批量均值"}, symbol="μ_B", against="running_mean"),
        Quantity(
            id="batch_deviation",
            label={"en": "Batch deviation", "zh": "小批量标准差"},
            symbol="σ_B",
            against="running_deviation",
        ),
        Quantity(id="running_mean", label={"en": "Running mean", "zh": "滑动均值"}, symbol="μ"),
        Quantity(id="running_deviation", label={"en": "Running deviation", "zh": "滑动标准差"}, symbol="σ"),
        Quantity(id="gamma", label={"en": "Learned scale", "zh": "学到的缩放"}, symbol="γ"),
        Quantity(id="beta", label={"en": "Learned shift", "zh": "学到的平移"}, symbol="β"),
    ),
    length=_units,
    measure=_measure_units,
)

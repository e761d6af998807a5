"""Learning-rate schedules, one entry each: a factor on the optimizer's learning rate."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import kernel
from kernels.calls import SCHEDULE
from kernels.schedules.schedule import MEASURES, Schedule, share, steps
from kernels.simd import Pointer
from kernels.spec import Family, Param


@kernel(SCHEDULE)
def linear_factor(step: int, params: Pointer) -> Any:
    """From 1 down to `floor` in a straight line over `steps`, then flat."""
    steps, floor = params[0], params[1]
    return 1.0 - (1.0 - floor) * min(1.0, step / steps)


@kernel(SCHEDULE)
def step_factor(step: int, params: Pointer) -> Any:
    """gamma^floor(step / every)."""
    every, gamma = params[0], params[1]
    return math.pow(gamma, math.floor(step / every))


@kernel(SCHEDULE)
def exponential_factor(step: int, params: Pointer) -> Any:
    """gamma^(step / every)."""
    every, gamma = params[0], params[1]
    return math.pow(gamma, step / every)


@kernel(SCHEDULE)
def inverse_time_factor(step: int, params: Pointer) -> Any:
    """1 / (1 + step / steps)."""
    return 1.0 / (1.0 + step / params[0])


@kernel(SCHEDULE)
def polynomial_factor(step: int, params: Pointer) -> Any:
    """From 1 down to `floor` as (1 - step / steps)^power, then flat."""
    steps, power, floor = params[0], params[1], params[2]
    return floor + (1.0 - floor) * math.pow(1.0 - min(1.0, step / steps), power)


@kernel(SCHEDULE)
def cosine_factor(step: int, params: Pointer) -> Any:
    """From 1 down to `floor` along half a wave of the cosine over `steps`, then flat."""
    steps, floor = params[0], params[1]
    return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / steps)))


@kernel(SCHEDULE)
def one_cycle_factor(step: int, params: Pointer) -> Any:
    """Along half waves of the cosine from `start` up to 1 over `rise` of `steps`, and down to `floor` over the rest."""
    steps, rise, start, floor = params[0], params[1], params[2], params[3]
    position = min(1.0, step / steps)
    low, phase = (start, 1.0 - position / rise) if position < rise else (floor, (position - rise) / (1.0 - rise))
    return low + (1.0 - low) * 0.5 * (1.0 + math.cos(math.pi * phase))


@kernel(SCHEDULE)
def cyclic_factor(step: int, params: Pointer) -> Any:
    """A triangle wave: from `floor` up to 1 in `every` steps, down again in as many, and so on."""
    every, floor = params[0], params[1]
    cycles = step / (2.0 * every)
    return floor + (1.0 - floor) * (1.0 - abs(2.0 * (cycles - math.floor(cycles)) - 1.0))


@kernel(SCHEDULE)
def plateau_factor(step: int, params: Pointer) -> Any:  # noqa: ARG001 -- functions of a family share one signature
    """What the epochs so far have made of it: the number behind the parameters."""
    return params[5]


def _advance_plateau(
    state: NDArray[np.float64],
    loss: float,
    *,
    factor: float,
    patience: float,
    threshold: float,
    floor: float,
    measure: float,  # noqa: ARG001 -- has chosen what the loss is of
) -> None:
    """Take in the loss of one more epoch. state: what is left of the learning rate, the best loss, the epochs since."""
    if loss < state[1] * (1 - threshold):
        state[1], state[2] = loss, 0
    else:
        state[2] += 1
    if state[2] > patience:
        state[0], state[2] = max(state[0] * factor, floor), 0


_DURATION = steps(
    "steps",
    {"en": "Over τ steps", "zh": "历时 τ 步"},
    {"en": "The number of steps after which the learning rate stays.", "zh": "此后学习率不再变化的步数。"},
    10_000,
)
_EVERY = steps(
    "every",
    {"en": "Every τ steps", "zh": "每 τ 步"},
    {"en": "The number of steps for one decay by γ.", "zh": "衰减一次（乘以 γ）所用的步数。"},
    1000,
)
_GAMMA = Param(
    id="gamma",
    label={"en": "Factor γ", "zh": "系数 γ"},
    help={"en": "What the learning rate is multiplied by.", "zh": "每次乘以的系数。"},
    default=0.5,
    minimum=0.01,
    maximum=1.0,
)


def _floor(default: float) -> Param:
    return share(
        "floor",
        {"en": "Floor r", "zh": "下限 r"},
        {"en": "The lowest learning rate, as a share of the highest.", "zh": "最低学习率占最高学习率的比例。"},
        default,
    )


SCHEDULES = Family(
    "schedules",
    {"en": "Schedule", "zh": "学习率调度"},
    {"en": "How the learning rate changes while training.", "zh": "学习率随训练如何变化。"},
    (
        Schedule(
            id="constant",
            label={"en": "Constant", "zh": "恒定"},
            help={"en": "The learning rate stays as it is set.", "zh": "学习率保持不变。"},
            formula=r"\eta_t = \eta",
            source="Goodfellow et al. 2016, 8.3.1",
            value=None,
            expression="1",
        ),
        Schedule(
            id="linear",
            label={"en": "Linear decay", "zh": "线性衰减"},
            help={
                "en": "Falls in a straight line to a floor, and stays there: gradient noise never vanishes by itself.",
                "zh": "沿直线降到下限后保持不变：梯度噪声不会自行消失。",
            },
            formula=r"\eta_t = (1 - \alpha)\,\eta + \alpha\, r\,\eta,\; \alpha = \min(1, t / \tau)",
            source="Goodfellow et al. 2016, eq. 8.14",
            params=(_DURATION, _floor(0.01)),
            value=linear_factor,
            expression="1 - (1 - floor) * Min(1, t / steps)",
            span="1.25 * steps",
        ),
        Schedule(
            id="step",
            label={"en": "Step decay", "zh": "阶梯衰减"},
            help={
                "en": "Multiplies the learning rate by γ after every so many steps.",
                "zh": "每隔若干步将学习率乘以 γ。",
            },
            formula=r"\eta_t = \eta\,\gamma^{\lfloor t / \tau \rfloor}",
            source="He et al. 2016, 3.4",
            params=(_EVERY, _GAMMA),
            value=step_factor,
            expression="gamma**floor(t / every)",
            span="5 * every",
        ),
        Schedule(
            id="exponential",
            label={"en": "Exponential decay", "zh": "指数衰减"},
            help={
                "en": "Step decay without the steps: the learning rate loses the same share at every step.",
                "zh": "没有台阶的阶梯衰减：学习率每一步按相同比例减小。",
            },
            formula=r"\eta_t = \eta\,\gamma^{t / \tau}",
            source="Senior et al. 2013",
            params=(_EVERY, _GAMMA),
            value=exponential_factor,
            expression="gamma**(t / every)",
            span="5 * every",
        ),
        Schedule(
            id="inverse_time",
            label={"en": "Inverse-time decay", "zh": "逆时衰减"},
            help={
                "en": "Falls like 1/t, slowly enough to reach any point and fast enough to settle: SGD then converges.",
                "zh": "按 1/t 下降：慢到足以到达任何位置，又快到足以稳定下来，从而保证 SGD 收敛。",
            },
            formula=r"\eta_t = \frac{\eta}{1 + t / \tau}",
            source="Robbins & Monro 1951; Darken & Moody 1990",
            params=(
                steps(
                    "steps",
                    {"en": "Half after τ steps", "zh": "τ 步后减半"},
                    {"en": "The step at which the learning rate is half.", "zh": "学习率降到一半时的步数。"},
                    1000,
                ),
            ),
            value=inverse_time_factor,
            expression="1 / (1 + t / steps)",
            span="5 * steps",
        ),
        Schedule(
            id="polynomial",
            label={"en": "Polynomial decay", "zh": "多项式衰减"},
            help={
                "en": "Linear decay with a bend: a power above 1 falls early, one below 1 falls late.",
                "zh": "带弯曲的线性衰减：幂大于 1 时先快后慢，小于 1 时先慢后快。",
            },
            formula=r"\eta_t = \eta\left(r + (1 - r)\left(1 - \tfrac{\min(t, \tau)}{\tau}\right)^p\right)",
            source="Chen et al. 2018, DeepLab, the poly policy",
            params=(
                _DURATION,
                Param(
                    id="power",
                    label={"en": "Power p", "zh": "幂 p"},
                    help={"en": "How the curve bends; 1 is a straight line.", "zh": "曲线的弯曲程度；1 为直线。"},
                    default=0.9,
                    minimum=0.1,
                    maximum=10.0,
                    scale="log",
                ),
                _floor(0.0),
            ),
            value=polynomial_factor,
            expression="floor + (1 - floor) * (1 - Min(1, t / steps))**power",
            span="1.25 * steps",
        ),
        Schedule(
            id="cosine",
            label={"en": "Cosine annealing", "zh": "余弦退火"},
            help={
                "en": "High for long, a quick fall in the middle, and a gentle landing.",
                "zh": "先长时间保持较高，中段迅速下降，最后平缓收尾。",
            },
            formula=r"\eta_t = \eta\left(r + \tfrac{1 - r}{2}"
            r"\left(1 + \cos\tfrac{\pi \min(t, \tau)}{\tau}\right)\right)",
            source="Loshchilov & Hutter 2017, eq. 5, without restarts",
            params=(_DURATION, _floor(0.0)),
            value=cosine_factor,
            expression="floor + (1 - floor) * (1 + cos(pi * Min(1, t / steps))) / 2",
            span="1.25 * steps",
        ),
        Schedule(
            id="one_cycle",
            label={"en": "One cycle", "zh": "单周期"},
            help={
                "en": "Up from a small learning rate to the set one, then down to almost nothing, along cosines.",
                "zh": "沿余弦曲线从较小的学习率升到设定值，再降到几乎为零。",
            },
            formula=r"\eta_t = \eta \begin{cases} s + \tfrac{1 - s}{2}\left(1 - \cos\tfrac{\pi t}{\rho\tau}\right)"
            r" & t < \rho\tau \\ r + \tfrac{1 - r}{2}\left(1 + \cos\tfrac{\pi (\min(t, \tau) - \rho\tau)}"
            r"{\tau - \rho\tau}\right) & t \ge \rho\tau \end{cases}",
            source="Smith & Topin 2018, with cosines for the straight lines, as in fast.ai and PyTorch",
            params=(
                _DURATION,
                Param(
                    id="rise",
                    label={"en": "Rise ρ", "zh": "上升占比 ρ"},
                    help={"en": "The share of the steps that go up.", "zh": "上升阶段占总步数的比例。"},
                    default=0.3,
                    minimum=0.01,
                    maximum=0.99,
                    unit="%",
                ),
                share(
                    "start",
                    {"en": "Start s", "zh": "起点 s"},
                    {"en": "The first learning rate, as a share of the highest.", "zh": "初始学习率占最高值的比例。"},
                    0.04,
                ),
                _floor(0.0),
            ),
            value=one_cycle_factor,
            expression="Piecewise((start + (1 - start) * (1 - cos(pi * t / (rise * steps))) / 2, t < rise * steps),"
            " (floor + (1 - floor) * (1 + cos(pi * (Min(1, t / steps) - rise) / (1 - rise))) / 2, True))",
            span="1.25 * steps",
            lows=("start", "floor"),
            cycles=True,
        ),
        Schedule(
            id="cyclic",
            label={"en": "Cyclic (triangular)", "zh": "三角循环"},
            help={
                "en": "Up and down in straight lines, again and again: the climbs leave plateaus and saddle points.",
                "zh": "沿直线反复升降：升高时能离开平台与鞍点。",
            },
            formula=r"\eta_t = \eta\left(r + (1 - r)"
            r"\max\left(0, 1 - \left|\tfrac{t}{\tau} - 2c + 1\right|\right)\right),"
            r"\; c = \left\lfloor 1 + \tfrac{t}{2\tau} \right\rfloor",
            source="Smith 2017, 3.1",
            params=(
                steps(
                    "every",
                    {"en": "Half a cycle τ", "zh": "半周期 τ"},
                    {"en": "The number of steps from the bottom to the top.", "zh": "从最低到最高所用的步数。"},
                    2000,
                ),
                _floor(0.1),
            ),
            value=cyclic_factor,
            expression="floor + (1 - floor) * (1 - Abs(2 * Mod(t / (2 * every), 1) - 1))",
            span="6 * every",
            lows=("floor",),
            cycles=True,
        ),
        Schedule(
            id="reduce_on_plateau",
            label={"en": "Reduce on plateau", "zh": "平台期衰减"},
            help={
                "en": "Multiplies the learning rate by γ when the loss has not improved for some epochs.",
                "zh": "损失连续若干轮没有改善时，将学习率乘以 γ。",
            },
            formula=r"\eta \leftarrow \max(\gamma\,\eta,\; r\,\eta_0)\ \text{ when }\ "
            r"L_e \ge (1 - \varepsilon) \min_{e' < e} L_{e'}\ \text{ for more than } p \text{ epochs}",
            source="Goodfellow et al. 2016, 11.4.1; PyTorch's ReduceLROnPlateau",
            params=(
                replace(_GAMMA, id="factor", default=0.5),
                Param(
                    id="patience",
                    label={"en": "Patience p", "zh": "耐心值 p"},
                    help={
                        "en": "Epochs without improvement that are put up with.",
                        "zh": "容许没有改善的轮数。",
                    },
                    default=10,
                    minimum=0,
                    maximum=1000,
                    scale="log",
                    integer=True,
                ),
                Param(
                    id="threshold",
                    label={"en": "Threshold ε", "zh": "阈值 ε"},
                    help={
                        "en": "An improvement counts where the loss falls by more than this share.",
                        "zh": "损失下降超过这一比例才算改善。",
                    },
                    default=0.0001,
                    minimum=0.0,
                    maximum=0.5,
                    scale="log",
                ),
                _floor(0.001),
                Param(
                    id="measure",
                    label={"en": "Watches", "zh": "监测量"},
                    help={
                        "en": "The mean loss of the epoch's batches, or the loss on the test set at its end.",
                        "zh": "该轮各小批量损失的均值，或该轮结束时的测试集损失。",
                    },
                    default=0,
                    minimum=0,
                    maximum=1,
                    integer=True,
                    choices=MEASURES,
                ),
            ),
            value=plateau_factor,
            expression="reached",
            advances=_advance_plateau,
        ),
    ),
    live=True,
)

"""What a hidden layer can be, one entry each: what of it may be set, and in which families it makes a choice."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.spec import Family, Param, Text, Variant


@dataclass(frozen=True, kw_only=True)
class LayerKind(Variant):
    """A kind of layer.

    `choices` are the fields in which a layer of it chooses a variant of a family. It `takes_image` where numbers
    without a place make no sense to it, and `gives_image` where its output has places again. In a configuration a
    parameter that has choices is written as the id of one, a number where that is one. `counted` is the parameter that
    says how many units or filters there are, where it has them.
    """

    choices: tuple[str, ...] = ()
    counted: str = ""
    takes_image: bool = False
    gives_image: bool = False

    def param(self, name: str) -> Param:
        """The parameter of that id. Raises KeyError where there is none."""
        for param in self.params:
            if param.id == name:
                return param
        raise KeyError(f"{self.id} has no {name!r}; it has: {', '.join(each.id for each in self.params)}")


def _whole(name: str, label: Text, explanation: Text, default: int, minimum: int, maximum: int, *, log: bool) -> Param:
    return Param(
        id=name,
        label=label,
        help=explanation,
        default=default,
        minimum=minimum,
        maximum=maximum,
        scale="log" if log else "linear",
        integer=True,
        live=False,
    )


def _rate(name: str, label: Text, explanation: Text) -> Param:
    return Param(id=name, label=label, help=explanation, default=0.0, minimum=0.0, maximum=MAX_DROPOUT, unit="%")


#: The most of what is silenced in training that may be.
MAX_DROPOUT = 0.9
#: The longest block that a skip connection goes around, in layers.
MAX_SKIP = 8

UNITS = _whole(
    "units",
    Text(en="Units", zh="神经元数"),
    Text(en="How many neurons the layer has.", zh="该层神经元的个数。"),
    8, 1, 512, log=True,
)  # fmt: skip
FILTERS = _whole(
    "filters",
    Text(en="Filters", zh="滤波器数"),
    Text(
        en="How many kernels slide over the image; each makes one feature map, a channel of the output.",
        zh="在图像上滑动的卷积核个数；每个产生一张特征图，即输出的一个通道。",
    ),
    8, 1, 64, log=True,
)  # fmt: skip
KERNEL = _whole(
    "kernel",
    Text(en="Kernel size", zh="卷积核大小"),
    Text(
        en="Height and width of the window, in pixels: so much of the image one output pixel sees.",
        zh="窗口的高和宽（像素）：一个输出像素所看到的图像范围。",
    ),
    3, 1, 7, log=False,
)  # fmt: skip
STRIDE = _whole(
    "stride",
    Text(en="Stride", zh="步幅"),
    Text(
        en="How many pixels the window moves at a time; 2 halves height and width.",
        zh="窗口每次移动的像素数；为 2 时高和宽减半。",
    ),
    1, 1, 3, log=False,
)  # fmt: skip
PADDING = Param(
    id="padding",
    label=Text(en="Padding", zh="填充"),
    help=Text(
        en="Zeros around the image: same keeps its size (at stride 1), valid adds none, a number so many on each side.",
        zh="在图像四周补零：same 保持尺寸（步幅为 1 时），valid 不补，数字表示每边补多少行（列）。",
    ),
    default=0,
    minimum=0,
    maximum=7,
    integer=True,
    live=False,
    choices=(
        ("same", Text(en="Same", zh="保持尺寸（same）")),
        ("valid", Text(en="Valid (none)", zh="不填充（valid）")),
        *((str(count), Text(en=str(count), zh=str(count))) for count in range(1, 7)),
    ),
)
POOLING = Param(
    id="pooling",
    label=Text(en="Takes", zh="取值"),
    help=Text(
        en="What is kept of each window: its largest pixel, which alone gets the gradient, or the mean of all, which "
        "share it.",
        zh="每个窗口保留什么：最大的像素（梯度只传给它），或全部像素的均值（梯度均分）。",
    ),
    default=0,
    minimum=0,
    maximum=1,
    integer=True,
    live=False,
    choices=(("max", Text(en="Maximum", zh="最大值")), ("mean", Text(en="Mean", zh="平均值"))),
)
SIZE = _whole(
    "size",
    Text(en="Window", zh="窗口大小"),
    Text(en="Height and width of the window, in pixels.", zh="窗口的高和宽（像素）。"),
    2, 2, 8, log=False,
)  # fmt: skip
POOL_STRIDE = _whole(
    "stride",
    Text(en="Stride", zh="步幅"),
    Text(
        en="How many pixels the window moves at a time; as many as it is wide, and no pixel is looked at twice.",
        zh="窗口每次移动的像素数；与窗口大小相同时，各窗口互不重叠。",
    ),
    2, 1, 8, log=False,
)  # fmt: skip
DROPOUT = _rate(
    "dropout",
    Text(en="Dropout", zh="随机失活"),
    Text(
        en="The probability with which each unit (of an image, each pixel) is silenced in a training step (Srivastava "
        "et al. 2014).",
        zh="训练时每个神经元（图像则为每个像素）被随机置零的概率（Srivastava 等，2014）。",
    ),
)
CHANNEL_DROPOUT = _rate(
    "channel_dropout",
    Text(en="Channel dropout", zh="通道随机失活"),
    Text(
        en="The probability with which a whole feature map of a sample is silenced in a training step: neighbouring "
        "pixels are alike, and would tell what a silenced one was (Tompson et al. 2015).",
        zh="训练时样本的整张特征图被随机置零的概率：相邻像素相似，只置零单个像素信息仍会泄露（Tompson 等，2015）。",
    ),
)
DROPCONNECT = _rate(
    "dropconnect",
    Text(en="DropConnect", zh="权重随机失活（DropConnect）"),
    Text(
        en="The probability with which each weight is silenced in a training step, one mask a batch (Wan et al. 2013).",
        zh="训练时每个权重被随机置零的概率，每批一个掩码（Wan 等，2013）。",
    ),
)
SKIP = _whole(
    "skip",
    Text(en="Skip connection", zh="残差连接"),
    Text(
        en="What entered the last so many layers, this one included, is added before the activation, so that the "
        "gradient has a way around them; 0 for none (He et al. 2016).",
        zh="把最近若干层（含本层）的输入加到本层激活之前，梯度因此有一条捷径；0 表示没有（He 等，2016）。",
    ),
    0, 0, MAX_SKIP, log=False,
)  # fmt: skip

_CHOICES = ("activation", "initializer", "bias_initializer", "normalization")

LAYER_KINDS: Family[LayerKind] = Family(
    "layer_kinds",
    Text(en="Kind of layer", zh="层的类型"),
    Text(
        en="What a layer does: connect everything, slide filters over an image, or make the image smaller.",
        zh="该层做什么：全部相连，让滤波器在图像上滑动，或缩小图像。",
    ),
    (
        LayerKind(
            id="dense",
            label=Text(en="Dense", zh="全连接"),
            help=Text(
                en="Every unit is connected with all of its inputs; an image is flattened to a row of numbers first.",
                zh="每个单元与全部输入相连；图像先被展平为一行数。",
            ),
            formula=r"a = \varphi(W x + b)",
            source="Rumelhart et al. 1986; Goodfellow et al. 2016, 6.1",
            params=(UNITS, DROPOUT, DROPCONNECT, SKIP),
            choices=_CHOICES,
            counted=UNITS.id,
        ),
        LayerKind(
            id="conv",
            label=Text(en="Convolution", zh="卷积"),
            help=Text(
                en="Slides small filters over the image, the same weights everywhere, so that a feature is found "
                "wherever it is.",
                zh="让小滤波器在图像上滑动，处处共用同一组权重：特征无论在哪里都能被找到。",
            ),
            formula=r"a_{f,y,x} = \varphi\Bigl(b_f + \sum_{c,i,j} w_{f,c,i,j}\, x_{c,\,sy+i-p,\,sx+j-p}\Bigr)",
            source="LeCun et al. 1998, II.A; Goodfellow et al. 2016, 9.1",
            params=(FILTERS, KERNEL, STRIDE, PADDING, DROPOUT, CHANNEL_DROPOUT, DROPCONNECT, SKIP),
            choices=_CHOICES,
            counted=FILTERS.id,
            takes_image=True,
            gives_image=True,
        ),
        LayerKind(
            id="pool",
            label=Text(en="Pooling", zh="池化"),
            help=Text(
                en="Keeps one number of each window, so that the image gets smaller and small shifts matter less.",
                zh="每个窗口只保留一个数：图像变小，微小的平移也不再重要。",
            ),
            formula=r"y_{c,y,x} = \max_{i,j} x_{c,\,sy+i,\,sx+j} \quad\text{or}\quad"
            r" \tfrac{1}{k^2} \sum_{i,j} x_{c,\,sy+i,\,sx+j}",
            source="LeCun et al. 1998, II.A; Goodfellow et al. 2016, 9.3",
            params=(POOLING, SIZE, POOL_STRIDE),
            takes_image=True,
            gives_image=True,
        ),
        LayerKind(
            id="global_pool",
            label=Text(en="Global pooling", zh="全局池化"),
            help=Text(
                en="The mean of each channel: one number a feature map, whatever its size and wherever the feature is.",
                zh="取每个通道的均值：每张特征图只剩一个数，与其大小和特征的位置无关。",
            ),
            formula=r"y_c = \tfrac{1}{HW} \sum_{y,x} x_{c,y,x}",
            source="Lin et al. 2014, 3.2",
            takes_image=True,
        ),
    ),
    live=False,
)

"""Convolutional networks on images: what filters, pooling, good initial weights and skip connections bring."""

from kernels.spec import Text
from server.defaults import CONVOLUTIONAL
from server.presets.preset import RELU, Config, Preset, choice, network, trained

_IMAGES = Text(en="Convolutional networks", zh="卷积神经网络")
_DEEP_IMAGES = Text(en="Deep convolutional networks", zh="深层卷积网络")

_TANH: Config = {"activation": choice("tanh"), "initializer": choice("xavier_normal")}
_MAX_POOL: Config = {"kind": "pool"}
_MEAN_POOL: Config = {"kind": "pool", "pooling": "mean"}


def _conv(filters: int, kernel: int = 3, **others: object) -> Config:
    return {"kind": "conv", "filters": filters, "kernel": kernel, **others}


def _shapes(position: float) -> Config:
    """Shapes that lie off the centre by at most so many pixels."""
    return {"dataset": choice("shapes", samples=1000, position=position), "train_share": 0.8}


def _deep(initializer: str, skip: bool = False) -> Config:
    """30 layers of twelve filters; with skips, two layers a block but for the first and the last of all."""
    layer = _conv(12, initializer=choice(initializer))
    return {
        "seed": 4,
        "data": {"dataset": choice("digits", samples=400)},
        "network": {"layers": [{**layer, "skip": 2 if skip and i % 2 == 0 and i > 0 else 0} for i in range(30)]},
        "training": trained("adam", 0.001, batch_size=16),
    }


IMAGES = (
    Preset(
        id="cnn_digits",
        label=Text(en="Digits, convolutional", zh="用卷积认数字"),
        watch=Text(
            en="1,898 parameters only, as a filter is the same all over the scan: within ten seconds it reads 98 of "
            "100 scans that it never saw.",
            zh="同一个滤波器用于整幅图，所以只有 1,898 个参数：十秒之内，从未见过的扫描图一百张能认对九十八张。",
        ),
        group=_IMAGES,
        config={
            "data": {"dataset": choice("digits"), "train_share": 0.8},
            "network": {"layers": CONVOLUTIONAL},
            "training": trained("adam", 0.01),
        },
    ),
    Preset(
        id="lenet",
        label=Text(en="LeNet-5", zh="LeNet-5"),
        watch=Text(
            en="LeCun's network of 1998: maps shrink from 28 × 28 to 5 × 5 pixels as they grow in number, and nearly "
            "all of its 61,706 parameters are in the dense layers.",
            zh="LeCun 1998 年的网络：特征图从 28 × 28 缩小到 5 × 5，数量却增多；61,706 个参数几乎都在全连接层。",
        ),
        group=_IMAGES,
        config={
            "data": {"dataset": choice("strokes", samples=1000), "train_share": 0.8},
            "network": {
                "layers": [
                    _conv(6, 5, **_TANH),
                    _MEAN_POOL,
                    _conv(16, 5, padding="valid", **_TANH),
                    _MEAN_POOL,
                    {"units": 120, **_TANH},
                    {"units": 84, **_TANH},
                ]
            },
            "training": trained("adam", 0.003),
        },
    ),
    Preset(
        id="shapes_dense",
        label=Text(en="Shapes anywhere, dense layers", zh="位置不定的图形：全连接"),
        watch=Text(
            en="A dense layer learns every place anew: 6,334 parameters know the training pictures by heart, yet of "
            "new ones a third are misread.",
            zh="全连接层须逐处学习：6,334 个参数把训练图像都背了下来，新图像却有三分之一认错。",
        ),
        group=_IMAGES,
        config={"data": _shapes(6), "network": network(1, 8, **RELU), "training": trained("adam", 0.003)},
    ),
    Preset(
        id="shapes_conv",
        label=Text(en="Shapes anywhere, convolutions", zh="位置不定的图形：卷积"),
        watch=Text(
            en="The same pictures and fewer parameters, 5,958: what a filter learns in one place it knows in all, and "
            "nine new pictures in ten are read correctly.",
            zh="同样的图像，参数更少（5,958 个）：滤波器在一处学到的处处可用，新图像十张能认对九张左右。",
        ),
        group=_IMAGES,
        config={"data": _shapes(6), "network": {"layers": CONVOLUTIONAL}, "training": trained("adam", 0.003)},
    ),
    Preset(
        id="global_pooling",
        label=Text(en="Indifferent to shift", zh="平移不变性"),
        watch=Text(
            en="It has only seen shapes in the centre; shift one in OUTPUT and it is still read, as the mean over all "
            "pixels forgets where. Remove the global pooling and it is lost.",
            zh="训练时图形都在正中；在“输出”里平移一张，仍能认对：对全部像素取平均就忘掉了位置。去掉全局池化便认不出。",
        ),
        group=_IMAGES,
        config={
            "data": _shapes(0),
            "network": {
                "layers": [_conv(8), _MAX_POOL, _conv(16), _MAX_POOL, _conv(16), {"kind": "global_pool"}],
            },
            "training": trained("adam", 0.01),
        },
    ),
    Preset(
        id="deep_conv_xavier",
        label=Text(en="30 convolutions, Xavier", zh="30 层卷积，Xavier 初始化"),
        watch=Text(
            en="Every ReLU halves the signal, and by the last layer a ten-thousandth of it is left: all digits look "
            "alike to the output, and for a long time nothing is learned.",
            zh="每个 ReLU 都使信号减半，到最后一层只剩不到万分之一：在输出层看来所有数字都一样，很久都学不到东西。",
        ),
        group=_DEEP_IMAGES,
        config=_deep("xavier_normal"),
    ),
    Preset(
        id="deep_conv_he",
        label=Text(en="30 convolutions, He", zh="30 层卷积，He 初始化"),
        watch=Text(
            en="Twice the variance at the start, and the activations keep their size through all 30 layers: the loss "
            "falls within 150 steps.",
            zh="初始方差加倍，激活值穿过 30 层仍保持大小：150 步之内损失就开始下降。",
        ),
        group=_DEEP_IMAGES,
        config=_deep("he_normal"),
    ),
    Preset(
        id="deep_conv_skips",
        label=Text(en="30 convolutions, skip connections", zh="30 层卷积，残差连接"),
        watch=Text(
            en="Xavier's weights again, but every second layer adds what went into its block: the signal finds its way "
            "around, and within 100 steps three digits in four are read.",
            zh="仍是 Xavier 初始化，但每两层加回该块的输入：信号有路可绕，100 步之内四个数字能认对三个。",
        ),
        group=_DEEP_IMAGES,
        config=_deep("xavier_normal", skip=True),
    ),
)

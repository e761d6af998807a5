"""What goes wrong in deep networks, in single units and with few data, and what helps."""

from kernels.spec import Text
from server.presets.preset import RELU, Config, Preset, choice, network, trained

_DEPTH = Text(en="Deep networks", zh="深层网络")
_UNITS = Text(en="Units that do not learn", zh="学不动的神经元")
_GENERAL = Text(en="Overfitting", zh="过拟合")

_TOO_SMALL: Config = {"initializer": choice("normal", std=0.02)}
_TOO_LARGE: Config = {"initializer": choice("normal", std=0.6)}
#: Too few points for so many weights, and classes that overlap.
_FEW_POINTS: Config = {"dataset": choice("gaussians", samples=500, noise=0.5), "train_share": 0.2}

TROUBLES = (
    Preset(
        id="vanishing_gradients",
        label=Text(en="Vanishing gradients", zh="梯度消失"),
        watch=Text(
            en="Every sigmoid layer passes at most a quarter of the gradient on: at the first layer there is less than "
            "a ten-thousandth of it, and nothing is learned.",
            zh="每个 sigmoid 层至多只传回四分之一的梯度：到第一层已不足万分之一，网络什么也学不到。",
        ),
        group=_DEPTH,
        config={
            "network": network(8, 8, activation=choice("sigmoid")),
            "training": trained("sgd", 0.3),
        },
    ),
    Preset(
        id="exploding_gradients",
        label=Text(en="Exploding gradients", zh="梯度爆炸"),
        watch=Text(
            en="With weights this large each layer multiplies the gradient on its way back: the first layers' norms "
            "are twenty times the last one's, and the loss jumps.",
            zh="权重过大时，梯度每反向传播一层都被放大：靠前各层的范数是最后一层的二十倍以上，损失随之跳动。",
        ),
        group=_DEPTH,
        config={
            "network": network(12, 32, **_TOO_LARGE),
            "training": trained("sgd", 0.03),
        },
    ),
    Preset(
        id="clipped_gradients",
        label=Text(en="Clipping tames the explosion", zh="裁剪驯服爆炸的梯度"),
        watch=Text(
            en="The same large weights, but no gradient longer than 1: the steps stay small and it learns.",
            zh="同样过大的权重，但梯度的长度不超过 1：步子始终很小，网络学得会了。",
        ),
        group=_DEPTH,
        config={
            "network": network(12, 32, **_TOO_LARGE),
            "training": trained("sgd", 0.03, clipping=choice("by_norm", limit=1.0)),
        },
    ),
    Preset(
        id="deep_xavier",
        label=Text(en="30 ReLU layers, Xavier", zh="30 层 ReLU，Xavier 初始化"),
        watch=Text(
            en="ReLU halves the signal and Xavier does not make up for it: the activations fade from layer to layer, "
            "and for a long time nothing is learned.",
            zh="ReLU 使信号减半，而 Xavier 未作补偿：激活值逐层衰减，网络很久都学不到东西。",
        ),
        group=_DEPTH,
        config={
            "seed": 4,
            "data": {"dataset": choice("circle")},
            "network": network(30, 32, activation=choice("relu"), initializer=choice("xavier_normal")),
            "training": trained("sgd", 0.04),
        },
    ),
    Preset(
        id="deep_he",
        label=Text(en="30 ReLU layers, He", zh="30 层 ReLU，He 初始化"),
        watch=Text(
            en="Twice the variance, and the activations keep their size through all 30 layers: it learns at once.",
            zh="方差加倍后，激活值穿过 30 层仍保持大小：网络很快就学会了。",
        ),
        group=_DEPTH,
        config={
            "seed": 4,
            "data": {"dataset": choice("circle")},
            "network": network(30, 32, **RELU),
            "training": trained("sgd", 0.04),
        },
    ),
    Preset(
        id="batch_norm_rescue",
        label=Text(en="Batch normalization to the rescue", zh="批归一化挽救初始化"),
        watch=Text(
            en="Weights far too small at the start would let nothing through; normalized by batches, every layer sees "
            "signals of size one and learns. Switch it off.",
            zh="初始权重太小，信号本来传不过去；批归一化后各层看到的信号大小都约为 1，网络得以学习。试着将它关掉。",
        ),
        group=_DEPTH,
        config={
            "network": network(4, 16, **RELU | _TOO_SMALL, normalization=choice("batch_norm")),
            "training": trained("sgd", 0.1),
        },
    ),
    Preset(
        id="dying_relu",
        label=Text(en="Dying ReLU", zh="ReLU 神经元死亡"),
        watch=Text(
            en="Steps this large push the units below zero for every input: their share of zeros grows to 100 %, no "
            "gradient comes through, and the loss stays at ln 2.",
            zh="步子太大，单元对所有输入都落到零以下：零的比例升到 100 %，梯度传不回来，损失停在 ln 2。",
        ),
        group=_UNITS,
        config={"network": network(3, 8, **RELU), "training": trained("adam", 0.3)},
    ),
    Preset(
        id="zero_weights",
        label=Text(en="All weights start at zero", zh="权重全部初始化为零"),
        watch=Text(
            en="Units that start alike get the same gradient and stay alike: eight pictures, one and the same, so the "
            "layer can do no more than one unit.",
            zh="初始相同的单元得到相同的梯度，始终相同：八幅图一模一样，整层的能力只相当于一个单元。",
        ),
        group=_UNITS,
        config={
            "data": {"dataset": choice("moons")},
            "network": {
                **network(2, 8, activation=choice("sigmoid"), initializer=choice("zeros")),
                "output": {"initializer": choice("zeros")},
            },
            "training": trained("adam", 0.03),
        },
    ),
    Preset(
        id="saturated_units",
        label=Text(en="Saturated tanh", zh="tanh 饱和"),
        watch=Text(
            en="Weights this large drive nearly every unit to ±1, where tanh is flat: hard edges everywhere, hardly a "
            "slope to learn from.",
            zh="权重过大，几乎所有单元都被推到 ±1，而那里的 tanh 是平的：处处是硬边界，几乎没有可学的坡度。",
        ),
        group=_UNITS,
        config={
            "network": network(3, 8, initializer=choice("normal", std=5.0)),
            "training": trained("sgd", 0.1),
        },
    ),
    Preset(
        id="step_activation",
        label=Text(en="The step has no slope", zh="阶跃函数没有坡度"),
        watch=Text(
            en="Its derivative is zero, so no gradient reaches a hidden layer: only the output's own weights move.",
            zh="阶跃函数的导数为零，梯度到不了隐藏层：只有输出层自己的权重在变。",
        ),
        group=_UNITS,
        config={"network": network(2, 8, activation=choice("step"))},
    ),
    Preset(
        id="overfitting",
        label=Text(en="Overfitting", zh="过拟合"),
        watch=Text(
            en="100 points, 1,185 parameters: the training loss goes on falling while the test loss turns and rises, "
            "and islands appear around single points.",
            zh="100 个点，1,185 个参数：训练损失持续下降，测试损失却掉头上升，单个点周围出现孤岛。",
        ),
        group=_GENERAL,
        config={"data": _FEW_POINTS, "network": network(2, 32, **RELU)},
    ),
    Preset(
        id="dropout",
        label=Text(en="Dropout against overfitting", zh="用随机失活抑制过拟合"),
        watch=Text(
            en="The same points and units, but each is silenced half of the time: the test loss stays near the "
            "training loss.",
            zh="数据和网络不变，但训练时每个单元有一半的概率被置零：测试损失保持在训练损失附近。",
        ),
        group=_GENERAL,
        config={"data": _FEW_POINTS, "network": network(2, 32, dropout=0.5, **RELU)},
    ),
    Preset(
        id="weight_decay",
        label=Text(en="Weight decay against overfitting", zh="用权重衰减抑制过拟合"),
        watch=Text(
            en="Every step also shrinks the weights a little: the border stays almost straight, and the test loss does "
            "not rise.",
            zh="每一步都略微缩小权重：分界线保持近乎笔直，测试损失不再上升。",
        ),
        group=_GENERAL,
        config={
            "data": _FEW_POINTS,
            "network": network(2, 32, **RELU),
            "training": {"regularizers": [choice("weight_decay", rate=1.0)]},
        },
    ),
    Preset(
        id="label_smoothing",
        label=Text(en="Label smoothing", zh="标签平滑"),
        watch=Text(
            en="The targets are 91 % and 1 % instead of 100 % and 0 %: the accuracy is the same, but the output stops "
            "short of certainty and the loss of zero.",
            zh="目标是 91 % 和 1 %，而不是 100 % 和 0 %：准确率不变，但输出不再趋于绝对肯定，损失也不会到零。",
        ),
        group=_GENERAL,
        config={
            "data": {"dataset": choice("digits")},
            "network": network(1, 32, **RELU),
            "training": trained("adam", 0.003, loss=choice("softmax_cross_entropy", label_smoothing=0.1)),
        },
    ),
)

"""First steps, and the size of a step."""

from kernels.spec import Text
from server.presets.preset import LINEAR, RAVINE, RELU, Preset, choice, network, trained

_FIRST = Text(en="First steps", zh="入门")
_STEPS = Text(en="The size of a step", zh="步长")

BASICS = (
    Preset(
        id="homework",
        label=Text(en="One step by hand", zh="手算一步"),
        watch=Text(
            en="One sample x = (0.2, 0.3) with y = 1, two ReLU units, loss ½(y − ŷ)², learning rate 1: pause, type in "
            "weights of your own, take a step, and check every number by hand.",
            zh="一个样本 x = (0.2, 0.3)，y = 1，两个 ReLU 单元，损失 ½(y − ŷ)²，学习率为 1：暂停，输入自己的权重，"
            "走一步，手算核对每个数字。",
        ),
        group=_FIRST,
        config={
            "seed": 1,
            "speed": 1,
            "data": {
                "dataset": choice("exercise_point", samples=100, noise=0.0),
                "preprocessing": choice("none"),
            },
            "network": network(1, 2, **RELU),
            "training": trained("sgd", 1.0, loss=choice("half_squared_error"), batch_size=1),
        },
    ),
    Preset(
        id="spiral",
        label=Text(en="A spiral in ten seconds", zh="十秒学会双螺旋"),
        watch=Text(
            en="Adam untangles the two arms within about ten seconds: first a straight border, then a bent one, then "
            "the spiral.",
            zh="Adam 在十秒左右就能分开两条螺旋臂：分界线先是直的，随后弯曲，最后卷成螺旋。",
        ),
        group=_FIRST,
        config={"seed": 2, "training": trained("adam", 0.02)},
    ),
    Preset(
        id="xor_linear",
        label=Text(en="Exclusive or without a hidden layer", zh="没有隐藏层的异或"),
        watch=Text(
            en="Whatever the weights, the border is one straight line, so half of the points stay wrong and the loss "
            "stays at ln 2. Add a layer.",
            zh="无论权重如何，分界都只是一条直线：始终约有一半的点被分错，损失停在 ln 2。试着加一个隐藏层。",
        ),
        group=_FIRST,
        config={"data": {"dataset": choice("xor")}, "network": LINEAR},
    ),
    Preset(
        id="xor_hidden",
        label=Text(en="Exclusive or with four hidden units", zh="四个隐藏单元的异或"),
        watch=Text(
            en="Each hidden unit draws one line, and the output combines them: four lines are enough for all points.",
            zh="每个隐藏单元画一条线，输出层把它们组合起来：四条线就足以分对所有的点。",
        ),
        group=_FIRST,
        config={"data": {"dataset": choice("xor")}, "network": network(1, 4)},
    ),
    Preset(
        id="right_inputs",
        label=Text(en="The right inputs instead of depth", zh="好特征胜过深度"),
        watch=Text(
            en="With x₁² and x₂² as inputs a line separates the ring: no hidden layer, three parameters, no error.",
            zh="以 x₁² 和 x₂² 为输入，圆环就线性可分：没有隐藏层、只有三个参数，却没有一个错误。",
        ),
        group=_FIRST,
        config={
            "data": {"dataset": choice("circle"), "features": ["x1_squared", "x2_squared"]},
            "network": LINEAR,
            "training": trained("adam", 0.05),
        },
    ),
    Preset(
        id="digits",
        label=Text(en="Handwritten digits", zh="手写数字"),
        watch=Text(
            en="Strokes appear in the weights of the 32 units, and more than nineteen scans in twenty that it never "
            "saw are read correctly.",
            zh="32 个单元的权重中逐渐出现笔画；从未见过的扫描图，二十张中能认对十九张以上。",
        ),
        group=_FIRST,
        config={
            "data": {"dataset": choice("digits")},
            "network": network(1, 32, **RELU),
            "training": trained("adam", 0.003),
        },
    ),
    Preset(
        id="rate_too_high",
        label=Text(en="Learning rate too high", zh="学习率过大"),
        watch=Text(
            en="The loss is a bowl, and each step lands higher on the opposite slope than it began: it multiplies "
            "until it is no number.",
            zh="损失是一个碗形，每一步都落到对面更高的坡上：损失成倍增长，直到不再是数值。",
        ),
        group=_STEPS,
        config={
            "data": {"dataset": choice("plane")},
            "network": LINEAR,
            "training": trained("sgd", 1.05, batch_size=250),
        },
    ),
    Preset(
        id="rate_too_low",
        label=Text(en="Learning rate too low", zh="学习率过小"),
        watch=Text(
            en="Gradients are there, but the updates are a hundred-thousandth of the weights: the loss hardly moves.",
            zh="梯度并不小，但更新量只有权重的十万分之一左右：损失几乎不动。",
        ),
        group=_STEPS,
        config={"training": trained("sgd", 0.0003)},
    ),
    Preset(
        id="momentum",
        label=Text(en="Momentum through a ravine", zh="动量穿过峡谷"),
        watch=Text(
            en="The squares are far larger than the other inputs, so the loss is a ravine: momentum gathers speed "
            "along it, where plain SGD at the same rate crawls.",
            zh="平方输入比其他输入大得多，损失面是一条峡谷：动量沿谷底加速，而相同学习率的 SGD 只能缓慢爬行。",
        ),
        group=_STEPS,
        config={
            "data": RAVINE,
            "network": LINEAR,
            "training": trained("momentum", 0.0006, batch_size=250),
        },
    ),
    Preset(
        id="batch_of_one",
        label=Text(en="Noise of single samples", zh="单样本的梯度噪声"),
        watch=Text(
            en="With one sample a step the minibatch loss jumps from step to step, yet the smooth trend beneath is "
            "the same. Enlarge the batch.",
            zh="每步只用一个样本，小批量损失逐步跳动，但总的趋势相同。试着增大批量。",
        ),
        group=_STEPS,
        config={
            "data": {"dataset": choice("gaussians", noise=0.3)},
            "network": network(1, 4),
            "training": trained("sgd", 0.1, batch_size=1),
        },
    ),
    Preset(
        id="adagrad_dry",
        label=Text(en="AdaGrad runs dry", zh="AdaGrad 后劲不足"),
        watch=Text(
            en="It divides by all gradients since the first step, so the updates shrink for ever and the loss creeps "
            "where Adam's would have been near zero long ago.",
            zh="它除以自第一步以来全部梯度的累积，更新量只减不增：Adam 的损失早已接近零，它还在缓慢爬行。",
        ),
        group=_STEPS,
        config={"training": trained("adagrad", 0.03)},
    ),
    Preset(
        id="sorted_batches",
        label=Text(en="Batches in the order of the classes", zh="按类别排序的小批量"),
        watch=Text(
            en="First one class only, then only the other: the map swings from all orange to all blue and forgets each "
            "time. Choose shuffled sampling.",
            zh="先全是一类，再全是另一类：决策图在全橙与全蓝之间摆动，学了就忘。试着改用随机打乱的采样。",
        ),
        group=_STEPS,
        config={"training": trained("sgd", 0.3, sampling=choice("sorted"), batch_size=10)},
    ),
)

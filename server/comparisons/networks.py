"""How a network is made: initial weights, activations and normalizations of deep networks."""

from kernels.spec import Text
from server.comparisons.comparison import Claim, Comparison, Outcomes, Side
from server.presets.preset import RELU, Config, choice, network, trained

#: For both sides, so that nothing but the activation differs.
_XAVIER: Config = {"initializer": choice("xavier_uniform")}
_BATCH_NORM: Config = choice("batch_norm")
_GROUP_NORM: Config = choice("group_norm", groups=4)


def _he_learns(outcomes: Outcomes) -> bool:
    xavier, he = (outcome.last("test_accuracy") for outcome in outcomes)
    return xavier < 0.65 and he > 0.95


def _sigmoid_vanishes(outcomes: Outcomes) -> bool:
    """At every point after the start, as there is no gradient before the first step."""
    sigmoid, relu = (outcome.series("gradient_ratio")[1:] for outcome in outcomes)
    return len(sigmoid) == len(relu) > 0 and bool(max(sigmoid) < 0.1 * min(relu))


def _batch_norm_stands_it(outcomes: Outcomes) -> bool:
    plain, normalized = (outcome.last("train_loss") for outcome in outcomes)
    return normalized < 0.3 and plain > 1.5


def _group_norm_stands_small_batches(outcomes: Outcomes) -> bool:
    batch_32, group_32, batch_8, group_8, batch_2, group_2 = (outcome.last("test_accuracy") for outcome in outcomes)
    near = abs(batch_32 - group_32) < 0.06 and abs(batch_8 - group_8) < 0.06
    return near and group_2 > batch_2 + 0.2


def _normalized(normalization: Config, batch_size: int) -> Config:
    return {"network": network(3, 32, **RELU, normalization=normalization), "training": {"batch_size": batch_size}}


def _digits(samples: int) -> Config:
    return {"dataset": choice("digits", samples=samples)}


NETWORKS = (
    Comparison(
        id="xavier_he",
        label=Text(en="Xavier against He, 30 ReLU layers", zh="30 层 ReLU：Xavier 与 He"),
        watch=Text(
            en="ReLU halves the signal: with Xavier's weights the activations fade from layer to layer and nothing is "
            "learned, with He's twice the variance they keep their size through all 30.",
            zh="ReLU 使信号减半：Xavier 初始化时激活值逐层衰减，什么也学不到；He 的方差加倍，激活值穿过 30 层"
            "仍保持大小。",
        ),
        base={
            "data": {"dataset": choice("circle")},
            "network": network(30, 32, **RELU),
            "training": trained("sgd", 0.04),
        },
        sides=(
            Side(
                label=Text(en="Xavier", zh="Xavier"),
                config={"network": network(30, 32, activation=choice("relu"), initializer=choice("xavier_normal"))},
            ),
            Side(label=Text(en="He", zh="He"), config={}),
        ),
        steps=600,
        chart="activations_by_depth",
        quantity="train_loss",
        claim=Claim(
            text=Text(
                en="He classifies more than 95 % of the test points correctly, Xavier no better than a guess "
                "(fewer than 65 %).",
                zh="He 的测试准确率超过 95 %，Xavier 与猜测无异（不到 65 %）。",
            ),
            holds=_he_learns,
        ),
    ),
    Comparison(
        id="sigmoid_relu",
        label=Text(en="Sigmoid against ReLU, six layers", zh="六层网络：sigmoid 与 ReLU"),
        watch=Text(
            en="Every sigmoid layer passes at most a quarter of the gradient on, so the first layers get next to "
            "nothing; through ReLU it arrives nearly undiminished.",
            zh="每个 sigmoid 层至多传回四分之一的梯度，靠前的层几乎得不到梯度；经过 ReLU，梯度几乎不减。",
        ),
        base={
            "data": {"dataset": choice("spiral")},
            "network": network(6, 16, **_XAVIER, activation=choice("relu")),
            "training": trained("sgd", 0.1),
        },
        sides=(
            Side(
                label=Text(en="Sigmoid", zh="sigmoid"),
                config={"network": network(6, 16, **_XAVIER, activation=choice("sigmoid"))},
            ),
            Side(label=Text(en="ReLU", zh="ReLU"), config={}),
        ),
        steps=1600,
        chart="gradients_by_depth",
        quantity="gradient_ratio",
        claim=Claim(
            text=Text(
                en="At every moment the share of the gradient that reaches the first layer is at least ten times as "
                "large with ReLU as it ever is with sigmoids.",
                zh="任何时刻，ReLU 传到第一层的梯度所占的份额都至少是 sigmoid 最大时的十倍。",
            ),
            holds=_sigmoid_vanishes,
        ),
    ),
    Comparison(
        id="batch_norm_rate",
        label=Text(en="Batch norm at a high learning rate", zh="高学习率下的批归一化"),
        watch=Text(
            en="A learning rate of 1 throws the plain network out of every valley; with batch normalization the scale "
            "of the weights does not matter, and it learns at the same rate.",
            zh="学习率为 1 时，普通网络被甩出每一个山谷；有了批归一化，权重的尺度不再要紧，同样的学习率也学得会。",
        ),
        base={
            "data": _digits(1000),
            "network": network(4, 32, **RELU),
            "training": trained("sgd", 1.0),
        },
        sides=(
            Side(label=Text(en="None", zh="无"), config={}),
            Side(
                label=Text(en="Batch norm", zh="批归一化"),
                config={"network": network(4, 32, **RELU, normalization=_BATCH_NORM)},
            ),
        ),
        steps=600,
        quantity="train_loss",
        claim=Claim(
            text=Text(
                en="With batch norm the training loss ends below 0.3, without it above 1.5 or diverged.",
                zh="有批归一化时最终训练损失低于 0.3；没有时高于 1.5，或者发散。",
            ),
            holds=_batch_norm_stands_it,
        ),
    ),
    Comparison(
        id="batch_group_norm",
        label=Text(en="Batch norm against group norm", zh="批归一化与组归一化"),
        watch=Text(
            en="Batch norm takes mean and variance from the batch: fine for 32 samples and for 8, hopeless for 2. "
            "Group norm takes them from each sample, and does not care how many there are.",
            zh="批归一化的均值和方差来自小批量：32 个和 8 个样本时都好，2 个时无法学习；组归一化来自单个样本，"
            "与批量大小无关。",
        ),
        base={"data": _digits(1000), "training": trained("adam", 0.003)},
        sides=tuple(
            Side(label=Text(en=f"{en}, {size}", zh=f"{zh}，{size}"), config=_normalized(normalization, size))
            for size in (32, 8, 2)
            for en, zh, normalization in (("Batch", "批", _BATCH_NORM), ("Group", "组", _GROUP_NORM))
        ),
        clock="samples",
        steps=10_000,
        quantity="test_accuracy",
        claim=Claim(
            text=Text(
                en="With batches of 32 and of 8 their test accuracies are within 6 points of each other; with batches "
                "of 2 group norm is at least 20 points ahead.",
                zh="批量为 32、8 时，两者的测试准确率相差不到 6 个百分点；批量为 2 时，组归一化至少高出 20 个百分点。",
            ),
            holds=_group_norm_stands_small_batches,
        ),
    ),
)

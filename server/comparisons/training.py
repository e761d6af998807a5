"""How a network is trained: optimizers, the order of the samples, and what keeps weights small."""

from typing import Any

from kernels.spec import Text
from server.comparisons.comparison import Claim, Comparison, Outcomes, Side
from server.presets.preset import LINEAR, RAVINE, RELU, choice, network, trained

#: The loss at which the ravine counts as crossed; noise in the data leaves about 0.0024.
_CROSSED = 0.003


def _side(name: str, zh: str | None = None, **training: Any) -> Side:
    """A side that trains otherwise. Names such as SGD are the same in both languages."""
    return Side(label=Text(en=name, zh=zh or name), config={"training": training})


def _momentum_is_faster(outcomes: Outcomes) -> bool:
    sgd, momentum = (outcome.settles("train_loss", _CROSSED) for outcome in outcomes)
    return outcomes[1].last("train_loss") < _CROSSED and momentum < sgd / 2


def _adam_before_rmsprop_before_sgd(outcomes: Outcomes) -> bool:
    sgd, rmsprop, adam = (outcome.last("train_loss") for outcome in outcomes)
    return adam < 0.5 * rmsprop and rmsprop < 0.95 * sgd


def _sorted_learns_nothing(outcomes: Outcomes) -> bool:
    shuffled, in_order = (outcome.last("test_accuracy") for outcome in outcomes)
    return shuffled > 0.7 and in_order < 0.5


def _l1_makes_sparse(outcomes: Outcomes) -> bool:
    l2, l1 = (outcome.last("vanished_weights") for outcome in outcomes)
    accuracies = [outcome.last("test_accuracy") for outcome in outcomes]
    return l1 > 0.5 and l2 < 0.05 and min(accuracies) > 0.95


def _dropout_generalizes(outcomes: Outcomes) -> bool:
    without, dropped = (outcome.last("test_loss") for outcome in outcomes)
    return dropped < 0.7 * without and outcomes[0].last("train_loss") < outcomes[1].last("train_loss")


TRAINING = (
    Comparison(
        id="momentum",
        label=Text(en="Momentum against SGD", zh="动量与 SGD"),
        watch=Text(
            en="The squares are far larger than the other inputs, so the loss is a ravine: SGD crawls along its floor, "
            "while momentum at the same learning rate gathers speed.",
            zh="平方输入比其他输入大得多，损失面是一条峡谷：相同学习率下，SGD 沿谷底缓慢爬行，动量则不断加速。",
        ),
        base={
            "data": RAVINE,
            "network": LINEAR,
            "training": trained("sgd", 0.0006, batch_size=250),
        },
        sides=(
            _side("SGD", **trained("sgd", 0.0006)),
            _side("Momentum", "动量", **trained("momentum", 0.0006)),
        ),
        steps=400,
        quantity="train_loss",
        claim=Claim(
            text=Text(
                en=f"Momentum brings the training loss below {_CROSSED:g} in less than half of SGD's steps.",
                zh=f"动量只用不到 SGD 一半的步数，就把训练损失降到 {_CROSSED:g} 以下。",
            ),
            holds=_momentum_is_faster,
        ),
    ),
    Comparison(
        id="optimizers",
        label=Text(en="SGD, RMSProp, Adam", zh="SGD、RMSProp、Adam"),
        watch=Text(
            en="The same weights at the start, the same batches: SGD hardly finds a slope, RMSProp scales each "
            "weight's step and gets on, and Adam, which has momentum too, untangles the spiral.",
            zh="初始权重与小批量都相同：SGD 几乎找不到坡度；RMSProp 按每个权重调整步长，有所进展；"
            "Adam 再加上动量，分开了螺旋。",
        ),
        base={"data": {"dataset": choice("spiral")}},
        sides=(
            _side("SGD", optimizer=choice("sgd")),
            _side("RMSProp", optimizer=choice("rmsprop")),
            _side("Adam", optimizer=choice("adam")),
        ),
        steps=2000,
        quantity="train_loss",
        claim=Claim(
            text=Text(
                en="Adam's training loss ends below half of RMSProp's, and RMSProp's below SGD's.",
                zh="Adam 的最终训练损失不到 RMSProp 的一半，RMSProp 的又低于 SGD。",
            ),
            holds=_adam_before_rmsprop_before_sgd,
        ),
    ),
    Comparison(
        id="sorted_batches",
        label=Text(en="Shuffled against sorted batches", zh="打乱与按类别排序的小批量"),
        watch=Text(
            en="Batches in the order of the classes hold one class only: the map takes on one colour after the other, "
            "and each undoes what was learned before. Shuffled, the same samples teach all three arms.",
            zh="按类别排序时每批只有一类：决策图轮流变成一种颜色，学了新的就忘了旧的；打乱后，同样的样本能教会三条螺旋臂。",
        ),
        base={"data": {"dataset": choice("three_spirals")}, "training": trained("sgd", 0.3, batch_size=10)},
        sides=(
            _side("Shuffled", "打乱", sampling=choice("shuffled")),
            _side("Sorted", "按类别排序", sampling=choice("sorted")),
        ),
        steps=1600,
        quantity="test_accuracy",
        claim=Claim(
            text=Text(
                en="Shuffled, more than 70 % of the test points end up right; sorted, fewer than 50 %.",
                zh="打乱时最终测试准确率超过 70 %，排序时不到 50 %。",
            ),
            holds=_sorted_learns_nothing,
        ),
    ),
    Comparison(
        id="l1_l2",
        label=Text(en="L1 against L2", zh="L1 与 L2"),
        watch=Text(
            en="L1 pulls every weight with the same force until it is zero, L2 the less the smaller it is: most of "
            "L1's links fade away, L2's only get thinner, and both draw the circle.",
            zh="L1 对每个权重的拉力恒定，直到它归零；L2 的拉力随权重变小而减弱：L1 的连接大多消失，L2 的只是变细，"
            "而两者都画得出圆。",
        ),
        base={
            "data": {"dataset": choice("circle")},
            "network": network(2, 16),
            "training": trained("sgd", 0.1),
        },
        sides=(
            _side("L2", regularizers=[choice("l2", rate=0.003)]),
            _side("L1", regularizers=[choice("l1", rate=0.003)]),
        ),
        steps=2400,
        chart="weights",
        quantity="vanished_weights",
        claim=Claim(
            text=Text(
                en="With L1 more than half of the weights vanish, with L2 hardly any (fewer than 5 %); both classify "
                "95 % of the test points correctly.",
                zh="L1 使一半以上的权重趋于零，L2 几乎没有（不到 5 %）；两者的测试准确率都在 95 % 以上。",
            ),
            holds=_l1_makes_sparse,
        ),
    ),
    Comparison(
        id="dropout",
        label=Text(en="Dropout against none", zh="随机失活与不用"),
        watch=Text(
            en="100 noisy points, 1,185 parameters: without dropout the test loss turns and rises while islands appear "
            "around single points; with it the border stays smooth and the test loss low.",
            zh="100 个带噪声的点，1,185 个参数：不用随机失活时测试损失掉头上升，单个点周围出现孤岛；"
            "使用后分界线平滑，测试损失较低。",
        ),
        base={
            "data": {"dataset": choice("gaussians", samples=500, noise=0.5), "train_share": 0.2},
            "network": network(2, 32, **RELU),
        },
        sides=(
            Side(label=Text(en="No dropout", zh="不用"), config={}),
            Side(
                label=Text(en="Dropout 0.5", zh="随机失活 0.5"), config={"network": network(2, 32, dropout=0.5, **RELU)}
            ),
        ),
        steps=1600,
        quantity="test_loss",
        claim=Claim(
            text=Text(
                en="Dropout's training loss ends higher, but its test loss at least 30 % lower.",
                zh="使用随机失活时，最终训练损失更高，测试损失却至少低 30 %。",
            ),
            holds=_dropout_generalizes,
        ),
    ),
)

"""The trainings of networks on images of which PyTorch's trajectories are kept: what both sides build from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kernels.network import (
    Choice,
    ConvSpec,
    DenseSpec,
    GlobalPoolSpec,
    LayerSpec,
    NetworkSpec,
    PoolSpec,
    TrainingData,
    TrainingSpec,
)
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, TANH, XAVIER, make_data

STEPS, SAMPLES, CLASSES = 50, 26, 3
#: After which steps the parameters are kept.
KEPT = (1, 2, 3, 5, 10, 20, 35, 50)
RELU, HE = Choice("relu"), Choice("he_normal")


@dataclass(frozen=True)
class ImageCase:
    """A network on images of that shape and how it is trained; 26 samples, so that an epoch's last batch is smaller."""

    name: str
    shape: tuple[int, int, int]
    layers: tuple[LayerSpec, ...]
    optimizer: str = "momentum"
    batch_size: int = 8

    @property
    def spec(self) -> NetworkSpec:
        """The network, with three classes."""
        return NetworkSpec(self.shape, self.layers, CLASSES, XAVIER)

    @property
    def path(self) -> Path:
        """The file of the case."""
        return Path(__file__).parent / "images" / f"{self.name}.npz"

    def data(self) -> TrainingData:
        """The samples: random pixels, of which the first and the last tell the class."""
        return make_data("multiclass", SAMPLES, self.spec.inputs, seed=3)

    def build(self) -> Trainer:
        """The network in training."""
        training = TrainingSpec(Choice("softmax_cross_entropy"), Choice(self.optimizer), CONSTANT, (), self.batch_size)
        return Trainer(self.spec, training, self.data(), seed=11)


def _normalized(name: str, **params: float) -> tuple[LayerSpec, ...]:
    normalization = Choice(name, params)
    return (
        ConvSpec(4, 3, TANH, XAVIER, normalization=normalization),
        PoolSpec("max", 2, 2),
        ConvSpec(4, 2, TANH, XAVIER, normalization=normalization),
    )


_BATCH = Choice("batch_norm")
IMAGE_CASES = (
    ImageCase("sgd-kernel3", (1, 8, 8), (ConvSpec(4, 3, TANH, XAVIER), PoolSpec("max", 2, 2)), "sgd"),
    ImageCase(
        "adam-two_pools",
        (1, 8, 8),
        (
            ConvSpec(3, 3, RELU, HE),
            PoolSpec("max", 2, 2),
            ConvSpec(5, 3, RELU, HE),
            PoolSpec("max", 2, 2),
        ),
        "adam",
    ),
    ImageCase(
        "momentum-kernel5_valid_odd",
        (2, 9, 7),
        (ConvSpec(4, 5, TANH, XAVIER, padding="valid"), PoolSpec("mean", 2, 2), DenseSpec(5, TANH, XAVIER)),
    ),
    ImageCase(
        "momentum-kernel4_stride2_same",
        (3, 7, 6),
        (ConvSpec(4, 4, TANH, XAVIER, stride=2), ConvSpec(4, 2, TANH, XAVIER)),
    ),
    ImageCase("sgd-kernel7_stride3_padding3", (1, 10, 11), (ConvSpec(3, 7, TANH, XAVIER, stride=3, padding=3),), "sgd"),
    ImageCase(
        "adam-kernel1_then_2",
        (3, 5, 5),
        (ConvSpec(4, 1, TANH, XAVIER), ConvSpec(3, 2, TANH, XAVIER, padding=1, stride=2)),
        "adam",
    ),
    ImageCase("sgd-batch_of_one", (1, 6, 6), (ConvSpec(3, 3, TANH, XAVIER), PoolSpec("max", 2, 2)), "sgd", 1),
    ImageCase(
        "adam-global_pool",
        (2, 6, 6),
        (ConvSpec(4, 3, TANH, XAVIER), ConvSpec(6, 3, TANH, XAVIER, padding="valid"), GlobalPoolSpec()),
        "adam",
    ),
    ImageCase(
        "momentum-pools_overlapping",
        (1, 9, 6),
        (ConvSpec(4, 3, TANH, XAVIER), PoolSpec("max", 3, 2), PoolSpec("mean", 2, 1)),
    ),
    ImageCase("momentum-batch_norm", (2, 6, 6), _normalized("batch_norm")),
    ImageCase("sgd-batch_norm_after", (2, 6, 6), _normalized("batch_norm", position=1), "sgd"),
    ImageCase("momentum-layer_norm", (2, 6, 6), _normalized("layer_norm")),
    ImageCase("adam-group_norm", (2, 6, 6), _normalized("group_norm", groups=2), "adam"),
    ImageCase("sgd-instance_norm", (2, 6, 6), _normalized("instance_norm"), "sgd"),
    ImageCase("momentum-weight_norm", (2, 6, 6), _normalized("weight_norm")),
    ImageCase("momentum-prelu", (2, 6, 6), (ConvSpec(4, 3, Choice("prelu", {"sharing": 1}), HE), GlobalPoolSpec())),
    ImageCase(
        "adam-skip",
        (1, 6, 6),
        (
            ConvSpec(4, 3, TANH, XAVIER),
            ConvSpec(4, 3, TANH, XAVIER),
            ConvSpec(4, 3, TANH, XAVIER, skip=2),
            PoolSpec("max", 2, 2),
        ),
        "adam",
    ),
    ImageCase(
        "momentum-residual_batch_norm",
        (2, 6, 5),
        (
            ConvSpec(3, 3, TANH, XAVIER, normalization=_BATCH),
            ConvSpec(3, 3, TANH, XAVIER, normalization=_BATCH),
            ConvSpec(3, 3, TANH, XAVIER, normalization=_BATCH, skip=2),
            ConvSpec(3, 3, TANH, XAVIER, normalization=_BATCH, skip=1),
            GlobalPoolSpec(),
        ),
    ),
    ImageCase(
        "momentum-lenet",
        (1, 12, 12),
        (
            ConvSpec(2, 5, TANH, XAVIER),
            PoolSpec("mean", 2, 2),
            ConvSpec(3, 5, TANH, XAVIER, padding="valid"),
            PoolSpec("mean", 2, 2),
            DenseSpec(6, TANH, XAVIER),
            DenseSpec(5, TANH, XAVIER),
        ),
    ),
)

"""Well-known sets of images that are read from files which a person has, or fetches: MNIST, Fashion-MNIST, CIFAR-10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from kernels.spec import Param, Text
from server.datasets import storage
from server.datasets.dataset import Dataset, Samples, image_samples
from server.datasets.originals import Labelled, read_cifar10, read_idx
from server.datasets.storage import Stored


@dataclass(frozen=True)
class Source:
    """A file to fetch: its name, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class FileSet(Dataset):
    """A set of images that lies in files. `read` takes files or folders; `mirrors` are where all `sources` lie."""

    read: Callable[[Sequence[Path]], Labelled]
    mirrors: tuple[str, ...]
    sources: tuple[Source, ...]

    def stored(self) -> Stored | None:
        """The images, if they have been added."""
        return storage.find(self.id, self.inputs, self.classes)

    def of(self, stored: Stored, params: Mapping[str, float]) -> Dataset:
        """The data set with these images in it, in random order or, where `params` say so, in that of the files."""

        def sampler(_rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
            return stored.images, stored.labels.astype(np.float32)

        return replace(self, sampler=sampler, ordered=params["order"] == 1)

    @property
    def absence(self) -> Text:
        """What to do where there are none."""
        return Text(
            en=f"Its files are not on this server. Fetch them: livegrad data get {self.id}. Or read your own: "
            f"livegrad data add {self.id} PATH",
            zh=f"本服务器上没有它的文件。下载：livegrad data get {self.id}。已有文件：livegrad data add {self.id} 路径",
        )


def _nothing(_rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
    raise FileNotFoundError("the images come with the choice of them")


ORDER = Param(
    id="order",
    label=Text(en="Split", zh="划分"),
    help=Text(
        en="At random, or as the files have it: the first images to train on, the last to test on, the split of all "
        "published results.",
        zh="随机划分，或按文件顺序：前面的用于训练，末尾的用于测试，即已发表结果所用的划分。",
    ),
    default=0,
    minimum=0,
    maximum=1,
    integer=True,
    live=False,
    choices=(("random", Text(en="at random", zh="随机")), ("files", Text(en="as in the files", zh="按文件顺序"))),
)

_read_28 = partial(read_idx, width=28, height=28, classes=10)

FILE_SETS: tuple[FileSet, ...] = (
    FileSet(
        id="mnist",
        label=Text(en="MNIST", zh="MNIST"),
        help=Text(
            en="70,000 scans of handwritten digits on 28 × 28 pixels: what most networks of textbooks are tried on.",
            zh="70,000 张 28 × 28 像素的手写数字扫描图：教科书中最常用的数据集。",
        ),
        formula=r"\mathbf{x} \in [0, 1]^{28 \times 28},\quad y \in \{0, \dots, 9\}",
        source="LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition",
        params=(image_samples(10_000, 20_000), ORDER),
        task="multiclass",
        classes=10,
        class_names=tuple("0123456789"),
        kind="images",
        width=28,
        height=28,
        sampler=_nothing,
        read=_read_28,
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        sources=(
            Source(
                "train-images-idx3-ubyte.gz",
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            Source(
                "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881
            ),
            Source(
                "t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            Source(
                "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542
            ),
        ),
    ),
    FileSet(
        id="fashion_mnist",
        label=Text(en="Fashion-MNIST", zh="Fashion-MNIST"),
        help=Text(
            en="70,000 pictures of ten kinds of clothing on 28 × 28 pixels: as MNIST, but harder.",
            zh="70,000 张 28 × 28 像素的十类服装图片：与 MNIST 相同的格式，但更难。",
        ),
        formula=r"\mathbf{x} \in [0, 1]^{28 \times 28},\quad y \in \{0, \dots, 9\}",
        source="Xiao, Rasul & Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking",
        params=(image_samples(10_000, 20_000), ORDER),
        task="multiclass",
        classes=10,
        class_names=(
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "boot",
        ),
        kind="images",
        width=28,
        height=28,
        sampler=_nothing,
        read=_read_28,
        mirrors=(
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        sources=(
            Source(
                "train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            Source(
                "train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515
            ),
            Source(
                "t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            Source(
                "t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148
            ),
        ),
    ),
    FileSet(
        id="cifar10",
        label=Text(en="CIFAR-10", zh="CIFAR-10"),
        help=Text(
            en="60,000 photographs of animals and vehicles on 32 × 32 pixels, in colour: three channels go in.",
            zh="60,000 张 32 × 32 像素的动物与交通工具彩色照片：输入有三个通道。",
        ),
        formula=r"\mathbf{x} \in [0, 1]^{3 \times 32 \times 32},\quad y \in \{0, \dots, 9\}",
        source="Krizhevsky (2009), Learning multiple layers of features from tiny images",
        params=(image_samples(5_000, 10_000), ORDER),
        task="multiclass",
        classes=10,
        class_names=("airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        kind="images",
        width=32,
        height=32,
        channels=3,
        sampler=_nothing,
        read=read_cifar10,
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        sources=(
            Source(
                "cifar-10-binary.tar.gz",
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170_052_171,
            ),
        ),
    ),
)

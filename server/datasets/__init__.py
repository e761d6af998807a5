"""The data sets that a person can choose: a registry family like the others.

It is kept here, and not in kernels, because kernels know numbers only.

To add one, write it in the file of its kind and name it in that file's tuple.
"""

from kernels.spec import Family, Text
from server.datasets.classification import CLASSIFICATION
from server.datasets.dataset import Dataset, Task
from server.datasets.digits import IMAGES
from server.datasets.files import FILE_SETS
from server.datasets.own import OWN
from server.datasets.regression import REGRESSION
from server.datasets.shapes import SHAPES
from server.datasets.strokes import STROKES

__all__ = ["DATASETS", "Dataset", "Task"]

DATASETS: Family[Dataset] = Family(
    "datasets",
    Text(en="Data set", zh="数据集"),
    Text(
        en="What the network learns from: points on the plane, images, or a table of one's own.",
        zh="网络学习的内容：平面上的点、图像，或自己的表格。",
    ),
    (*CLASSIFICATION, *REGRESSION, *IMAGES, SHAPES, STROKES, *FILE_SETS, *OWN),
    live=False,
)

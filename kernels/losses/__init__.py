"""Loss functions, computed from the last layer's weighted sums (logits): a file for each kind, one entry each.

To add one: write its kernel, its reference and its entry into the file of its kind. Nothing else needs to be touched.
"""

from kernels.losses.cross_entropies import CROSS_ENTROPIES
from kernels.losses.distances import DISTANCES
from kernels.losses.loss import Loss, Task
from kernels.losses.margins import MARGINS
from kernels.spec import Family

__all__ = ["LOSSES", "Loss", "Task", "default_loss"]

LOSSES = Family(
    "losses",
    {"en": "Loss", "zh": "损失函数"},
    {
        "en": "The one number that training makes small.",
        "zh": "训练的目标：使它尽可能小。",
    },
    (*DISTANCES, *CROSS_ENTROPIES, *MARGINS),
    live=True,
)


def default_loss(task: Task) -> str:
    """The id of the loss that a task starts with."""
    return next(loss.id for loss in LOSSES if task in loss.default_for)

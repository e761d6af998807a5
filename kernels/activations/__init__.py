"""Activation functions: a small file for each group, one entry each.

The truth of an activation is its `expression` in x and its parameters: the formula shown, the reference derivative and
the browser's twin are derived from it, and the kernels are checked against it. Gates of several weighted sums a unit
have an expression that takes one after the other instead.

To add one: write its two kernels and its entry into the file of its group. Nothing else needs to be touched. The loops
must vectorize, so they call nothing but `kernels.elementary`, and a NaN must stay one, so a comparison that fails for
NaN must end at z itself. A new group is a file, and a line below.
"""

from kernels.activations.activation import Activation
from kernels.activations.learned import LEARNED
from kernels.activations.rectifiers import RECTIFIERS
from kernels.activations.sigmoids import SIGMOIDS
from kernels.activations.smooth import SMOOTH
from kernels.activations.thresholds import THRESHOLDS
from kernels.spec import Family

__all__ = ["ACTIVATIONS", "Activation"]

ACTIVATIONS = Family(
    "activations",
    {"en": "Activation", "zh": "激活函数"},
    {
        "en": "The nonlinearity between layers; without one, any stack of layers is a single linear map.",
        "zh": "层与层之间的非线性；没有它，再多的层也只等于一个线性映射。",
    },
    (*THRESHOLDS, *SIGMOIDS, *RECTIFIERS, *SMOOTH, *LEARNED),
    live=False,
)

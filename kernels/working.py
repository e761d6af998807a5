"""A formula taken apart into lines that can be calculated one after the other, with the numbers of a step in them.

An expression is written in a small part of Python: `+ - * / **`, comparisons, numbers, names, and the functions below.
The page shows it in symbols and with numbers, and calculates it; tests evaluate the same text against the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Line:
    """One line: `name` becomes what `expression` says of the names before it; where `when` is given, only if it holds.

    An expression may call `sqrt abs exp log sign min max where(condition, then, otherwise) logistic log1pexp`; for an
    optimizer `norm` of a tensor's elements; for a loss `mean`, `total`, `largest` and `softmax` over the outputs.
    """

    name: str
    expression: str
    when: str = ""


@dataclass(frozen=True)
class Working:
    """The lines of a formula. `symbols` is the LaTeX of names where it is not the usual one of `SYMBOLS`.

    The parameters in `weights_only` are zero for whatever is not a weight: they leave biases alone.
    """

    lines: tuple[Line, ...]
    symbols: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    weights_only: tuple[str, ...] = ()

    def symbol(self, name: str) -> str:
        """The LaTeX of a name. Raises KeyError for one without."""
        return self.symbols[name] if name in self.symbols else SYMBOLS[name]


#: What names usually look like. Of an optimizer: w is the parameter that moves, g its gradient, t counts steps from 1.
#: Of a loss: z is an output and y its target, d the loss's gradient in z, n the samples of the batch, K the outputs.
SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "w": r"\theta",
        "g": "g",
        "t": "t",
        "learning_rate": r"\eta",
        "momentum": r"\alpha",
        "dampening": "d",
        "beta1": r"\beta_1",
        "beta2": r"\beta_2",
        "rho": r"\rho",
        "epsilon": r"\varepsilon",
        "weight_decay": r"\lambda",
        "velocity": "v",
        "first_moment": "m",
        "second_moment": "v",
        "mean_of_squares": "r",
        "m_hat": r"\hat m",
        "v_hat": r"\hat v",
        "z": "z_k",
        "y": "y_k",
        "n": "n",
        "K": "K",
        "loss": "L",
        "d": r"\frac{\partial L}{\partial z_k}",
        "error": "e_k",
        "margin": "m_k",
        "label_smoothing": r"\varepsilon",
    }
)


#: What an expression may call.
FUNCTIONS = frozenset(
    {
        "sqrt",
        "abs",
        "exp",
        "log",
        "sign",
        "min",
        "max",
        "where",
        "logistic",
        "log1pexp",
        "norm",
        "mean",
        "total",
        "largest",
        "softmax",
    }
)


def slot_name(slot: str) -> str:
    """The name in an expression of an optimizer's slot or scalar, such as "first moment"."""
    return slot.replace(" ", "_")

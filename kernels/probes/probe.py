"""What a probe is: something about a network in training that is measured only while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from kernels.layout import Layout, Tensor
from kernels.network import Floats
from kernels.probes.specimen import Specimen
from kernels.spec import Text, Variant

#: Where a page shows a probe.
Topic = Literal["activations", "gradients", "optimizer", "normalization", "curvature"]
#: How it is best drawn: each quantity as a line over time, a histogram over time, which units take part in the coming
#: step, or numbers for every unit of a layer.
Chart = Literal["lines", "ridge", "mask", "units"]


@dataclass(frozen=True)
class Row:
    """What a row of a measurement is about: the run, a layer (the first hidden one is 1, 0 the inputs), or a tensor."""

    layer: int | None = None
    tensor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number that is measured for every row. `scale` says which axis suits it; `unit` "%": 0.1 is shown as 10 %.

    `symbol` stands at its axis, where it says more than the label; what follows "_" is a subscript, of several signs in
    braces. `against` names the quantity that it is read against, on the same axis.
    """

    id: str
    label: Text
    scale: Literal["linear", "log"] = "linear"
    unit: Literal["", "%"] = ""
    symbol: str = ""
    against: str | None = None


@dataclass(frozen=True, kw_only=True)
class Probe(Variant):
    """A measurement that costs something.

    `measure` gives float32 [rows, quantities], NaN where a number is not defined; it changes nothing that is trained.
    `rows` names the rows for a layout. Behind the `quantities` come, one array after the other, as many of each of the
    quantities `arrays` as `length` says: the counts of a histogram, a number for every unit.
    """

    topic: Topic
    chart: Chart
    rows: Callable[[Layout], tuple[Row, ...]]
    quantities: tuple[Quantity, ...]
    measure: Callable[[Specimen], Floats]
    arrays: tuple[Quantity, ...] = ()
    length: Callable[[Layout], int] = lambda _: 0

    def width(self, layout: Layout) -> int:
        """How many numbers a row has."""
        return len(self.quantities) + len(self.arrays) * self.length(layout)

    def as_dict(self, layout: Layout) -> dict[str, Any]:
        """How to read its measurements, as a viewer gets it: `length` numbers of each array follow the quantities."""
        return {
            "rows": [asdict(row) for row in self.rows(layout)],
            "quantities": [quantity.id for quantity in self.quantities],
            "arrays": [quantity.id for quantity in self.arrays],
            "length": self.length(layout),
        }


def of_run(_: Layout) -> tuple[Row, ...]:
    """One row, for the run."""
    return (Row(),)


def of_layers(layout: Layout) -> tuple[Row, ...]:
    """A row for every layer, the output last."""
    return tuple(Row(layer=number) for number in range(1, len(layout.layer_names) + 1))


def of_weights(layout: Layout) -> tuple[Row, ...]:
    """A row for every tensor of weights."""
    return tuple(Row(layer=tensor.layer, tensor=tensor.name) for tensor in weights_of(layout))


def weights_of(layout: Layout) -> list[Tensor]:
    """The tensors of weights, in the layers' order."""
    return [tensor for tensor in layout.tensors if tensor.role == "weight"]

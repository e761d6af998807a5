"""The layers of a network as layout and table see them: their choices looked up, their shapes inferred."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from kernels.activations import ACTIVATIONS, Activation
from kernels.network import Choice, ConvSpec, LayerSpec, NetworkSpec, WeightedSpec
from kernels.normalizations import NORMALIZATIONS, Normalization
from kernels.shapes import Stage, stages


@dataclass(frozen=True)
class Layer:
    """One layer, hidden or output: what it does, and its choices with their parameters' values in declared order."""

    stage: Stage
    activation: Activation
    activation_values: tuple[float, ...]
    normalization: Normalization
    normalization_values: tuple[float, ...]

    @property
    def name(self) -> str:
        """The name under which its tensors are known."""
        return self.stage.name

    @property
    def inputs(self) -> int:
        """How many numbers come in."""
        return math.prod(self.stage.input_shape)

    @property
    def pixels(self) -> int:
        """How many numbers of a sample each unit puts out: 1, or the pixels of a channel."""
        return math.prod(self.stage.shape[1:])

    @property
    def units(self) -> int:
        """How many units, or channels, it puts out."""
        return self.stage.shape[0]

    @property
    def sums(self) -> int:
        """How many weighted sums there are at each pixel."""
        return self.units * self.stage.pieces

    @property
    def after(self) -> bool:
        """Whether the normalization stands behind the activation."""
        return self.normalization.after(self.normalization_values)

    @property
    def normalized(self) -> int:
        """How many units, or channels, are normalized; 0 where none is."""
        if self.normalization.forward is None:
            return 0
        return self.units if self.after else self.sums

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """The shape of its weights: of a convolution [filters, channels, y, x]."""
        if self.stage.kind == "conv":
            return (self.sums, self.stage.input_shape[0], self.stage.kernel, self.stage.kernel)
        return (self.sums, self.inputs)

    @property
    def fan_in(self) -> int:
        """How many weights a sum has."""
        return math.prod(self.weight_shape[1:])

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Role and shape of all that is trained besides the weights."""
        if not self.stage.pieces:
            return
        if not self.normalized or self.after:
            yield "bias", (self.sums,)
        if self.normalized:
            yield "gamma", (self.normalized,)
            yield "beta", (self.normalized,)
        if self.normalization.weigh is not None:
            yield "gain", (self.sums,)
        if self.activation.learned is not None:
            yield self.activation.learned, (self.activation.learned_size(self.units, self.activation_values),)


def groups_of(layer: LayerSpec) -> tuple[int, int]:
    """Into how many groups the layer's normalization parts how many numbers; it can only if the one divides the other.

    Of an image, the groups are of channels. Raises ValueError or KeyError for choices that do not exist.
    """
    if not isinstance(layer, WeightedSpec):
        return 1, 0
    units = layer.filters if isinstance(layer, ConvSpec) else layer.units
    activation, normalization = ACTIVATIONS[layer.activation.id], NORMALIZATIONS[layer.normalization.id]
    values = normalization.values(layer.normalization.params)
    pieces = activation.pieces(activation.values(layer.activation.params))
    width = units if normalization.after(values) else units * pieces
    return normalization.groups(values), 0 if normalization.forward is None else width


def layers_of(network: NetworkSpec) -> list[Layer]:
    """All layers of a network, the output last. Raises Unfit for the first that does not fit."""
    layers = []
    for stage, layer in zip_longest(stages(network), network.layers):
        activated, normalized = Choice("linear"), Choice("none")
        if isinstance(layer, WeightedSpec):
            activated, normalized = layer.activation, layer.normalization
        activation, normalization = ACTIVATIONS[activated.id], NORMALIZATIONS[normalized.id]
        values = activation.values(activated.params), normalization.values(normalized.params)
        layers.append(Layer(stage, activation, values[0], normalization, values[1]))
    return layers

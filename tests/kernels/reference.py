"""A network in float64 NumPy, as one would write it on a blackboard: the truth for the kernels.

Samples come first here: x [samples, inputs], w [units, inputs], z = x w' + b; images are [samples, channels, height,
width], see `reference_images`. Activations come from their SymPy expression, losses, normalizations, penalties and
optimizers from their variant's `reference`, so whatever the registry gets is covered. Where a variant tells a value
only, its gradient is taken by central differences.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS
from kernels.layout import Tensor
from kernels.losses import LOSSES
from kernels.network import (
    Choice,
    ConvSpec,
    DenseSpec,
    GlobalPoolSpec,
    LayerSpec,
    NetworkSpec,
    PoolSpec,
    WeightedSpec,
)
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.schedules import SCHEDULES, Schedule
from kernels.spec import Variant
from kernels.trainer import Trainer
from tests.kernels import reference_images as images

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


def slope(function: Callable[[Array], float], at: Array, h: float = 1e-6) -> Array:
    """The gradient of `function` at a point, by central differences: one element after the other, up and down by h."""
    gradient = np.empty_like(at)
    for i in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (function(up) - function(down)) / (2 * h)
    return gradient


def _slope_by_rows(function: Function, at: Array, h: float = 1e-6) -> Array:
    """`slope` of the sum of a function that takes every row by itself: a column at a time, of all rows at once."""
    gradient = np.empty_like(at)
    for column in range(at.shape[1]):
        up, down = at.copy(), at.copy()
        up[:, column] += h
        down[:, column] -= h
        gradient[:, column] = (function(up) - function(down)).sum(axis=1) / (2 * h)
    return gradient


def named(variant: Variant, choice: Choice) -> dict[str, float]:
    """A choice's parameters by name, defaults filled in."""
    return {param.id: value for param, value in zip(variant.params, variant.values(choice.params), strict=True)}


@functools.cache
def _formula(expression: str, params: tuple[tuple[str, float], ...]) -> tuple[Function, Function]:
    x = sympy.Symbol("x", real=True)
    symbols = {"x": x} | {name: sympy.Symbol(name, real=True) for name, _ in params}
    f = sympy.sympify(expression, locals=symbols).subs({symbols[name]: value for name, value in params})

    def compiled(formula: sympy.Expr) -> Function:
        function = sympy.lambdify(x, formula, ["scipy", "numpy"])

        def apply(z: Array) -> Array:
            with np.errstate(over="ignore", invalid="ignore"):
                value = np.array(np.broadcast_to(function(z), z.shape), np.float64)
            # Where floats overflow on the way to a finite result, as e^1000 / (1 + e^1000)^2 does, SymPy does not.
            for i in np.argwhere(~np.isfinite(value) & np.isfinite(z)):
                value[tuple(i)] = float(formula.subs(x, float(z[tuple(i)])).evalf())
            return value

        return apply

    return compiled(f), compiled(sympy.diff(f, x))


@functools.cache
def _schedule(expression: str, names: tuple[str, ...]) -> Callable[..., float]:
    symbols = {name: sympy.Symbol(name, real=True) for name in ("t", *names)}
    function: Callable[..., float] = sympy.lambdify(
        list(symbols.values()), sympy.sympify(expression, locals=symbols), "numpy"
    )
    return function


def scheduled(schedule: Schedule, step: int, values: Sequence[float], **more: float) -> float:
    """A schedule's value from its expression; `more` is what its family adds to the parameters."""
    names = tuple(param.id for param in schedule.params)
    numbers = [np.float64(number) for number in (step, *values, *more.values())]
    with np.errstate(over="ignore"):
        return float(_schedule(schedule.expression, (*names, *more))(*numbers))


def activation(choice: Choice) -> tuple[Function, Function]:
    """An activation and its derivative, from its formula."""
    variant = ACTIVATIONS[choice.id]
    assert variant.expression is not None
    return _formula(variant.expression, tuple(named(variant, choice).items()))


@dataclass(frozen=True)
class Masks:
    """What dropout multiplies by in one step: 0, or 1 / (1 - rate); one array a hidden layer, or none at all."""

    units: Sequence[Array | float] = ()  # [samples, units], or [samples, channels, height, width]
    weights: Sequence[Array | float] = ()  # as the weights
    inputs: Array | float = 1.0  # [samples, inputs]


@dataclass
class Trace:
    """What one layer remembers of a forward pass, for the way back; a pool has nothing but what came in."""

    x: Array
    weights: Array = field(default_factory=lambda: np.zeros(0))  # in effect: [sums, inputs], or filters
    sums: Array = field(default_factory=lambda: np.zeros(0))  # w x + b
    z: Array = field(default_factory=lambda: np.zeros(0))  # what enters the activation
    a: Array = field(default_factory=lambda: np.zeros(0))  # what leaves it
    mask: Array | float = 1.0
    weight_mask: Array | float = 1.0


_OUTPUT = DenseSpec(0, Choice("linear"), Choice("zeros"))


def _over_units(values: Array, x: Array) -> Array:
    """One number a unit or channel, to be added to each of its pixels."""
    return values.reshape(-1, *[1] * (x.ndim - 2))


def _by_pixels(x: Array) -> Array:
    """Every pixel as a sample of its own: [samples * height * width, channels]; a vector stays what it is."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _as_images(rows: Array, like: Array) -> Array:
    """Back from `_by_pixels`."""
    return np.moveaxis(rows.reshape(len(like), *like.shape[2:], rows.shape[1]), -1, 1)


@dataclass
class Network:
    """The network: `parameters` and `running` by the layout's names."""

    spec: NetworkSpec
    parameters: dict[str, Array]
    running: dict[str, Array]
    trace: list[Trace] = field(default_factory=list)

    @property
    def _layers(self) -> list[tuple[str, LayerSpec]]:
        return [*((f"layer{i}", layer) for i, layer in enumerate(self.spec.layers, start=1)), ("output", _OUTPUT)]

    def forward(self, x: Array, training: bool, masks: Masks | None = None) -> Array:
        """From inputs [samples, inputs] to logits [samples, outputs]."""
        self.trace = []
        masks = masks or Masks()
        x = (x * masks.inputs).reshape(len(x), *self.spec.shape)
        for i, (name, layer) in enumerate(self._layers):
            if isinstance(layer, PoolSpec | GlobalPoolSpec):
                self.trace.append(Trace(x))
                if isinstance(layer, PoolSpec):
                    x = images.pool(x, layer.pooling, layer.size, layer.stride)
                else:
                    x = images.pool_all(x)
                continue
            weight_mask = masks.weights[i] if i < len(masks.weights) else 1.0
            weights = self._weights(name, layer) * weight_mask
            if isinstance(layer, ConvSpec):
                padding = images.padding_of(layer.padding, layer.kernel)
                sums = images.convolve(x, weights, layer.stride, padding)
            else:
                sums = x.reshape(len(x), -1) @ weights.T
            if f"{name}.bias" in self.parameters:
                sums = sums + _over_units(self.parameters[f"{name}.bias"], sums)
            after = self._after(layer)
            z = sums if after else self._normalize(name, layer.normalization, sums, training)
            mask = masks.units[i] if i < len(masks.units) else 1.0
            self.trace.append(Trace(x, weights, sums, mask=mask, weight_mask=weight_mask))
            if layer.skip:
                z = z + self.trace[-layer.skip].x
            a = self._activate(name, layer.activation, z)
            self.trace[-1].z, self.trace[-1].a = z, a
            x = (self._normalize(name, layer.normalization, a, training) if after else a) * mask
        return x

    def backward(self, d: Array) -> dict[str, Array]:
        """From the loss's gradient in the logits to that in every parameter: the chain rule, last layer first."""
        gradients: dict[str, Array] = {}
        skipped: dict[int, Array] = {}  # what arrives past a block, by the first of its layers
        for i, (name, layer) in reversed(list(enumerate(self._layers))):
            seen = self.trace[i]
            if isinstance(layer, PoolSpec):
                d = images.pool_back(seen.x, d, layer.pooling, layer.size, layer.stride)
            elif isinstance(layer, GlobalPoolSpec):
                d = images.pool_all_back(seen.x, d)
            else:
                d = self._through_choices(i, name, layer, d, gradients, skipped)
                if isinstance(layer, ConvSpec):
                    padding = images.padding_of(layer.padding, layer.kernel)
                    d, in_weights = images.convolve_back(seen.x, seen.weights, d, layer.stride, padding)
                else:
                    d, in_weights = d @ seen.weights, d.T @ seen.x.reshape(len(d), -1)
                self._weights_back(name, layer, in_weights * seen.weight_mask, gradients)
            d = d.reshape(seen.x.shape) + skipped.get(i, 0.0)
        return gradients

    def _through_choices(
        self,
        i: int,
        name: str,
        layer: WeightedSpec,
        d: Array,
        gradients: dict[str, Array],
        skipped: dict[int, Array],
    ) -> Array:
        """From the gradient in what left a layer to that in its sums; that of its skip connection goes to `skipped`."""
        seen, after = self.trace[i], self._after(layer)
        d = d * seen.mask
        if after:
            d = self._normalize_back(name, layer.normalization, seen.a, d, gradients)
        d = self._activate_back(name, layer.activation, seen.z, d, gradients)
        if layer.skip:
            first = i + 1 - layer.skip
            skipped[first] = skipped.get(first, 0.0) + d
        if not after:
            d = self._normalize_back(name, layer.normalization, seen.sums, d, gradients)
        if f"{name}.bias" in self.parameters:
            gradients[f"{name}.bias"] = _by_pixels(d).sum(axis=0)
        return d

    @staticmethod
    def _after(layer: WeightedSpec) -> bool:
        variant = NORMALIZATIONS[layer.normalization.id]
        return variant.after(variant.values(layer.normalization.params))

    def _weights(self, name: str, layer: WeightedSpec) -> Array:
        reference = NORMALIZATIONS[layer.normalization.id].weight_reference
        w = self.parameters[f"{name}.weight"]
        if reference is None:
            return w
        return reference(w.reshape(len(w), -1), self.parameters[f"{name}.gain"]).reshape(w.shape)

    def _weights_back(self, name: str, layer: WeightedSpec, d: Array, gradients: dict[str, Array]) -> None:
        reference = NORMALIZATIONS[layer.normalization.id].weight_reference
        if reference is None:
            gradients[f"{name}.weight"] = d
            return
        w, gain = self.parameters[f"{name}.weight"], self.parameters[f"{name}.gain"]
        matrix, d = w.reshape(len(w), -1), d.reshape(len(d), -1)
        in_matrix = slope(lambda at: float(np.sum(d * reference(at, gain))), matrix)
        gradients[f"{name}.weight"] = in_matrix.reshape(w.shape)
        gradients[f"{name}.gain"] = slope(lambda at: float(np.sum(d * reference(matrix, at))), gain)

    def _activate(self, name: str, choice: Choice, z: Array) -> Array:
        variant = ACTIVATIONS[choice.id]
        if variant.reference is None:
            return activation(choice)[0](z)
        learned = self.parameters.get(f"{name}.{variant.learned}")
        return _as_images(variant.reference(_by_pixels(z), learned, **named(variant, choice)), z)

    def _activate_back(self, name: str, choice: Choice, z: Array, d: Array, gradients: dict[str, Array]) -> Array:
        """The gradient in what came in; that in what is learned goes to `gradients`."""
        variant = ACTIVATIONS[choice.id]
        if variant.reference is None:
            return d * activation(choice)[1](z)
        reference, params = variant.reference, named(variant, choice)
        learned = self.parameters.get(f"{name}.{variant.learned}")
        rows, arrived = _by_pixels(z), _by_pixels(d)
        if learned is not None:
            gradients[f"{name}.{variant.learned}"] = slope(
                lambda at: float(np.sum(arrived * reference(rows, at, **params))), learned
            )
        return _as_images(_slope_by_rows(lambda at: arrived * reference(at, learned, **params), rows), z)

    def _normalize(self, name: str, choice: Choice, x: Array, training: bool) -> Array:
        variant = NORMALIZATIONS[choice.id]
        if variant.reference is None:
            return x
        gamma, beta = self.parameters[f"{name}.gamma"], self.parameters[f"{name}.beta"]
        running = np.zeros((2, len(gamma)))
        if variant.running:
            running = np.stack([self.running[f"{name}.running_mean"], self.running[f"{name}.running_var"]])
        y = variant.reference(x, gamma, beta, running, training, **named(variant, choice))
        if variant.running:
            self.running[f"{name}.running_mean"], self.running[f"{name}.running_var"] = running
        return y

    def _normalize_back(self, name: str, choice: Choice, x: Array, d: Array, gradients: dict[str, Array]) -> Array:
        """The gradient in what came in; those in gamma and beta go to `gradients`."""
        variant = NORMALIZATIONS[choice.id]
        if variant.reference is None:
            return d
        reference, params = variant.reference, named(variant, choice)
        gamma, beta = self.parameters[f"{name}.gamma"], self.parameters[f"{name}.beta"]

        def weighted(x: Array, gamma: Array, beta: Array) -> float:
            return float(np.sum(d * reference(x, gamma, beta, np.zeros((2, len(gamma))), True, **params)))

        gradients[f"{name}.gamma"] = slope(lambda at: weighted(x, at, beta), gamma)
        gradients[f"{name}.beta"] = slope(lambda at: weighted(x, gamma, at), beta)
        return slope(lambda at: weighted(at, gamma, beta), x)


def loss_and_gradients(
    network: Network, loss: Choice, x: Array, y: Array, masks: Masks | None = None
) -> tuple[float, dict[str, Array]]:
    """The mean loss of a batch, and its gradient in every parameter."""
    variant = LOSSES[loss.id]
    reference, params = variant.reference, variant.values(loss.params)
    z = network.forward(x, training=True, masks=masks)
    return reference(z, y, *params), network.backward(slope(lambda at: reference(at, y, *params), z))


def add_penalties(
    network: Network, regularizers: Sequence[Choice], gradients: dict[str, Array], learning_rate: float
) -> None:
    """Add the gradient of every penalty; decay that is decoupled shrinks the parameters instead, in place.

    Both act on the weights, and on all other parameters too where they are asked to.
    """
    for choice in regularizers:
        variant = REGULARIZERS[choice.id]
        params = named(variant, choice)
        for name, w in network.parameters.items():
            if not (name.endswith(".weight") or params["biases"]):
                continue
            if variant.decoupled:
                w[...] = w * (1 - learning_rate * (1 - variant.reference(w, **params)))
            else:
                gradients[name] = gradients[name] + slope(lambda at: variant.reference(at, **params), w)  # noqa: B023


@dataclass
class Optimizer:
    """An optimizer's reference with its slots, one list a tensor, and its schedule."""

    choice: Choice
    schedule: Choice
    slots: dict[str, list[Array]] = field(default_factory=dict)
    step: int = 0

    def update(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """One step of every tensor, in place; nothing but weights decays."""
        variant, schedule = OPTIMIZERS[self.choice.id], SCHEDULES[self.schedule.id]
        params = named(variant, self.choice)
        # One that follows the loss has seen too few epochs to do anything.
        reached = {"reached": 1.0} if schedule.advances else {}
        params["learning_rate"] *= scheduled(schedule, self.step, schedule.values(self.schedule.params), **reached)
        self.step += 1
        for name, w in parameters.items():
            fresh = [*(np.zeros_like(w) for _ in variant.slots), *(np.zeros(1) for _ in variant.scalars)]
            slots = self.slots.setdefault(name, fresh)
            decayed = {} if name.endswith(".weight") or "weight_decay" not in params else {"weight_decay": 0.0}
            variant.reference(w, gradients[name], slots, self.step, **(params | decayed))


def unpack(tensors: Sequence[Tensor], flat: NDArray[np.float32]) -> dict[str, Array]:
    """A flat buffer as float64 arrays by the tensors' names."""
    return {each.name: flat[each.offset :][: each.size].reshape(each.shape).astype(np.float64) for each in tensors}


def twin(trainer: Trainer, spec: NetworkSpec) -> Network:
    """The reference network with a trainer's present numbers."""
    layout = trainer.layout
    return Network(spec, unpack(layout.tensors, trainer.parameters), unpack(layout.buffers, trainer.running))

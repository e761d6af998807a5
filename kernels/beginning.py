"""Where a training begins: weights and biases as they are drawn, statistics that have seen nothing, clocks at zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS
from kernels.bias_initializers import BIAS_INITIALIZERS
from kernels.initializers import INITIALIZERS, fans
from kernels.layout import Layout
from kernels.network import NetworkSpec, WeightedSpec
from kernels.shapes import OUTPUT
from kernels.state import Clock
from kernels.train import NOTHING

#: The losses of a run before its first step, or of another loss.
NO_LOSSES = np.array([0.0, 0.0, np.inf, -np.inf, 0.0, 0.0])
#: Where the clock says that the next record is due: no step of a run comes so late.
NEVER = np.iinfo(np.int64).max

_BIAS_STREAM = 1


def fresh_clock(samples: int) -> NDArray[np.int64]:
    """The clock before the first step, which shuffles `samples`."""
    clock = np.zeros(len(Clock), np.int64)
    clock[Clock.NEXT_RECORD] = clock[Clock.NEXT_EVALUATION] = 1
    clock[Clock.CULPRIT] = NOTHING
    clock[Clock.POSITION] = samples
    clock[Clock.DRAWN] = clock[Clock.EPOCH] = -1
    return clock


def draw(network: NetworkSpec, layout: Layout, targets: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Weights and biases by each layer's initializers and generators of its own; gammas are one, betas zero.

    A gain is the length of the unit's weights, so that the network is the same as without it.
    """
    parameters = np.zeros(layout.parameter_count, np.float32)
    weighted = {number: layer for number, layer in enumerate(network.layers, 1) if isinstance(layer, WeightedSpec)}
    output = len(network.layers) + 1
    choices = {number: layer.initializer for number, layer in weighted.items()}
    choices[output] = network.output_initializer
    bias_choices = {number: layer.bias_initializer for number, layer in weighted.items()}
    bias_choices[output] = network.output_bias_initializer
    lengths: dict[int, NDArray[np.float64]] = {}
    for tensor in layout.tensors:
        view = parameters[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
        if tensor.role == "weight":
            choice = choices[tensor.layer]
            # The output's stream is the same whatever the depth, so that runs can be compared.
            layer_seed = 0 if tensor.name == f"{OUTPUT}.weight" else tensor.layer
            rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(layer_seed,)))
            initializer = INITIALIZERS[choice.id]
            view[...] = initializer.draw(rng, tensor.shape, initializer.values(choice.params))
            lengths[tensor.layer] = np.linalg.norm(view.astype(np.float64).reshape(len(view), -1), axis=1)
        elif tensor.role == "bias":
            bias = BIAS_INITIALIZERS[bias_choices[tensor.layer].id]
            values = bias.values(bias_choices[tensor.layer].params)
            if bias.output_only and tensor.name != f"{OUTPUT}.bias":
                raise ValueError(f"bias_initializer {bias.id} is for the output layer only")
            stream = 0 if tensor.name == f"{OUTPUT}.bias" else tensor.layer
            rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(stream, _BIAS_STREAM)))
            fan_in, _ = fans(layout.tensor(tensor.name.removesuffix("bias") + "weight").shape)
            view[...] = bias.draw(rng, tensor.size, fan_in, targets, values)
        elif tensor.role == "gamma":
            view[...] = 1.0
        elif tensor.role == "gain":
            view[...] = lengths[tensor.layer]
        elif tensor.role != "beta":
            activation = weighted[tensor.layer].activation
            variant = ACTIVATIONS[activation.id]
            view[...] = variant.initial(variant.values(activation.params))
    return parameters


def fresh_running(layout: Layout) -> NDArray[np.float32]:
    """Running statistics before the first batch: means of zero, variances of one."""
    running = np.zeros(layout.running_count, np.float32)
    for buffer in layout.buffers:
        if buffer.role == "running_var":
            running[buffer.offset : buffer.offset + buffer.size] = 1.0
    return running

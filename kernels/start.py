"""What a network starts from: its first parameters and running statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS
from kernels.initializers import INITIALIZERS
from kernels.layout import OUTPUT, Layout
from kernels.network import Choice, NetworkSpec


def draw_parameters(network: NetworkSpec, layout: Layout, seed: int) -> NDArray[np.float32]:
    """Weights by each layer's initializer and a generator of its own; gammas are one, biases and betas zero.

    A gain is the length of the unit's weights, so that the network is the same as without it.
    """
    parameters = np.zeros(layout.parameter_count, np.float32)
    choices: list[Choice] = [*(layer.initializer for layer in network.layers), network.output_initializer]
    lengths: dict[int, NDArray[np.float64]] = {}
    for tensor in layout.tensors:
        view = parameters[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
        if tensor.role == "weight":
            choice = choices[tensor.layer - 1]
            # The output's stream is the same whatever the depth, so that runs can be compared.
            layer_seed = 0 if tensor.name == f"{OUTPUT}.weight" else tensor.layer
            rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(layer_seed,)))
            initializer = INITIALIZERS[choice.id]
            view[...] = initializer.draw(rng, (tensor.shape[0], tensor.shape[1]), initializer.values(choice.params))
            lengths[tensor.layer] = np.linalg.norm(view.astype(np.float64), axis=1)
        elif tensor.role == "gamma":
            view[...] = 1.0
        elif tensor.role == "gain":
            view[...] = lengths[tensor.layer]
        elif tensor.role not in {"bias", "beta"}:
            activation = network.layers[tensor.layer - 1].activation
            variant = ACTIVATIONS[activation.id]
            view[...] = variant.initial(variant.values(activation.params))
    return parameters


def fresh_running(layout: Layout) -> NDArray[np.float32]:
    """Running statistics that change nothing: means zero, variances one."""
    running = np.zeros(layout.running_count, np.float32)
    for buffer in layout.buffers:
        if buffer.role == "running_var":
            running[buffer.offset : buffer.offset + buffer.size] = 1.0
    return running

"""The bench's networks on images in PyTorch and in JAX, built from the same layers, as one would write them there.

Both train on the same samples in shuffled minibatches, with plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.network import ConvSpec, DenseSpec, NetworkSpec, PoolSpec
from kernels.shapes import stages
from tests.bench.rounds import Work

Floats = NDArray[np.float32]


def torch_work(network: NetworkSpec, batch_size: int, learning_rate: float, x: Floats, y: Floats) -> Work:
    """PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    activations: dict[str, Callable[[], Any]] = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}
    pools: dict[str, Callable[[int, int], Any]] = {"max": torch.nn.MaxPool2d, "mean": torch.nn.AvgPool2d}
    modules: list[Any] = []
    layers = stages(network)
    for layer, stage in zip(network.layers, layers[:-1], strict=True):
        if isinstance(layer, ConvSpec):
            convolution = torch.nn.Conv2d(
                stage.input_shape[0], layer.filters, layer.kernel, layer.stride, padding=stage.padding
            )
            modules += [convolution, activations[layer.activation.id]()]
        elif isinstance(layer, PoolSpec):
            modules.append(pools[layer.pooling](layer.size, layer.stride))
        elif isinstance(layer, DenseSpec):
            flat = [torch.nn.Flatten()] if len(stage.input_shape) > 1 else []
            inputs = int(np.prod(stage.input_shape))
            modules += [*flat, torch.nn.Linear(inputs, layer.units), activations[layer.activation.id]()]
    flat = [torch.nn.Flatten()] if len(layers[-1].input_shape) > 1 else []
    modules += [*flat, torch.nn.Linear(int(np.prod(layers[-1].input_shape)), network.outputs)]
    model = torch.nn.Sequential(*modules)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    objective = torch.nn.CrossEntropyLoss()
    samples, targets = torch.from_numpy(x.reshape(-1, *network.shape)), torch.from_numpy(y).long()
    batches_an_epoch = len(x) // batch_size
    order = torch.randperm(len(x))

    def train(steps: int) -> None:
        nonlocal order
        for step in range(steps):
            if step % batches_an_epoch == 0:
                order = torch.randperm(len(x))
            at = step % batches_an_epoch * batch_size
            batch = order[at : at + batch_size]
            optimizer.zero_grad()
            objective(model(samples[batch]), targets[batch]).backward()
            optimizer.step()

    return train


def _jax_parameters(network: NetworkSpec) -> list[Any]:
    """Random weights and zero biases, layer by layer."""
    import jax.numpy as jnp

    rng = np.random.default_rng(1)
    parameters = []
    for stage in stages(network):
        if stage.pieces:
            inputs = [int(np.prod(stage.input_shape))]
            if stage.kind == "conv":
                inputs = [stage.input_shape[0], stage.kernel, stage.kernel]
            w = rng.standard_normal((stage.shape[0], *inputs)) / np.sqrt(np.prod(inputs))
            parameters.append((jnp.asarray(w.astype(np.float32)), jnp.zeros(stage.shape[0], jnp.float32)))
    return parameters


def _jax_logits(network: NetworkSpec) -> Callable[[Any, Any], Any]:
    """From parameters and flat samples to logits."""
    import jax
    import jax.numpy as jnp

    activations = {"relu": jax.nn.relu, "tanh": jnp.tanh}
    hidden = list(zip(network.layers, stages(network)[:-1], strict=True))

    def pooled(layer: PoolSpec, images: Any) -> Any:
        window, strides = (1, 1, layer.size, layer.size), (1, 1, layer.stride, layer.stride)
        if layer.pooling == "max":
            return jax.lax.reduce_window(images, -jnp.inf, jax.lax.max, window, strides, "VALID")
        return jax.lax.reduce_window(images, 0.0, jax.lax.add, window, strides, "VALID") / layer.size**2

    def logits(parameters: Any, flat: Any) -> Any:
        values, given = flat.reshape(-1, *network.shape), iter(parameters)
        for layer, stage in hidden:
            if isinstance(layer, PoolSpec):
                values = pooled(layer, values)
            elif isinstance(layer, ConvSpec):
                w, b = next(given)
                around = [(stage.padding, stage.padding)] * 2
                values = jax.lax.conv_general_dilated(values, w, (layer.stride,) * 2, around) + b[:, None, None]
                values = activations[layer.activation.id](values)
            elif isinstance(layer, DenseSpec):
                w, b = next(given)
                values = activations[layer.activation.id](values.reshape(len(values), -1) @ w.T + b)
        w, b = next(given)
        return values.reshape(len(values), -1) @ w.T + b

    return logits


def jax_work(network: NetworkSpec, batch_size: int, learning_rate: float, x: Floats, y: Floats, scan: int) -> Work:
    """JAX, `jit` and `lax.scan` over `scan` steps."""
    import jax
    import jax.numpy as jnp

    logits = _jax_logits(network)
    samples, targets = jnp.asarray(x), jnp.asarray(y.astype(np.int32))

    def objective(parameters: Any, xs: Any, ys: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits(parameters, xs)), ys[:, None], axis=1))

    def step(parameters: Any, batch: Any) -> Any:
        gradients = jax.grad(objective)(parameters, samples[batch], targets[batch])
        return jax.tree.map(lambda p, g: p - learning_rate * g, parameters, gradients), None

    run = jax.jit(lambda parameters, batches: jax.lax.scan(step, parameters, batches)[0])
    rng = np.random.default_rng(2)
    order = np.concatenate([rng.permutation(len(x)) for _ in range(1 + scan * batch_size // len(x))])
    batches = jnp.asarray(order[: scan * batch_size].reshape(scan, batch_size))
    state = [_jax_parameters(network)]

    def train(steps: int) -> None:
        for _ in range(max(1, steps // scan)):
            state[0] = run(state[0], batches)
        jax.tree.map(lambda array: array.block_until_ready(), state[0])

    return train

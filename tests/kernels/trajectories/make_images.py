"""Train every case on images in PyTorch and keep what it did: `python -m tests.kernels.trajectories.make_images`.

As `make` does for dense networks, and with as little: PyTorch computes in float64, from the first weights and on the
samples of the trainer, in its order. A file holds `x`, `y`, `start`, `batches` and `losses` as there; of `parameters`
and `running` the rows after the steps of `KEPT`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kernels.network import ConvSpec, DenseSpec, GlobalPoolSpec, PoolSpec, WeightedSpec
from tests.kernels.reference_images import padding_of
from tests.kernels.support import last_batch
from tests.kernels.trajectories.image_cases import IMAGE_CASES, KEPT, SAMPLES, STEPS, ImageCase
from tests.kernels.trajectories.make import flat, optimizer_of
from tests.kernels.trajectories.pytorch import ACTIVATIONS


class Layer(torch.nn.Module):
    """One hidden layer, by what it is made of."""

    def __init__(self, spec: WeightedSpec, shape: tuple[int, ...], number: int) -> None:
        super().__init__()
        self.skip = spec.skip
        self.name = f"layer{number}"
        normalization = spec.normalization.id
        self.after = dict(spec.normalization.params).get("position") == 1
        biased = self.after or normalization in ("none", "weight_norm")
        self.before: Any = torch.nn.Identity()
        if isinstance(spec, ConvSpec):
            above, below = padding_of(spec.padding, spec.kernel)
            self.before = torch.nn.ZeroPad2d((above, below, above, below))
            self.units = spec.filters
            self.weighted: Any = torch.nn.Conv2d(shape[0], spec.filters, spec.kernel, spec.stride, bias=biased)
        else:
            self.before = torch.nn.Flatten()
            self.units = spec.units
            self.weighted = torch.nn.Linear(int(np.prod(shape)), spec.units, bias=biased)
        if normalization == "weight_norm":
            self.weighted = torch.nn.utils.parametrizations.weight_norm(self.weighted)
        norms: dict[str, Any] = {
            "batch_norm": lambda: torch.nn.BatchNorm2d(self.units),
            "layer_norm": lambda: torch.nn.GroupNorm(1, self.units),
            "group_norm": lambda: torch.nn.GroupNorm(2, self.units),
            "instance_norm": lambda: torch.nn.InstanceNorm2d(self.units, affine=True),
        }
        self.norm: Any = norms.get(normalization, torch.nn.Identity)()
        if spec.activation.id == "prelu":
            self.activation: Any = torch.nn.PReLU(self.units)
        else:
            kind, arguments = ACTIVATIONS.get(spec.activation.id, ("Tanh", {}))
            self.activation = getattr(torch.nn, kind)(**arguments)

    def forward(self, x: Any, entered: Any) -> Any:
        """From what comes in and what the skip connection brings."""
        z = self.weighted(self.before(x))
        if self.after:
            return self.norm(self.activation(z + entered))
        return self.activation(self.norm(z) + entered)

    def named(self) -> dict[str, Any]:
        """Its parameters and its running statistics by the layout's names."""
        found: dict[str, Any] = {}
        if hasattr(self.weighted, "parametrizations"):
            found["weight"] = self.weighted.parametrizations.weight.original1
            found["gain"] = self.weighted.parametrizations.weight.original0
        else:
            found["weight"] = self.weighted.weight
        if self.weighted.bias is not None:
            found["bias"] = self.weighted.bias
        if not isinstance(self.norm, torch.nn.Identity):
            found |= {"gamma": self.norm.weight, "beta": self.norm.bias}
        if isinstance(self.norm, torch.nn.BatchNorm2d):
            found |= {"running_mean": self.norm.running_mean, "running_var": self.norm.running_var}
        if isinstance(self.activation, torch.nn.PReLU):
            found["slope"] = self.activation.weight
        return {f"{self.name}.{role}": values for role, values in found.items()}


class Network(torch.nn.Module):
    """The network of a case."""

    def __init__(self, case: ImageCase, shapes: list[tuple[int, ...]]) -> None:
        super().__init__()
        self.shape = case.shape
        modules: list[Any] = []
        for number, (spec, shape) in enumerate(zip(case.layers, shapes, strict=True), start=1):
            if isinstance(spec, PoolSpec):
                kind = {"max": torch.nn.MaxPool2d, "mean": torch.nn.AvgPool2d}[spec.pooling]
                modules.append(kind(spec.size, spec.stride))
            elif isinstance(spec, GlobalPoolSpec):
                modules.append(torch.nn.AdaptiveAvgPool2d(1))
            elif isinstance(spec, ConvSpec | DenseSpec):
                modules.append(Layer(spec, shape, number))
        self.hidden = torch.nn.ModuleList(modules)
        self.output: Any = torch.nn.LazyLinear(case.spec.outputs)

    def forward(self, x: Any) -> Any:
        """Logits of samples [samples, inputs]."""
        x = x.reshape(len(x), *self.shape)
        came_in = []
        for module in self.hidden:
            came_in.append(x)
            x = module(x, came_in[-module.skip] if module.skip else 0.0) if isinstance(module, Layer) else module(x)
        return self.output(x.flatten(1))

    def named(self) -> dict[str, Any]:
        """All parameters and running statistics by the layout's names."""
        found: dict[str, Any] = {"output.weight": self.output.weight, "output.bias": self.output.bias}
        for module in self.hidden:
            if isinstance(module, Layer):
                found |= module.named()
        return found


def batches(case: ImageCase) -> list[NDArray[np.int64]]:
    """The samples of every step, as the trainer draws them."""
    trainer = case.build()
    drawn = []
    for step in range(STEPS):
        trainer.train(1)
        place = step % trainer.steps_per_epoch * case.batch_size
        drawn.append(last_batch(trainer, min(case.batch_size, SAMPLES - place)))
    return drawn


def train(case: ImageCase) -> None:
    """Train one case, and write its file."""
    trainer, data = case.build(), case.data()
    layout, start = trainer.layout, trainer.parameters.copy()
    network = Network(case, [stage.input_shape for stage in layout.stages[:-1]])
    network(torch.zeros(2, case.spec.inputs))  # its output now knows its inputs
    # What was just seen is no part of the training.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
    named = network.named()
    parameters = {tensor.name: named[tensor.name] for tensor in layout.tensors}
    with torch.no_grad():
        for tensor in layout.tensors:
            values = start[tensor.offset : tensor.offset + tensor.size]
            place = parameters[tensor.name]
            place.copy_(torch.from_numpy(values.astype(np.float64)).reshape(place.shape))
    rule = optimizer_of(case.optimizer, "images", parameters)
    drawn, losses, after, statistics = batches(case), [], [], []
    for step, batch in enumerate(drawn, start=1):
        rule.zero_grad()
        outputs = network(torch.from_numpy(data.x_train[batch].astype(np.float64)))
        loss: Any = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_train[batch]).long())
        loss.backward()
        rule.step()
        losses.append(float(loss.detach()))
        if step in KEPT:
            after.append(flat(layout.tensors, parameters))
            statistics.append(flat(layout.buffers, named))
    padded = np.full((STEPS, case.batch_size), -1, np.int16)
    for row, batch in zip(padded, drawn, strict=True):
        row[: len(batch)] = batch
    case.path.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        case.path,
        x=data.x_train,
        y=data.y_train,
        start=start,
        batches=padded,
        losses=np.array(losses, np.float32),
        parameters=np.stack(after),
        running=np.stack(statistics),
    )


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for each in IMAGE_CASES:
        train(each)
        print(f"{each.path.name}: {each.path.stat().st_size} bytes")

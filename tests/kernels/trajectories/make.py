"""Train every case in PyTorch and keep what it did: `python -m tests.kernels.trajectories.make`.

Needs PyTorch beside Livegrad (`pip install -e .[bench]`). Run it from the repository's root when a case changes; the
files are kept in git, so the test needs no PyTorch. PyTorch computes in float64, from the first weights and on
the samples of the trainer, in its order. A file holds

- `x`, `y`: the data, [samples, inputs] and [samples], or [samples, labels];
- `start`: the first parameters, flat as in the trainer's layout;
- `batches`: [steps, batch size], the samples of every step, -1 behind a shorter one;
- `losses`: [steps]; `parameters`: [steps, size] and `running`: [steps, size], after every step;
- `averaged`: [steps, size], where the weights are averaged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kernels.layout import Tensor
from kernels.optimizers import OPTIMIZERS
from tests.kernels.support import last_batch
from tests.kernels.trajectories.cases import (
    BATCH_SIZE,
    CASES,
    CYCLE,
    DECAY,
    FLOOR,
    HIDDEN,
    HIGH,
    LAYERS,
    LOW,
    PEAK,
    PENALTY,
    PLATEAU,
    SAMPLES,
    START,
    STEPS,
    build,
    data_of,
    path,
)
from tests.kernels.trajectories.pytorch import ACTIVATIONS, CLIP, CLIPPINGS, LOSSES, RULES, SCHEDULES, options


def batches(optimizer: str, kind: str) -> list[NDArray[np.int64]]:
    """The samples of every step, as the trainer draws them."""
    trainer = build(optimizer, kind)
    drawn = []
    for step in range(STEPS):
        trainer.train(1)
        place = step % trainer.steps_per_epoch * BATCH_SIZE
        drawn.append(last_batch(trainer, min(BATCH_SIZE, SAMPLES - place)))
    return drawn


def normalization(kind: str, units: int) -> Any:
    """A layer's normalization in PyTorch, if it has one of its own."""
    if kind.startswith("batch_norm"):
        return torch.nn.BatchNorm1d(units)
    if kind.startswith("layer_norm"):
        return torch.nn.LayerNorm(units)
    return torch.nn.GroupNorm(2, units) if kind == "group_norm" else None


def activation(kind: str, units: int) -> Any:
    """A layer's activation in PyTorch."""
    if kind.startswith("prelu"):
        return torch.nn.PReLU(1 if kind == "prelu_shared" else units)
    name, arguments = ACTIVATIONS.get(kind, ("Tanh", {}))
    return getattr(torch.nn, name)(**arguments)


def loss_of(kind: str, outputs: Any, targets: NDArray[np.float32]) -> Any:
    """The mean loss of outputs [samples, outputs] in PyTorch, of two classes -1 and +1 as of 0 and 1."""
    name, arguments = LOSSES.get(kind, ("cross_entropy", {}))
    if name == "cross_entropy":
        wanted = torch.from_numpy(targets).long()
    else:
        wanted = torch.from_numpy(
            (targets > 0 if kind == "binary" else targets).astype(np.float64).reshape(outputs.shape)
        )
    return getattr(torch.nn.functional, name)(outputs, wanted, **arguments)


def clip(kind: str, parameters: dict[str, Any]) -> None:
    """Clip the gradients, in such a case."""
    if kind.startswith("clip_"):
        getattr(torch.nn.utils, CLIPPINGS[kind.removeprefix("clip_")])(parameters.values(), CLIP)


def network(kind: str, outputs: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The network in PyTorch, its parameters and its running statistics by the layout's names."""
    modules: list[Any] = []
    parameters: dict[str, Any] = {}
    running: dict[str, Any] = {}
    inputs = 2
    for number, units in enumerate(LAYERS.get(kind, {}).get("hidden", HIDDEN), start=1):
        name = f"layer{number}"
        norm, slopes = normalization(kind, units), activation(kind, units)
        after = kind.endswith("_after")
        dense = torch.nn.Linear(inputs, units, bias=norm is None or after)
        if kind == "weight_norm":
            dense = torch.nn.utils.parametrizations.weight_norm(dense)
            parameters[f"{name}.weight"] = dense.parametrizations.weight.original1
            parameters[f"{name}.gain"] = dense.parametrizations.weight.original0
        else:
            parameters[f"{name}.weight"] = dense.weight
        if dense.bias is not None:
            parameters[f"{name}.bias"] = dense.bias
        if norm is not None:
            parameters[f"{name}.gamma"], parameters[f"{name}.beta"] = norm.weight, norm.bias
        if isinstance(norm, torch.nn.BatchNorm1d):
            running[f"{name}.running_mean"], running[f"{name}.running_var"] = norm.running_mean, norm.running_var
        if isinstance(slopes, torch.nn.PReLU):
            parameters[f"{name}.slope"] = slopes.weight
        behind = [slopes, norm] if after else [norm, slopes]
        modules += [dense, *(module for module in behind if module is not None)]
        inputs = units
    output = torch.nn.Linear(inputs, outputs)
    parameters["output.weight"], parameters["output.bias"] = output.weight, output.bias
    return torch.nn.Sequential(*modules, output), parameters, running


def optimizer_of(name: str, kind: str, parameters: dict[str, Any]) -> Any:
    """PyTorch's optimizer with Livegrad's defaults; the penalty and any decay are on weights only."""
    own = [param.default for param in OPTIMIZERS[name].params if param.id == "weight_decay"]
    decay = own[0] if own else PENALTY if kind == "l2" else 0.0
    groups = [
        {
            "params": [values for key, values in parameters.items() if key.endswith(".weight") == weights],
            **({"weight_decay": decay if weights else 0.0} if name != "rprop" else {}),
        }
        for weights in (True, False)
    ]
    return getattr(torch.optim, RULES[name][0])(groups, **options(name))


def schedule_of(kind: str, rule: Any) -> tuple[Any, Any]:
    """PyTorch's schedules of such a case: the one that goes on every step, and the one that does every epoch."""
    rate = rule.param_groups[0]["lr"]
    if kind == "one_cycle":
        scheduler: Any = torch.optim.lr_scheduler.OneCycleLR(
            rule, max_lr=rate, total_steps=CYCLE + 1, pct_start=(PEAK + 1) / (CYCLE + 1), div_factor=1 / START,
            final_div_factor=START / FLOOR, base_momentum=LOW, max_momentum=HIGH,
        )  # fmt: skip
        return scheduler, None
    if kind == "plateau":
        return None, torch.optim.lr_scheduler.ReduceLROnPlateau(
            rule, factor=PLATEAU["factor"], patience=int(PLATEAU["patience"]), threshold=PLATEAU["threshold"],
            min_lr=PLATEAU["floor"] * rate,
        )  # fmt: skip
    if kind.startswith("schedule_"):
        name, arguments = SCHEDULES[kind.removeprefix("schedule_")]
        return getattr(torch.optim.lr_scheduler, name)(rule, **arguments), None
    return None, None


def mean_of(kind: str, model: Any) -> Any:
    """PyTorch's averaged model of such a case, or None."""
    swa: Any = torch.optim.swa_utils
    if kind not in ("polyak", "exponential"):
        return None
    rule = {"multi_avg_fn": swa.get_ema_multi_avg_fn(DECAY)} if kind == "exponential" else {}
    return swa.AveragedModel(model, **rule)


def flat(tensors: tuple[Tensor, ...], values: dict[str, Any]) -> NDArray[np.float32]:
    """Tensors by name as one buffer."""
    parts = [values[tensor.name].detach().numpy().ravel() for tensor in tensors]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float32)


def train(optimizer: str, kind: str) -> None:
    """Train one case, and write its file."""
    trainer = build(optimizer, kind)
    layout, start = trainer.layout, trainer.parameters.copy()
    data = data_of(kind)
    model, parameters, running = network(kind, layout.layer_units[-1])
    with torch.no_grad():
        for tensor in layout.tensors:
            values = start[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
            place = parameters[tensor.name]
            place.copy_(torch.from_numpy(values.astype(np.float64)).reshape(place.shape))
    rule = optimizer_of(optimizer, kind, parameters)
    drawn = batches(optimizer, kind)
    losses, after, statistics, means = [], [], [], []
    by_step, by_epoch = schedule_of(kind, rule)
    mean = mean_of(kind, model)
    names = {id(values): name for name, values in parameters.items()}
    per_epoch = -(-SAMPLES // BATCH_SIZE)
    for step, batch in enumerate(drawn, start=1):
        rule.zero_grad()
        outputs = model(torch.from_numpy(data.x_train[batch].astype(np.float64)))
        loss = loss_of(kind, outputs, data.y_train[batch])
        loss.backward()
        clip(kind, parameters)
        rule.step()
        losses.append(float(loss.detach()))
        if by_step and step < STEPS:
            by_step.step()
        if by_epoch and step % per_epoch == 0:
            by_epoch.step(np.mean(losses[-per_epoch:]))
        if mean:
            mean.update_parameters(model)
            pairs = zip(model.parameters(), mean.module.parameters(), strict=True)
            means.append(flat(layout.tensors, {names[id(values)]: average for values, average in pairs}))
        after.append(flat(layout.tensors, parameters))
        statistics.append(flat(layout.buffers, running))
    padded = np.full((STEPS, BATCH_SIZE), -1, np.int16)
    for row, batch in zip(padded, drawn, strict=True):
        row[: len(batch)] = batch
    averaged: dict[str, Any] = {"averaged": np.stack(means)} if means else {}
    np.savez_compressed(
        path(optimizer, kind),
        x=data.x_train,
        y=data.y_train,
        start=start,
        batches=padded,
        losses=np.array(losses, np.float32),
        parameters=np.stack(after),
        running=np.stack(statistics),
        **averaged,
    )


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for case in CASES:
        train(*case)
        print(f"{path(*case).name}: {path(*case).stat().st_size} bytes")

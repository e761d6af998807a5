"""Which of the optimizers PyTorch has, under which names: data only, so that it can be read without PyTorch."""

from __future__ import annotations

from typing import Any

from kernels.optimizers import OPTIMIZERS

#: By our id: the class in `torch.optim`, and what makes it this very method.
RULES: dict[str, tuple[str, dict[str, bool]]] = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {}),
    "nesterov": ("SGD", {"nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adadelta": ("Adadelta", {}),
    "adam": ("Adam", {}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "adamw": ("AdamW", {}),
    "nadam": ("NAdam", {}),
    "adamax": ("Adamax", {}),
    "radam": ("RAdam", {}),
    "rprop": ("Rprop", {}),
}


def options(name: str) -> dict[str, Any]:
    """The keyword arguments of PyTorch's class for our defaults, without decay."""
    chosen = {param.id: param.default for param in OPTIMIZERS[name].params}
    words = {
        "learning_rate": "lr", "epsilon": "eps", "momentum": "momentum", "dampening": "dampening",
        "momentum_decay": "momentum_decay", "rho": "alpha" if name == "rmsprop" else "rho",
    }  # fmt: skip
    given: dict[str, Any] = {words[key]: value for key, value in chosen.items() if key in words}
    if "beta1" in chosen:
        given["betas"] = (chosen["beta1"], chosen["beta2"])
    if name == "rprop":
        given["etas"] = (chosen["shrink"], chosen["grow"])
    return given | RULES[name][1]

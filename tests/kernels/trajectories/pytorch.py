"""Which of the choices PyTorch has, under which names: data only, so that it can be read without PyTorch."""

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

#: By our id: the class in `torch.nn`, and its arguments. PReLU, whose slope is learned, is a kind of its own.
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "softsign": ("Softsign", {}),
    "hard_sigmoid": ("Hardsigmoid", {}),
    "hard_tanh": ("Hardtanh", {}),
    "relu": ("ReLU", {}),
    "relu6": ("ReLU6", {}),
    "leaky_relu": ("LeakyReLU", {}),
    "elu": ("ELU", {}),
    "selu": ("SELU", {}),
    "softplus": ("Softplus", {}),
    "gelu": ("GELU", {}),
    "gelu_tanh": ("GELU", {"approximate": "tanh"}),
    "silu": ("SiLU", {}),
    "mish": ("Mish", {}),
}

#: By the kind of training: the function in `torch.nn.functional`, and its arguments. The hinges of PyTorch are others.
LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "mse": ("mse_loss", {}),
    "mae": ("l1_loss", {}),
    "huber": ("huber_loss", {"delta": 0.5}),
    "binary": ("binary_cross_entropy_with_logits", {}),
    "multilabel": ("binary_cross_entropy_with_logits", {}),
    "label_smoothing": ("cross_entropy", {"label_smoothing": 0.2}),
}

#: By our id: the class in `torch.optim.lr_scheduler`, and its arguments, for 30 steps down to a tenth.
SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 30}),
    "step": ("StepLR", {"step_size": 12, "gamma": 0.5}),
    "exponential": ("ExponentialLR", {"gamma": 0.5 ** (1 / 12)}),
    "polynomial": ("PolynomialLR", {"total_iters": 30, "power": 2.0}),
}

#: By our id: the function in `torch.nn.utils`, at the limit `CLIP`.
CLIPPINGS = {"by_norm": "clip_grad_norm_", "by_value": "clip_grad_value_"}
CLIP = 0.1


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

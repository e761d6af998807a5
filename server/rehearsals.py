"""What a run answers about its next step: all its numbers, or one derivative. The running side's part; no I/O."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict
from typing import Any

import msgpack
import numpy as np

from kernels.network import Floats
from kernels.optimizers import OPTIMIZERS
from kernels.rehearsal import MOST_SHOWN, Derivative, Rehearsal, differentiate, rehearse
from kernels.trainer import Trainer
from server.commands import Differentiate, Question, Rehearse
from server.problems import Refused, refuse, unknown_parameter
from server.publications import Answer, State

logger = logging.getLogger("livegrad.rehearsals")

_FAULT = refuse(
    500,
    "The next step could not be shown because of a fault inside the server. The run is as it was.",
    "服务器内部故障，无法展示下一步。训练未受影响。",
)
#: Bytes of an answer: of the network of a lecture a hundredth, of one with half a million parameters all.
MOST_BYTES = 24 * 2**20
#: How many arrays there are at most of each number that a layer puts out, of each that comes in, of parameters, and of
#: their mean.
_ARRAYS_OUT, _ARRAYS_IN, _ARRAYS_OF_PARAMETERS, _ARRAYS_OF_MEANS = 14, 2, 7, 2


def answer(question: Question, trainer: Trainer, state: State, generation: int) -> Answer:
    """The answer of a run in that state: a refusal where there is none. Changes no bit of the training."""
    try:
        _check_standing(state)
        if isinstance(question, Rehearse):
            return Answer(question.ticket, _rehearsed(question, trainer, generation))
        return Answer(question.ticket, _differentiated(question, trainer, generation))
    except Refused as refusal:
        return Answer(question.ticket, refusal=refusal)
    except Exception:
        # Looking must never stop what is looked at.
        logger.exception("a question about the next step could not be answered")
        return Answer(question.ticket, refusal=_FAULT)


def _check_standing(state: State) -> None:
    if state == "running":
        raise refuse(
            409,
            "The run trains. Pause it: its next step can be shown while it stands still.",
            "训练正在进行。请先暂停：静止时才能展示下一步。",
            "state",
            "paused",
        )
    if state == "diverged":
        raise refuse(
            409,
            "The run has diverged, so no step follows. Reset it, or lower the learning rate and begin again.",
            "训练已发散，没有下一步。请重置，或降低学习率后重新开始。",
            "state",
            "paused",
        )
    if state == "finished":
        raise refuse(
            409,
            "The run was stopped early. Press play or step to go on from there.",
            "训练已提前停止。按播放或单步键可从此继续。",
            "state",
            "paused",
        )


def _rehearsed(question: Rehearse, trainer: Trainer, generation: int) -> bytes:
    _check_size(trainer, question.sample is not None)
    try:
        found = rehearse(trainer, question.sample)
    except ValueError:
        most = trainer.batch_size - 1
        raise refuse(
            422,
            f"sample must be null or the place of a sample in the next batch, 0 to {most} (less in an epoch's last).",
            f"sample 必须为 null，或下一批中样本的位置：0 到 {most}（每轮的最后一批可能更少）。",
            "sample",
            f"0 <= sample <= {most}",
        ) from None
    return encode_rehearsal(found, generation)


def foreseen_bytes(trainer: Trainer, single: bool) -> int:
    """How large an answer will be, at most: about one sample, or about the first ones of a batch."""
    slots = len(OPTIMIZERS[trainer.optimizer.id].slots)
    sample = sum(
        _ARRAYS_OUT * math.prod(stage.shape) * max(stage.pieces, 1) + _ARRAYS_IN * math.prod(stage.input_shape)
        for stage in trainer.layout.stages
    )
    # Of several also their sums.
    shown = 1 if single else min(trainer.batch_size, MOST_SHOWN) + 1
    of_parameters = _ARRAYS_OF_PARAMETERS + 2 * slots + (0 if trainer.averaged is None else _ARRAYS_OF_MEANS)
    return 4 * (trainer.layout.parameter_count * of_parameters + sample * shown)


def _check_size(trainer: Trainer, single: bool) -> None:
    """Raise Refused (413) if the answer would be too large."""
    if foreseen_bytes(trainer, single=True) > MOST_BYTES:
        raise refuse(
            413,
            "This network is too large for its step to be shown number by number. Make it smaller.",
            "网络过大，无法逐个数字展示一步。请缩小网络。",
            "network",
            f"{MOST_BYTES} bytes",
        )
    if foreseen_bytes(trainer, single) > MOST_BYTES:
        raise refuse(
            413,
            "The numbers of the whole batch are too many for this network. Choose one sample.",
            "该网络整批样本的数字过多。请选择一个样本。",
            "sample",
            f"{MOST_BYTES} bytes",
        )


def encode_rehearsal(found: Rehearsal, generation: int) -> bytes:
    """A rehearsal as MessagePack; arrays as little-endian float32 with their shapes, rows first."""

    def packed(values: Floats) -> bytes:
        return np.ascontiguousarray(values, "<f4").tobytes()

    slots = {
        name: {tensor: {"before": packed(before), "after": packed(after)} for tensor, (before, after) in each.items()}
        for name, each in found.slots.items()
    }
    message: dict[str, Any] = {
        "generation": generation,
        "step": found.step,
        "epoch": found.epoch,
        "count": found.count,
        "shown": found.shown,
        "sample": found.sample,
        "indices": found.indices.tolist(),
        "loss": found.loss,
        "losses": packed(found.losses),
        "learning_rate": found.learning_rate,
        "optimizer_step": found.optimizer_step,
        "optimizer": {"id": found.optimizer, "params": found.params, "slots": slots},
        "averaging": found.averaging and asdict(found.averaging),
        "arrays": {
            name: {"shape": list(values.shape), "data": packed(values)} for name, values in found.arrays.items()
        },
        "sums": {name: packed(values) for name, values in found.sums.items()},
    }
    content: bytes = msgpack.packb(message)
    return content


def _differentiated(question: Differentiate, trainer: Trainer, generation: int) -> bytes:
    try:
        found = differentiate(trainer, question.tensor, question.index)
    except (KeyError, ValueError):
        raise Refused(422, [unknown_parameter([each.name for each in trainer.layout.tensors], "tensor")]) from None
    if not all(map(math.isfinite, (found.analytic, found.difference))):
        raise refuse(
            409,
            "The loss is not finite here, so it has no derivative. Lower the learning rate and begin again.",
            "此处损失不是有限值，没有导数。请降低学习率后重新开始。",
            "loss",
        )
    return json.dumps(derivative_as_dict(found, generation)).encode()


def derivative_as_dict(found: Derivative, generation: int) -> dict[str, Any]:
    """A derivative and its check as plain JSON values."""
    return {
        "generation": generation,
        "step": found.step,
        "analytic": found.analytic,
        "difference": found.difference,
        "epsilon": found.epsilon,
        "relative_error": found.relative_error,
        "loss_plus": found.loss_plus,
        "loss_minus": found.loss_minus,
        "rounding": found.rounding,
        "tried": [{"epsilon": epsilon, "difference": difference} for epsilon, difference in found.tried],
    }

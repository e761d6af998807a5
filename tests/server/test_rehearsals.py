"""What a run answers about its next step: to everybody who watches, while it stands still, and without a change."""

from __future__ import annotations

import json
import math
from typing import Any

import httpx
import msgpack
import numpy as np
import pytest

from kernels.rehearsal import rehearse
from server import rehearsal_routes, rehearsals
from server.commands import Differentiate, Pause, Play, Rehearse, Step, Withdraw
from server.configuration import resolve
from server.preparation import prepare
from server.publications import Answer
from server.rehearsals import encode_rehearsal
from server.runs import Run, build_trainer
from server.stream import Bucket
from tests.server.conftest import Live, play

SMALL: dict[str, Any] = {
    "data": {"dataset": {"id": "circle", "samples": 100}},
    "network": {"layers": [{"units": 3}, {"units": 2, "normalization": {"id": "batch_norm"}}]},
    "training": {"batch_size": 7},
}


def paused(**asked: Any) -> Run:
    run = Run(resolve({**SMALL, **asked}), 0.0)
    run.handle(Pause(), 0.0)
    run.prepare()
    return run


def ask(run: Run, question: Rehearse | Differentiate) -> Answer:
    """The one answer to a question."""
    assert run.handle(question, 0.0) == []
    assert run.next_time() == -math.inf
    (found,) = run.prepare()
    assert isinstance(found, Answer)
    assert found.ticket == question.ticket
    assert run.next_time() != -math.inf
    return found


def unpacked(answer: Answer) -> dict[str, Any]:
    assert answer.refusal is None
    message: dict[str, Any] = msgpack.unpackb(answer.content)
    return message


def numbers(packed: dict[str, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(packed["data"], "<f4").reshape(packed["shape"])


def test_what_is_told_is_what_the_run_then_does() -> None:
    run = paused()
    run.handle(Step(5), 0.0)
    run.train(5, True, lambda: 0.0)
    before = run.checkpoint().trainer
    version = run.version
    message = unpacked(ask(run, Rehearse(3)))
    assert (message["generation"], message["step"], message["count"], message["sample"]) == (1, 5, 7, None)
    assert numbers(message["arrays"]["layer1.z"]).shape == (3, 7)
    assert numbers(unpacked(ask(run, Rehearse(4, 6)))["arrays"]["layer1.z"]).shape == (3,)
    assert run.version == version
    for name, values in run.checkpoint().trainer.items():
        np.testing.assert_array_equal(values, before[name])
    run.handle(Step(1), 0.0)
    run.train(1, True, lambda: 0.0)
    after = run.checkpoint().trainer["parameters"]
    told = {name: numbers(packed) for name, packed in message["arrays"].items() if name.endswith(".after")}
    layout = build_trainer(run.config, prepare(run.config.data)).layout
    for tensor in layout.tensors:
        place = slice(tensor.offset, tensor.offset + tensor.size)
        assert told[f"{tensor.name}.after"].tobytes() == after[place].tobytes()


def test_the_message_has_all_that_was_rehearsed() -> None:
    config = resolve(SMALL)
    trainer = build_trainer(config, prepare(config.data))
    found = rehearse(trainer, 2)
    message = msgpack.unpackb(encode_rehearsal(found, 9))
    assert message["generation"] == 9
    assert set(message["arrays"]) == set(found.arrays)
    for name, values in found.arrays.items():
        np.testing.assert_array_equal(numbers(message["arrays"][name]), values)
    assert message["sums"] == {}
    whole = rehearse(trainer)
    sums = msgpack.unpackb(encode_rehearsal(whole, 9))["sums"]
    assert {name: np.frombuffer(each, "<f4").tolist() for name, each in sums.items()} == {
        name: each.tolist() for name, each in whole.sums.items()
    }
    assert "output.d_z" in sums
    assert message["indices"] == found.indices.tolist()
    assert np.frombuffer(message["losses"], "<f4").tolist() == found.losses.tolist()
    assert message["optimizer"]["id"] == "adam"
    assert message["optimizer"]["params"]["learning_rate"] == message["learning_rate"]
    assert message["optimizer_step"] == 1
    assert message["averaging"] is None
    slots = message["optimizer"]["slots"]
    assert set(slots) == set(found.slots)
    for name, tensors in found.slots.items():
        for tensor, (before, after) in tensors.items():
            assert np.frombuffer(slots[name][tensor]["before"], "<f4").tolist() == before.tolist()
            assert np.frombuffer(slots[name][tensor]["after"], "<f4").tolist() == after.tolist()


def test_a_mean_of_the_weights_is_told_with_its_numbers() -> None:
    run = paused(training={"averaging": {"id": "exponential", "decay": 0.75}})
    run.handle(Step(3), 0.0)
    run.train(3, True, lambda: 0.0)
    message = unpacked(ask(run, Rehearse(1)))
    assert message["averaging"] == {"id": "exponential", "params": {"decay": 0.75}, "begun": 0, "share": 0.25}
    run.handle(Step(1), 0.0)
    run.train(1, True, lambda: 0.0)
    told = [numbers(packed) for name, packed in message["arrays"].items() if name.endswith(".averaged.after")]
    assert b"".join(mean.tobytes() for mean in told) == run.checkpoint().trainer["averaged"].tobytes()


def test_a_derivative_is_told_with_its_check() -> None:
    found = ask(paused(), Differentiate(1, "layer2.weight", 4))
    told = json.loads(found.content)
    assert told["relative_error"] < 1e-2
    assert told["difference"] == pytest.approx((told["loss_plus"] - told["loss_minus"]) / 2 / told["epsilon"])
    assert {"epsilon": told["epsilon"], "difference": told["difference"]} in told["tried"]


@pytest.mark.parametrize(
    ("question", "status", "field"),
    [
        (Rehearse(1, 7), 422, "sample"),
        (Differentiate(1, "layer9.weight", 0), 422, "tensor"),
        (Differentiate(1, "layer1.bias", 3), 422, "tensor"),
    ],
)
def test_what_is_not_there_is_refused(question: Rehearse | Differentiate, status: int, field: str) -> None:
    refusal = ask(paused(), question).refusal
    assert refusal is not None
    assert (refusal.status, refusal.first.field) == (status, field)
    assert refusal.first.bound


def test_only_what_stands_still_and_goes_on_has_a_next_step() -> None:
    run = paused()
    run.handle(Play(), 0.0)
    for question in (Rehearse(1), Differentiate(2, "layer1.weight", 0)):
        refusal = ask(run, question).refusal
        assert refusal is not None
        assert (refusal.status, refusal.first.bound) == (409, "paused")
    run = paused(training={"optimizer": {"id": "sgd", "learning_rate": 100.0}, "loss": {"id": "mse"}})
    run.handle(Step(1000), 0.0)
    run.train(1000, True, lambda: 0.0)
    assert run.state == "diverged"
    refusal = ask(run, Rehearse(1)).refusal
    assert refusal is not None
    assert refusal.status == 409


def test_steps_that_are_owed_come_first() -> None:
    run = paused()
    run.handle(Step(2), 0.0)
    run.handle(Rehearse(1), 0.0)
    assert run.prepare() == []
    assert run.due(0.0) == 2
    run.train(2, True, lambda: 0.0)
    assert run.next_time() == -math.inf
    (found,) = run.prepare()
    assert isinstance(found, Answer)
    assert unpacked(found)["step"] == 2


def test_many_questions_are_answered_one_at_a_time_and_those_that_are_withdrawn_not_at_all() -> None:
    run = paused()
    for ticket in range(6):
        run.handle(Rehearse(ticket, 0), 0.0)
    run.handle(Withdraw(1), 0.0)
    tickets = []
    while not run.prepared:
        (found,) = run.prepare()
        assert isinstance(found, Answer)
        tickets.append(found.ticket)
    assert tickets == [0, 2, 3, 4, 5]
    assert run.next_time() == math.inf


def test_a_fault_in_an_answer_is_told_and_does_not_touch_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise MemoryError("on purpose")

    run = paused()
    monkeypatch.setattr(rehearsals, "rehearse", fails)
    refusal = ask(run, Rehearse(1)).refusal
    assert refusal is not None
    assert refusal.status == 500
    assert run.prepared
    monkeypatch.undo()
    assert ask(run, Rehearse(2)).refusal is None


def test_too_many_numbers_are_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run = paused()
    config = resolve(SMALL)
    trainer = build_trainer(config, prepare(config.data))
    whole = len(encode_rehearsal(rehearse(trainer), 1))
    monkeypatch.setattr(rehearsals, "MOST_BYTES", whole // 2)
    refusal = ask(run, Rehearse(1)).refusal
    assert refusal is not None
    assert (refusal.status, refusal.first.field) == (413, "sample")
    assert unpacked(ask(run, Rehearse(2, 0)))
    monkeypatch.setattr(rehearsals, "MOST_BYTES", 100)
    refusal = ask(run, Rehearse(3, 0)).refusal
    assert refusal is not None
    assert (refusal.status, refusal.first.field) == (413, "network")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"training": {"batch_size": 64}},
        {"training": {"optimizer": {"id": "adamax"}}},
        {"training": {"averaging": {"id": "polyak"}}},
    ],
)
def test_the_size_that_is_foreseen_is_enough(asked: dict[str, Any]) -> None:
    layer = {"units": 40, "dropout": 0.2, "normalization": {"id": "batch_norm"}}
    config = resolve({"network": {"layers": [layer, {**layer, "skip": 1}]}, **asked})
    trainer = build_trainer(config, prepare(config.data))
    for sample in (None, 1):
        content = encode_rehearsal(rehearse(trainer, sample), 1)
        # A tenth for names and shapes.
        assert rehearsals.foreseen_bytes(trainer, sample is not None) > 0.9 * len(content)


def test_over_http_everybody_may_ask_and_nobody_too_fast(live: Live) -> None:
    run = live.create(**SMALL)
    path = f"{live.address}/api/runs/{run['id']}"
    refused = httpx.post(f"{path}/rehearsal", json={})
    assert refused.status_code == 409
    assert refused.json()["error"]["field"] == "state"

    async def pause() -> None:
        async with live.watch(run) as watcher:
            await watcher.say("pause")
            await watcher.event("state")

    play(pause())
    whole = httpx.post(f"{path}/rehearsal", json={})
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "application/vnd.msgpack"
    message = msgpack.unpackb(whole.content)
    assert message["step"] == live.read(run)["step"]
    assert httpx.post(f"{path}/rehearsal", json={"sample": 0}).status_code == 200
    for body, field in (({"sample": -1}, "sample"), ({"sample": "x"}, "sample"), ({"other": 1}, "other")):
        bad = httpx.post(f"{path}/rehearsal", json=body)
        assert (bad.status_code, bad.json()["error"]["field"]) == (422, field)
    checked = httpx.post(f"{path}/derivative", json={"tensor": "layer1.weight", "index": 0})
    assert checked.status_code == 200
    assert checked.json()["step"] == message["step"]
    assert httpx.post(f"{path}/derivative", json={"tensor": "layer1.weight"}).json()["error"]["field"] == "index"
    assert httpx.post(f"{live.address}/api/runs/none/rehearsal", json={}).status_code == 404
    live.delete(run)


class Scarce(Bucket):
    """Gives two, and no more."""

    def __init__(self, rate: float, now: float) -> None:
        super().__init__(rate, now)
        self.left = 2

    def delay(self, now: float, *, lends: bool = True) -> float:
        self.left -= 1
        return super().delay(now, lends=lends) if self.left >= 0 else 3.0


def test_who_asks_too_fast_is_told_when_to_ask_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal_routes, "Bucket", Scarce)
    run, other = live.create(**SMALL), live.create(**SMALL)

    def answers(of: dict[str, Any]) -> list[httpx.Response]:
        path = f"{live.address}/api/runs/{of['id']}"
        return [
            httpx.post(f"{path}/rehearsal", json={}),
            httpx.post(f"{path}/derivative", json={"tensor": "layer1.weight", "index": 0}),
        ]

    assert [answer.status_code for answer in answers(run)] == [409, 409], "it trains"
    late = answers(run)
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in late] == [(429, "3")] * 2
    assert answers(other)[0].status_code == 409, "another run's questions are its own"
    live.delete(run)
    live.delete(other)

"""Own data from the upload to the trained network: over HTTP, bounded, and gone with the run."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernels.trainer import Trainer
from server.configuration import needs_new_weights, resolve, training_size
from server.datasets.reading import read_table
from server.datasets.table import Table
from server.directory import Directory
from server.preparation import as_message, prepare
from server.problems import Refused
from server.runs import build_trainer
from server.schema import RunConfig
from server.settings import Settings
from server.tables import MAX_TABLES, TABLES, Tables
from server.uploads import MAX_UPLOAD
from server.views import TableView
from tests.server.conftest import Live, play
from tests.server.support import Clock, Wire

CSV = {"Content-Type": "text/csv"}


def csv_of(rows: int = 40, columns: int = 3, seed: int = 1) -> bytes:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, columns))
    values[:, -1] = values[:, 0] - values[:, 1] > 0
    names = [*(f"input {i}" for i in range(1, columns)), "class"]
    return "\n".join([",".join(names), *(",".join(map(repr, row)) for row in values.tolist())]).encode()


def table_of(rows: int = 40, columns: int = 3, seed: int = 1) -> Table:
    return read_table(csv_of(rows, columns, seed))


def added(table: Table) -> str:
    table_id = TABLES.add(table, set(), time.monotonic())
    assert table_id is not None
    return table_id


def own(table: Table, **choice: Any) -> RunConfig:
    return resolve({"data": {"dataset": {"id": "own_table", "table": added(table), **choice}}})


def upload(live: Live, data: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(f"{live.address}/api/data", content=data, headers=CSV if headers is None else headers)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["message"]["en"]
    assert error["message"]["zh"]
    return error


KEPT = added(table_of())


# ── what is asked for ────────────────────────────────────────────────────────


def test_what_is_left_out_is_what_the_table_suggests() -> None:
    config = own(table_of())
    choice = config.as_dict()["data"]["dataset"]
    assert choice == {"id": "own_table", "table": choice["table"], "target": 2, "columns": [0, 1], "task": "auto"}
    assert resolve(config.as_dict()) == config
    assert RunConfig.model_validate_json(json.dumps(config.as_dict())) == config


def test_the_loss_and_the_batch_follow_the_table() -> None:
    table = table_of(rows=12)
    config = own(table, target=0)
    assert config.training.loss.id == "mse"
    assert config.training.batch_size == training_size(config.data) == 6


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"table": "gone"}, "table"),
        ({"table": 3}, "table"),
        ({"target": 3}, "columns"),
        ({"target": 64}, "target"),
        ({"target": 0.0}, "target"),
        ({"columns": []}, "columns"),
        ({"columns": [0, 0]}, "columns"),
        ({"columns": [2]}, "columns"),
        ({"columns": [0, "1"]}, "columns.1"),
        ({"task": "guess"}, "task"),
        ({"task": "binary", "target": 0}, "task"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(choice: dict[str, Any], field: str) -> None:
    table_id = added(table_of())
    with pytest.raises(Refused) as caught:
        resolve({"data": {"dataset": {"id": "own_table", "table": table_id, **choice}}})
    assert caught.value.status == 422
    assert caught.value.first.field == f"data.dataset.{field}"


def test_another_column_needs_new_weights_and_the_same_choice_none() -> None:
    config = own(table_of(columns=4))
    assert not needs_new_weights(config, resolve(config.as_dict()))
    assert needs_new_weights(config, resolve({"data": {"dataset": {"columns": [0]}}}, config))
    assert needs_new_weights(config, resolve({"data": {"dataset": {"id": "circle"}}}, config))


def test_samples_are_split_preprocessed_and_described_like_others() -> None:
    data = prepare(own(table_of(rows=41, columns=5)).data)
    assert data.training.x_train.shape == (20, 4)
    assert data.training.x_test.shape == (21, 4)
    np.testing.assert_allclose(data.training.x_train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.training.x_train.std(axis=0), 1, atol=1e-4)
    message = as_message(data, 1)
    assert (message["kind"], message["task"], message["width"], message["height"]) == ("table", "binary", 4, 1)
    assert message["class_names"] == ["0", "1"]
    assert message["input_names"] == ["input 1", "input 2", "input 3", "input 4"]
    assert [column["name"] for column in message["columns"]] == message["input_names"]
    assert message["target"] == {"name": "class", "offset": 0.0, "scale": 1.0}
    assert prepare(data.config) is data


def test_two_columns_are_of_the_plane_with_its_features() -> None:
    table_id = added(table_of())
    asked = {"dataset": {"id": "own_table", "table": table_id}, "features": ["x1", "x2_squared", "x2"]}
    data = prepare(resolve({"data": asked}).data)
    message = as_message(data, 1)
    assert (message["kind"], message["features"]) == ("plane", ["x1", "x2_squared", "x2"])
    assert message["input_names"] == ["input 1", "x₂²", "input 2"]
    assert data.training.x_train.shape[1] == 3


@given(
    st.dictionaries(
        st.sampled_from(["table", "target", "columns", "task", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-2, 70) | st.floats() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
            max_leaves=6,
        ),
        max_size=4,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_choice_of_a_table_is_completed_or_refused(choice: dict[str, Any]) -> None:
    try:
        config = resolve({"data": {"dataset": {"id": "own_table", "table": KEPT, **choice}}})
    except Refused as refusal:
        json.dumps(refusal.as_dict(), allow_nan=False)
    else:
        assert resolve(config.as_dict()) == config


# ── training ─────────────────────────────────────────────────────────────────


def trained(config: RunConfig, steps: int) -> tuple[Trainer, dict[str, float]]:
    trainer = build_trainer(config, prepare(config.data))
    trainer.train(steps)
    trainer.observe()
    columns = {column.name: value for column, value in zip(trainer.layout.columns, trainer.stats, strict=True)}
    return trainer, columns


def test_a_separable_table_is_learned_without_an_error() -> None:
    _, stats = trained(own(table_of(rows=300, columns=6), columns=[0, 1]), 3000)
    assert stats["train_accuracy"] == 1
    assert stats["test_accuracy"] > 0.95


def test_a_regression_table_is_learned() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(1000, 5000, (400, 3))
    y = 2e6 + 300 * x[:, 0] - 150 * x[:, 1] + 40 * x[:, 2]
    rows = np.column_stack([x, y])
    config = own(read_table("\n".join(",".join(map(repr, row)) for row in rows.tolist()).encode()))
    assert config.training.loss.id == "mse"
    assert config.data.dataset.content.tasks(3) == ("regression",)  # type: ignore[attr-defined]
    trainer, stats = trained(config, 3000)
    assert trainer.diverged is None
    assert stats["test_loss"] < 1e-3


def test_the_same_table_gives_the_same_bits() -> None:
    one, _ = trained(own(table_of()), 50)
    two, _ = trained(own(table_of()), 50)
    assert one.parameters.tobytes() == two.parameters.tobytes()


# ── the store ────────────────────────────────────────────────────────────────


def test_fifty_tables_stay_within_the_bounds() -> None:
    one = table_of()
    tables = Tables(most=50, most_bytes=10 * one.bytes)
    ids = [tables.add(table_of(seed=seed), set(), time.monotonic()) for seed in range(50)]
    assert len(set(ids)) == 50
    assert len(tables) == 10
    assert tables.bytes <= 10 * one.bytes
    assert tables.find(str(ids[-1])) is not None
    assert tables.find(str(ids[0])) is None


def test_tables_in_use_are_not_given_up() -> None:
    tables = Tables(most=2)
    first, second = tables.add(table_of(), set(), time.monotonic()), tables.add(table_of(), set(), time.monotonic())
    assert first
    assert second
    third = tables.add(table_of(), {first}, 0.0)
    assert third
    assert tables.find(first)
    assert not tables.find(second)
    assert tables.add(table_of(), {first, third}, 0.0) is None


def test_tables_go_with_their_runs_or_when_nobody_took_them() -> None:
    clock = Clock()
    directory = Directory(Settings(keep_seconds=100), Wire(), clock)
    config = own(table_of())
    table_id: str = config.data.dataset.table  # type: ignore[attr-defined]
    unused = TABLES.add(table_of(), set(), clock.now)
    assert unused
    one, two = directory.create("a", config), directory.create("b", config)
    assert directory.tables_in_use == {table_id}
    directory.end(one)
    assert TABLES.find(table_id)
    two.channel.config = resolve({"data": {"dataset": {"id": "circle"}}}, config)
    assert directory.tables_in_use == set()
    clock.now += 99
    directory.tidy()
    assert TABLES.find(unused)
    assert TABLES.find(table_id), "undo may bring it back"
    directory.end(two)
    assert not TABLES.find(table_id)
    clock.now += 2
    directory.tidy()
    assert not TABLES.find(unused)


# ── over HTTP ────────────────────────────────────────────────────────────────


def test_an_upload_says_what_was_found(live: Live) -> None:
    answer = upload(live, csv_of())
    assert answer.status_code == 201
    found = TableView.model_validate_json(answer.content)
    assert (found.rows, found.target, found.inputs, found.drawn) == (40, 2, [0, 1], False)
    assert [column.name for column in found.columns] == ["input 1", "input 2", "class"]
    assert found.columns[2].tasks[0] == "binary"
    assert len(found.preview) == 8
    assert httpx.get(f"{live.address}/api/data/{found.id}").json() == answer.json()
    refused(httpx.get(f"{live.address}/api/data/{found.id}x"), 404)


def test_a_bad_upload_names_row_and_column(live: Live) -> None:
    error = refused(upload(live, b"a,b\n1,2\n3,x\n"), 422)
    assert error["field"] == "rows.3.columns.2"
    refused(upload(live, b"1" * (MAX_UPLOAD + 1)), 413)
    assert refused(upload(live, b"1,2", {"Content-Type": "image/png"}), 415)["field"] == "content-type"
    refused(upload(live, b"", {}), 415)
    refused(upload(live, csv_of(), {**CSV, "Origin": "http://evil.example"}), 403)


def test_drawn_points_are_a_table_of_the_plane(live: Live) -> None:
    points = [[x, y, int(x > 0)] for x in (-2, -1, 1, 2) for y in (-1, 0.5)]
    found = httpx.post(f"{live.address}/api/data", json={"classes": True, "points": points}).json()
    assert found["drawn"] is True
    run = live.create(data={"dataset": {"id": "own_table", "table": found["id"]}})
    data = msgpack.unpackb(httpx.get(f"{live.address}/api/runs/{run['id']}/data").content)
    assert (data["kind"], data["task"], data["class_names"]) == ("plane", "binary", ["A", "B"])
    drawn = np.concatenate([np.frombuffer(data[part]["points"], "<f4") for part in ("train", "test")]).reshape(-1, 2)
    assert sorted(map(tuple, drawn.tolist())) == sorted((x, y) for x, y, _ in points)
    live.delete(run)
    assert httpx.get(f"{live.address}/api/data/{found['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"classes": True, "points": [[0, 0, 0], [1, 1, 6]]},
        {"classes": True, "points": [[0, 0, 0.5]]},
        {"classes": False, "points": [[0, 0, 2]]},
        {"classes": True, "points": [[7, 0, 1]]},
        {"classes": True, "points": [[0, 0]]},
        {"classes": True, "points": []},
        {"classes": True, "points": [[0, 0, 1]] * 5},
        {"points": [[0, 0, 1]]},
        [],
        "points",
    ],
)
def test_wrong_points_are_refused(live: Live, body: Any) -> None:
    refused(httpx.post(f"{live.address}/api/data", json=body), 422)


def test_a_run_trains_on_a_table_and_comes_back_to_it(live: Live) -> None:
    table_id = upload(live, csv_of(rows=200, columns=4)).json()["id"]
    dataset = {"id": "own_table", "table": table_id, "columns": [0, 1]}
    run = live.create(data={"dataset": dataset}, speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            names = [column["name"] for column in viewer.hello["layout"]["columns"]]
            place = names.index("train_accuracy")
            await viewer.frame(lambda frame: accuracy(frame, place) == 1)
            await viewer.say("set", config={"data": {"dataset": {"id": "circle"}}})
            await viewer.event("config")
            await viewer.say("set", config={"data": {"dataset": {**dataset, "target": 3, "task": "auto"}}})
            back = await viewer.event("config")
            assert back["config"]["data"]["dataset"]["table"] == table_id
            await viewer.say("reset", seed=5)
            await viewer.frame(lambda frame: accuracy(frame, place) == 1)

    def accuracy(frame: dict[str, Any], place: int) -> float:
        return float(np.frombuffer(frame["stats"], "<f4")[place])

    play(scenario())
    assert live.patch(run, data={"dataset": {"table": "gone"}}).json()["error"]["field"] == "data.dataset.table"
    live.delete(run)
    again = httpx.post(f"{live.address}/api/runs", json={"data": {"dataset": dataset}})
    assert refused(again, 422)["field"] == "data.dataset.table"


def test_no_upload_is_answered_with_500(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    kinds = st.sampled_from(["text/csv", "application/json", "text/plain; charset=x", "nonsense"])
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["classes", "points", "x"]), inner, max_size=3)
        ),
        max_leaves=10,
    )
    with httpx.Client(base_url=live.address) as client:

        @given(st.binary(max_size=80) | values.map(lambda value: json.dumps(value).encode()), kinds)
        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        def attack(body: bytes, kind: str) -> None:
            answer = client.post("/api/data", content=body, headers={"Content-Type": kind})
            assert answer.status_code in {201, 415, 422}, answer.text

        attack()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_fifty_people_upload_at_once(live: Live) -> None:
    bodies = [csv_of(seed=seed) for seed in range(50)]
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda body: upload(live, body), bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert len(TABLES) <= MAX_TABLES


def test_a_full_store_asks_to_come_back(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TABLES, "_most", 0)
    answer = upload(live, csv_of())
    refused(answer, 429)
    assert int(answer.headers["retry-after"]) >= 1

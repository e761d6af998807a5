"""Changed training images as a run has them: live, for images only, and for no other samples than those of a batch."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

from server.commands import Configure
from server.configuration import DEFAULT, needs_new_weights, resolve, training_spec
from server.datasets import DATASETS
from server.problems import Refused
from server.publications import Plan
from server.runs import Run
from server.schema import RunConfig
from tests.server.conftest import Live

ALL = {"shift": 1.5, "rotation": 20.0, "flip": True, "noise": 0.1}
OFF = {"shift": 0.0, "rotation": 0.0, "flip": False, "noise": 0.0}
EACH = [{"shift": 2}, {"rotation": 15}, {"flip": True}, {"noise": 0.2}]


def digits(**augmentation: Any) -> RunConfig:
    return resolve({"data": {"dataset": {"id": "digits"}}, "training": {"augmentation": augmentation}})


def outcome(*slices: tuple[int, RunConfig]) -> bytes:
    """The weights, and all that was seen of them, after so many steps under each configuration."""
    run = Run(slices[0][1], 0.0)
    run.prepare()
    for steps, config in slices:
        for published in run.handle(Configure(config), 0.0):
            assert not isinstance(published, Plan) or not published.restarted
        run.train(steps, True, lambda: 0.0)
    snapshot = run.snapshot(frozenset())
    return snapshot.params.tobytes() + snapshot.series.values.tobytes()


def test_nothing_is_changed_unless_it_is_asked_for() -> None:
    assert DEFAULT.as_dict()["training"]["augmentation"] == OFF
    before = DEFAULT.as_dict()
    del before["training"]["augmentation"]
    assert resolve(before) == DEFAULT


@pytest.mark.parametrize("part", EACH, ids=lambda part: next(iter(part)))
def test_each_part_is_live_and_leaves_the_others(part: dict[str, Any]) -> None:
    off = digits()
    on = resolve({"training": {"augmentation": part}}, off)
    assert on.as_dict()["training"]["augmentation"] == {**OFF, **part}
    assert not needs_new_weights(off, on)
    spec = training_spec(on).augmentation
    assert {name: getattr(spec, name) for name in OFF} == {**OFF, **part}


@pytest.mark.parametrize("wrong", [1, 0, "yes", None, [], 0.5])
def test_mirroring_is_on_or_off(wrong: Any) -> None:
    with pytest.raises(Refused) as refusal:
        digits(flip=wrong)
    assert refusal.value.first.field == "training.augmentation.flip"


@pytest.mark.parametrize("part", EACH, ids=lambda part: next(iter(part)))
def test_points_and_tables_refuse_it_by_name(part: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        resolve({"training": {"augmentation": part}})
    problem = refusal.value.first
    assert (problem.field, problem.bound) == ("training.augmentation", "images only")
    assert "Choose images" in problem.message["en"]
    assert resolve({"training": {"augmentation": OFF}}) == DEFAULT


def test_it_ends_where_images_give_way_to_points_and_stays_from_images_to_images() -> None:
    images = digits(**ALL)
    points = resolve({"data": {"dataset": {"id": "circle"}}}, images)
    assert points.as_dict()["training"]["augmentation"] == OFF
    other = resolve({"data": {"dataset": {"id": "shapes"}}}, images)
    assert DATASETS["shapes"].kind == "images"
    assert other.training.augmentation == images.training.augmentation
    with pytest.raises(Refused):
        resolve({"data": {"dataset": {"id": "circle"}}, "training": {"augmentation": ALL}}, images)


def test_the_same_bits_however_a_run_is_sliced_and_those_of_before_once_it_is_off() -> None:
    on, off = digits(**ALL), digits()
    assert outcome((40, on))[:4000] == outcome((1, on), (2, on), (30, on), (7, on))[:4000]
    assert outcome((0, on), (40, off)) == outcome((0, off), (40, off))
    assert outcome((40, on))[:4000] != outcome((40, off))[:4000]


def test_only_the_batches_of_training_are_changed() -> None:
    """What is evaluated is what weights that stand still give for images as they are, on either set."""
    still = {"optimizer": {"id": "sgd", "learning_rate": 1e-30}}

    def seen(**augmentation: Any) -> dict[str, float]:
        asked = {"data": {"dataset": {"id": "digits"}}, "training": {**still, "augmentation": augmentation}}
        run = Run(resolve(asked), 0.0)
        (plan,) = [each for each in run.prepare() if isinstance(each, Plan)]
        run.train(20, True, lambda: 0.0)
        stats = np.asarray(run.snapshot(frozenset()).stats, np.float64)
        return {column.name: float(value) for column, value in zip(plan.layout.columns, stats, strict=True)}

    on, off = seen(**ALL), seen()
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert on[name] == off[name]
    assert on["loss"] != off["loss"]


def test_the_catalogue_says_how_far_it_goes(live: Live) -> None:
    limits = httpx.get(f"{live.address}/api/catalog").json()["limits"]["augmentation"]
    assert limits == {"shift": 8, "rotation": 45, "noise": 1}
    for name, most in limits.items():
        assert digits(**{name: most}).as_dict()["training"]["augmentation"][name] == most

"""Every ready comparison is valid, differs in one thing, and what it claims holds for at least four of five seeds."""

from __future__ import annotations

import itertools
import math
import re
import time
from pathlib import Path
from typing import Any

import pytest

from kernels.probes.vanished_weights import VANISHED
from server.comparisons import COMPARISONS, catalogue
from server.configuration import resolve
from server.studies.outcome import Outcome
from server.studies.plan import StudyPlan, plan_study
from server.studies.quantities import PLACES, QUANTITIES
from server.studies.study import Study, make_job

SEEDS = 5


def done(plan: StudyPlan) -> Study:
    """A study to its end, on this thread."""
    study = Study("study", "", "", plan, 0.0)
    for outcome in study.outcomes:
        job = make_job(study.config_of(outcome), plan, outcome)
        while not outcome.finished:
            job.advance(1.0, time.perf_counter)
        study.note(outcome)
    return study


@pytest.mark.parametrize("name", COMPARISONS)
def test_what_a_comparison_claims_holds_for_at_least_four_of_five_seeds(name: str) -> None:
    study = done(plan_study({"comparison": name, "seeds": SEEDS}))
    held = {each["seed"]: each["held"] for each in study.held()}
    assert len(held) == SEEDS
    assert sum(held.values()) >= SEEDS - 1, held


def outcome(config: int, points: int, **values: float) -> Outcome:
    """An outcome whose quantities were the same all the time."""
    made = Outcome(config, 1, points)
    for _ in range(points):
        made.add([values.get(quantity.id, math.nan) for quantity in QUANTITIES])
    made.state = "done"
    return made


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_claim_can_fail(name: str) -> None:
    """Sides that do not differ make no claim true, nor do sides that have all diverged."""
    comparison = COMPARISONS[name]
    for value in (0.001, 0.5, 3.0):
        same = [outcome(i, 3, **dict.fromkeys(PLACES, value)) for i in range(len(comparison.sides))]
        assert not comparison.claim.holds(same)
        for each in same:
            each.state = "diverged"
        assert not comparison.claim.holds(same)


def test_the_claim_about_norms_is_about_all_three_batch_sizes() -> None:
    holds = COMPARISONS["batch_group_norm"].claim.holds
    for batch_8, held in ((0.93, True), (0.7, False)):
        accuracies = (0.94, 0.93, batch_8, 0.94, 0.5, 0.95)
        assert holds([outcome(i, 3, test_accuracy=value) for i, value in enumerate(accuracies)]) is held


def leaves(config: Any, path: str = "") -> dict[str, Any]:
    """Every number and word of a configuration by where it stands."""
    if isinstance(config, dict):
        return {name: value for key, part in config.items() for name, value in leaves(part, f"{path}.{key}").items()}
    if isinstance(config, list):
        return {name: value for i, part in enumerate(config) for name, value in leaves(part, f"{path}.*{i}").items()}
    return {path: config}


def difference(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
    """Where two configurations differ, whatever the layer."""
    one, other = leaves(first), leaves(second)
    places = {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}
    return {".".join(part for part in place.split(".") if not part.startswith("*")) for place in places}


ONE_THING = {
    "momentum": {".training.optimizer"},
    "optimizers": {".training.optimizer"},
    "sorted_batches": {".training.sampling"},
    "l1_l2": {".training.regularizers"},
    "dropout": {".network.layers.dropout"},
    "xavier_he": {".network.layers.initializer"},
    "sigmoid_relu": {".network.layers.activation"},
    "batch_norm_rate": {".network.layers.normalization"},
    "batch_group_norm": {".network.layers.normalization", ".training.batch_size"},
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_sides_differ_in_what_is_compared_and_in_nothing_else(name: str) -> None:
    configs = [config.as_dict() for config in COMPARISONS[name].configs]
    for first, second in itertools.combinations(configs, 2):
        found = difference(first, second)
        assert found
        assert all(any(place.startswith(thing) for thing in ONE_THING[name]) for place in found), found


def test_momentum_and_sgd_share_a_learning_rate() -> None:
    rates = {config.training.optimizer.params()["learning_rate"] for config in COMPARISONS["momentum"].configs}
    assert len(rates) == 1


def test_the_catalogue_offers_complete_configurations() -> None:
    offered = catalogue()
    assert [each["id"] for each in offered] == list(COMPARISONS)
    for each in offered:
        assert each["quantity"] in PLACES
        assert 2 <= len(each["runs"]) <= 8
        for run in each["runs"]:
            assert resolve(run["config"]).as_dict() == run["config"]


def test_names_and_sentences_are_in_both_languages_and_distinct() -> None:
    for language in ("en", "zh"):
        for texts in (
            [comparison.label[language] for comparison in COMPARISONS.values()],
            [comparison.watch[language] for comparison in COMPARISONS.values()],
            [comparison.claim.text[language] for comparison in COMPARISONS.values()],
        ):
            assert all(texts)
            assert len(set(texts)) == len(texts)
        for comparison in COMPARISONS.values():
            labels = [side.label[language] for side in comparison.sides]
            assert len(set(labels)) == len(labels)


def test_the_page_counts_vanished_weights_by_the_same_bound() -> None:
    source = Path(__file__).resolve().parents[2] / "web/src/state/comparison/profiles.ts"
    found = re.search(r"export const VANISHED = (\S+);", source.read_text(encoding="utf-8"))
    assert found
    assert float(found[1]) == VANISHED

"""Who has to wait for whom: studies of jobs that only take time, beside runs, with a clock that these alone move."""

from __future__ import annotations

from typing import Any

import pytest

from kernels.spec import Text
from server.problems import Refused
from server.scheduler import Scheduler
from server.settings import Settings
from server.studies import desk
from server.studies.desk import Studies
from server.studies.outcome import Outcome
from server.studies.study import Study
from tests.server.support import Clock, House
from tests.server.test_studies import small


class FakeJob:
    """Takes `seconds` of the clock a slice, for so many slices; then it is done, or fails."""

    def __init__(self, outcome: Outcome, clock: Clock, slices: int = 10, seconds: float = 0.003) -> None:
        self.outcome = outcome
        self._clock = clock
        self._left = slices
        self._seconds = seconds
        self.fails = False
        self.finished = False

    def advance(self, _seconds: float, _now: Any) -> None:
        self._clock.now += self._seconds
        self._left -= 1
        if self.fails:
            raise MemoryError("on purpose")
        if self._left == 0:
            self.outcome.state = "done"

    def finish(self) -> None:
        self.finished = True


class Bureau:
    """Studies of fake jobs, beside runs of a house."""

    def __init__(self, threads: int = 1, kernels: Any = None, **settings: Any) -> None:
        self.house = House()
        self.clock = self.house.clock
        self.jobs: list[FakeJob] = []
        self.slices = 10
        self.studies = Studies(Settings(**settings), threads, kernels, self.clock, self.clock, self._make)
        self.house.scheduler = Scheduler(
            self.house.bus, 1, self.clock, self.house._make, self.clock, background=self.studies
        )
        self.house.bus.connect_running(self.house.scheduler)
        self.studies.connect(self.house.scheduler.nudge)

    def _make(self, _config: Any, _plan: Any, outcome: Outcome) -> Any:
        self.jobs.append(FakeJob(outcome, self.clock, self.slices))
        return self.jobs[-1]

    def begin(self, address: str = "a", **asked: Any) -> Study:
        return self.studies.create(address, small(**asked))


def state(study: Study) -> str:
    return study.state


def test_a_study_is_done_where_no_run_is_due() -> None:
    bureau = Bureau()
    study = bureau.begin(seeds=3)
    bureau.house.advance(0.02)
    assert state(study) == "running"
    bureau.house.advance(0.2)
    assert state(study) == "done"
    assert [outcome.state for outcome in study.outcomes] == ["done"] * 3
    assert all(job.finished for job in bureau.jobs)
    assert not bureau.house.scheduler.turn()


def test_beside_a_run_at_full_speed_a_study_gets_its_least_share_and_no_more() -> None:
    bureau = Bureau()
    run = bureau.house.open("run")
    bureau.slices = 100_000
    bureau.begin()
    began = bureau.clock.now
    bureau.house.advance(10.0)
    share = 1 - run.trainer.step * 1e-5 / (bureau.clock.now - began)
    assert 0.7 * desk.LEAST_SHARE < share < 1.1 * desk.LEAST_SHARE


def test_a_paced_run_keeps_its_pace_beside_a_study() -> None:
    bureau = Bureau()
    run = bureau.house.open("run", speed=50)
    bureau.slices = 100_000
    bureau.begin()
    bureau.house.advance(10.0)
    assert run.trainer.step == pytest.approx(500, abs=5)


def test_several_studies_take_turns() -> None:
    bureau = Bureau()
    bureau.slices = 100
    first, second = bureau.begin(seeds=2), bureau.begin(seeds=2)
    bureau.house.advance(0.45)
    assert [outcome.state for outcome in first.outcomes] == ["running", "waiting"]
    assert [outcome.state for outcome in second.outcomes] == ["running", "waiting"]
    bureau.house.advance(1.0)
    assert first.state == second.state == "done"


@pytest.mark.parametrize("studies", [1, 3])
def test_no_more_threads_than_allowed_work_for_studies(studies: int) -> None:
    bureau = Bureau(threads=2)
    for _ in range(studies):
        bureau.begin(seeds=5)
    pieces = [bureau.studies.take(overdue=False) for _ in range(3)]
    assert [piece is not None for piece in pieces] == [True, True, False]
    for piece in pieces[:2]:
        assert piece is not None
        piece()
    assert bureau.studies.take(overdue=False) is not None


def test_a_cancelled_study_gets_no_more_turns_and_keeps_what_was_measured() -> None:
    bureau = Bureau()
    study = bureau.begin(seeds=3)
    piece = bureau.studies.take(overdue=False)
    bureau.studies.cancel(study)
    assert piece is not None
    piece()
    assert study.state == "cancelled"
    assert bureau.jobs[0].finished
    assert bureau.studies.take(overdue=False) is None
    assert bureau.studies.find(study.study_id) is study
    assert study.as_dict(0)["total"] == 3


def test_a_fault_ends_one_run_and_not_the_study() -> None:
    bureau = Bureau()
    study = bureau.begin(seeds=2)
    piece = bureau.studies.take(overdue=False)
    bureau.jobs[0].fails = True
    assert piece is not None
    piece()
    bureau.house.advance(1.0)
    assert [outcome.state for outcome in study.outcomes] == ["failed", "done"]
    assert study.state == "done"


def test_one_address_cannot_take_all_places_and_old_results_make_room() -> None:
    bureau = Bureau(max_studies=3, max_studies_per_address=2)
    first = bureau.begin("a")
    bureau.begin("a")
    with pytest.raises(Refused) as refused:
        bureau.begin("a")
    assert (refused.value.status, refused.value.retry_after) == (429, desk.RETRY_AFTER)
    bureau.begin("b")
    with pytest.raises(Refused) as refused:
        bureau.begin("c")
    assert refused.value.status == 429
    bureau.studies.cancel(first)
    bureau.begin("c")
    bureau.house.advance(2.0)
    for number in range(5):
        bureau.clock.now += 1
        bureau.begin(str(number))
        bureau.house.advance(1.0)
    assert bureau.studies.find(first.study_id) is None
    assert len(bureau.studies) <= 2 * 3


def test_a_study_at_which_nobody_looks_is_cancelled_and_then_forgotten() -> None:
    bureau = Bureau()
    study = bureau.begin()
    bureau.clock.now += 100
    assert bureau.studies.find(study.study_id) is study
    bureau.clock.now += 119
    bureau.studies.tidy()
    assert state(study) == "running"
    bureau.clock.now += 1
    bureau.studies.tidy()
    assert state(study) == "cancelled"
    bureau.clock.now += 1800
    bureau.studies.tidy()
    assert bureau.studies.find(study.study_id) is None


class Compiling:
    """Kernels of which one is missing until it is there."""

    def __init__(self) -> None:
        self.missed = True
        self.wanted: list[str] = []

    def missing(self, _config: Any) -> list[Any]:
        piece = type("Piece", (), {"name": Text(en="Lion", zh="Lion")})
        return [piece] if self.missed else []

    def want(self, study_id: str, _missing: Any) -> None:
        self.wanted.append(study_id)


def test_a_study_waits_for_kernels_and_says_so() -> None:
    kernels = Compiling()
    bureau = Bureau(kernels=kernels)
    study = bureau.begin()
    bureau.house.advance(0.1)
    assert study.as_dict(0)["waits_for"] == {"en": "Lion", "zh": "Lion"}
    assert kernels.wanted == [study.study_id]
    kernels.missed = False
    bureau.studies.wake("another")
    bureau.house.advance(0.1)
    assert study.outcomes[0].state == "waiting"
    bureau.studies.wake(study.study_id)
    bureau.house.advance(0.1)
    assert study.state == "done"
    assert study.as_dict(0)["waits_for"] is None

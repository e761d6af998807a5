"""All studies that there are: who may begin one, and which job is next. See `server.scheduler.Background`."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from server.pace import THREAD_CLOCK
from server.problems import refuse
from server.scheduler import Kernels
from server.settings import Settings
from server.studies.job import Job
from server.studies.outcome import Outcome
from server.studies.plan import StudyPlan
from server.studies.study import MakeJob, Study, make_job

logger = logging.getLogger("livegrad.studies")

#: How long a slice should take, in seconds: a run that becomes due meanwhile waits for it.
SLICE = 0.003
#: The share of one thread's time that studies get even where runs would take all of it.
LEAST_SHARE = 0.1
#: Networks of studies that are in memory at once, whatever the number of threads.
MOST_JOBS = 8
#: Seconds after which to ask again whether there is a place for one more study.
RETRY_AFTER = 15.0


class Studies:
    """The studies of this server by id. All methods may be called from any thread; `clock` gives seconds.

    Jobs use `threads` threads at most. Several studies take turns, slice by slice.
    """

    def __init__(
        self,
        settings: Settings,
        threads: int,
        kernels: Kernels | None = None,
        clock: Callable[[], float] = time.monotonic,
        thread_clock: Callable[[], float] = THREAD_CLOCK,
        make: MakeJob = make_job,
    ) -> None:
        self._settings = settings
        self._threads = threads
        self._kernels = kernels
        self._clock = clock
        self._thread_clock = thread_clock
        self._make = make
        self._lock = threading.Lock()
        self._studies: dict[str, Study] = {}
        #: The running ones, whose turn it is first, and their jobs that have begun and are in nobody's hands.
        self._turns: deque[Study] = deque()
        self._resting: dict[Study, list[tuple[Outcome, Job]]] = {}
        self._begun: dict[Study, int] = {}
        self._busy = 0
        self._overdue = -float("inf")
        self._news: Callable[[], None] = lambda: None

    def connect(self, news: Callable[[], None]) -> None:
        """Name the function to call when there is new work."""
        self._news = news

    def __len__(self) -> int:
        return len(self._studies)

    # Studies

    def create(self, address: str, plan: StudyPlan) -> Study:
        """Begin a study. Raises Refused (429) where there is no place for it."""
        with self._lock:
            self._make_room(address)
            study = Study(secrets.token_urlsafe(9), secrets.token_urlsafe(24), address, plan, self._clock())
            self._studies[study.study_id] = study
            self._turns.append(study)
            self._resting[study], self._begun[study] = [], 0
        self._news()
        return study

    def find(self, study_id: str) -> Study | None:
        """The study of that id, if there is one; it counts as looked at."""
        study = self._studies.get(study_id)
        if study is not None:
            study.asked_at = self._clock()
        return study

    def cancel(self, study: Study) -> None:
        """Do no more of a study. What is known of it stays for a while."""
        with self._lock:
            if study.state == "running":
                study.state, study.waits_for = "cancelled", None
                self._retire(study)

    def tidy(self) -> None:
        """Cancel studies at which nobody looks, and forget old ones. Called every second or so."""
        now = self._clock()
        for study in list(self._studies.values()):
            alone = now - study.asked_at
            if alone >= self._settings.idle_pause_seconds:
                self.cancel(study)
            if alone >= self._settings.keep_seconds:
                self._studies.pop(study.study_id, None)

    def _make_room(self, address: str) -> None:
        """Forget finished studies until one more fits, or refuse. Holds the lock."""
        most = self._settings.max_studies
        running = [study for study in self._studies.values() if study.state == "running"]
        own = sum(study.address == address for study in running)
        if own >= self._settings.max_studies_per_address:
            raise refuse(
                429,
                f"This address has {own} studies under way already. Cancel one, or wait.",
                f"该地址已有 {own} 项研究在进行。请取消一项，或稍候。",
                retry_after=RETRY_AFTER,
            )
        if len(running) >= most:
            raise refuse(
                429,
                f"The server is full: {most} studies under way. Try again in a while.",
                f"服务器已满：{most} 项研究正在进行。请稍后再试。",
                retry_after=RETRY_AFTER,
            )
        finished = sorted((study for study in self._studies.values() if study not in running), key=_last_asked)
        # As many results again are kept as there may be studies under way.
        for study in finished[: max(len(finished) - most + 1, 0)]:
            del self._studies[study.study_id]

    def _retire(self, study: Study) -> None:
        """Give the study no more turns. Holds the lock."""
        if study in self._begun:
            self._turns.remove(study)
            for _, job in self._resting.pop(study):
                job.finish()
            del self._begun[study]

    # Work

    def take(self, *, overdue: bool) -> Callable[[], None] | None:
        """A slice of the next job; with `overdue` only if studies have waited too long for one. None if there is none.

        Whoever takes it must call it.
        """
        with self._lock:
            if self._busy >= self._threads or not self._turns or (overdue and self._clock() < self._overdue):
                return None
            for _ in range(len(self._turns)):
                study = self._turns[0]
                self._turns.rotate(-1)
                if (found := self._job(study)) is not None:
                    self._busy += 1
                    return partial(self._serve, study, *found)
            return None

    def wake(self, study_id: str) -> None:
        """A kernel is there for which a study waited."""
        study = self._studies.get(study_id)
        if study is not None and study.waits_for is not None:
            study.waits_for = None
            self._news()

    def _job(self, study: Study) -> tuple[Outcome, Job] | None:
        """A job of the study that can go on now, or begin. Holds the lock."""
        if resting := self._resting[study]:
            return resting.pop(0)
        begun = self._begun[study]
        waiting = next((outcome for outcome in study.outcomes if outcome.state == "waiting"), None)
        full = begun >= self._threads or sum(self._begun.values()) >= max(MOST_JOBS, self._threads)
        if waiting is None or full or study.waits_for is not None:
            return None
        config = study.config_of(waiting)
        if self._kernels is not None and (missing := self._kernels.missing(config)):
            study.waits_for = missing[0].name
            self._kernels.want(study.study_id, missing)
            return None
        waiting.state = "running"
        self._begun[study] += 1
        return waiting, self._make(config, study.plan, waiting)

    def _serve(self, study: Study, outcome: Outcome, job: Job) -> None:
        """One slice of a job."""
        began, measured = self._clock(), outcome.measured
        try:
            job.advance(SLICE, self._thread_clock)
        except Exception:
            logger.exception("a run of a study failed because of a fault in it")
            outcome.state = "failed"
        now = self._clock()
        with self._lock:
            self._busy -= 1
            self._overdue = now + (now - began) * (1 / LEAST_SHARE - 1)
            if outcome.finished or outcome.measured > measured:
                study.note(outcome)
            if study not in self._begun:
                job.finish()
                return
            if outcome.finished:
                job.finish()
                self._begun[study] -= 1
            else:
                self._resting[study].append((outcome, job))
            if study.state == "done":
                self._retire(study)


def _last_asked(study: Study) -> float:
    return study.asked_at

"""What the routes work with, and who may change what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from server.bus import LocalBus
from server.directory import Directory, GroupEntry, RunEntry
from server.problems import refuse
from server.scheduler import Scheduler
from server.settings import Settings
from server.studies.desk import Studies
from server.studies.study import Study
from server.warming import Warming

#: How long an answer waits for a run to take a change over, in seconds; a run whose kernels compile answers later.
SETTLING_SECONDS = 5.0
#: How long it waits for a run that nobody watches to say where it stands; then it tells what was last known.
LOOKING_SECONDS = 1.0


class _Kept(Protocol):
    def permits(self, token: str | None) -> bool: ...


@dataclass
class Services:
    """What the routes work with."""

    settings: Settings
    directory: Directory
    scheduler: Scheduler
    bus: LocalBus
    warming: Warming
    studies: Studies

    def wake(self, waiting: str) -> None:
        """A kernel is there for which a run or a study waited, by its id."""
        self.scheduler.wake(waiting)
        self.studies.wake(waiting)

    def run(self, run_id: str) -> RunEntry:
        """The run of that id. Raises Refused (404)."""
        entry = self.directory.find(run_id)
        if entry is None:
            raise refuse(
                404, "There is no such run (any more). Begin a new one.", "没有这个训练（或已结束）。请新建一个。", "id"
            )
        return entry

    def own_run(self, run_id: str, request: Request) -> RunEntry:
        """The same, for who brings its token. Raises Refused (401 or 403) for everybody else."""
        entry = self.run(run_id)
        _check_token(entry, request)
        return entry

    async def settled(self, entry: RunEntry, within: float) -> None:
        """Wait until a run has done what it was asked, but no longer than `within` seconds."""
        # While kernels compile, no run can answer.
        if self.warming.status.state != "compiling":
            await entry.channel.settled(within)

    def group(self, group_id: str) -> GroupEntry:
        """The group of that id. Raises Refused (404)."""
        group = self.directory.find_group(group_id)
        if group is None:
            raise refuse(
                404,
                "There is no such comparison (any more). Begin a new one.",
                "没有这个对比（或已结束）。请新建一个。",
                "id",
            )
        return group

    def own_group(self, group_id: str, request: Request) -> GroupEntry:
        """The same, for who brings its token. Raises Refused (401 or 403) for everybody else."""
        group = self.group(group_id)
        _check_token(group, request)
        return group

    def study(self, study_id: str) -> Study:
        """The study of that id. Raises Refused (404)."""
        study = self.studies.find(study_id)
        if study is None:
            raise refuse(
                404,
                "There is no such study (any more). Begin a new one.",
                "没有这项研究（或已结束）。请新建一项。",
                "id",
            )
        return study

    def own_study(self, study_id: str, request: Request) -> Study:
        """The same, for who brings its token. Raises Refused (401 or 403) for everybody else."""
        study = self.study(study_id)
        _check_token(study, request)
        return study


def _check_token(kept: _Kept, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refuse(401, "Send the run's control token: Authorization: Bearer …", "请发送控制令牌。", "authorization")
    if not kept.permits(token.strip()):
        raise refuse(403, "This is not the control token of this run.", "控制令牌与此训练不符。", "authorization")

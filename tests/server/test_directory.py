"""Who may begin a run, and what becomes of runs that nobody watches; time is moved by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.channels import Viewer
from server.commands import Pause, Play
from server.configuration import DEFAULT, layout_of, resolve
from server.directory import Directory, GroupEntry, RunEntry
from server.problems import Refused
from server.publications import Event
from server.schema import RunConfig
from server.settings import Settings
from server.viewers import Mailbox
from tests.server.support import Clock, Wire


class Server:
    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.wire = Wire()
        self.settings = replace(Settings(max_runs=6, max_runs_per_address=3), **settings)
        self.directory = Directory(self.settings, self.wire, self.clock)

    def create(self, address: str = "a", config: RunConfig = DEFAULT) -> RunEntry:
        return self.directory.create(address, config)

    def group(self, runs: int, address: str = "a") -> GroupEntry:
        return self.directory.create_group(address, [DEFAULT] * runs, "steps")

    def watch(self, entry: RunEntry) -> Viewer:
        viewer = Viewer(Mailbox(False, 10.0))
        self.directory.join(entry, viewer, None, 0)
        return viewer


def refusal(server: Server, address: str = "a", config: RunConfig = DEFAULT) -> Refused:
    with pytest.raises(Refused) as caught:
        server.create(address, config)
    assert caught.value.status == 429
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 0
    return caught.value


def test_tokens_and_ids_are_long_and_differ() -> None:
    server = Server()
    entries = [server.create(str(number)) for number in range(6)]
    assert len({entry.run_id for entry in entries}) == len({entry.token for entry in entries}) == 6
    assert all(len(entry.token) >= 32 and len(entry.run_id) >= 12 for entry in entries)
    assert entries[0].permits(entries[0].token)
    for wrong in (None, "", entries[1].token, entries[0].token[:-1], "é" * 32, "\ud800"):
        assert not entries[0].permits(wrong)


def test_an_address_has_its_share_and_others_theirs() -> None:
    server = Server()
    for _ in range(3):
        server.create("a")
    waiting = refusal(server, "a").retry_after
    assert waiting == server.settings.evict_seconds
    server.create("b")


def test_who_reloads_over_and_over_is_not_locked_out() -> None:
    server = Server()
    for _ in range(20):
        entry = server.create("a")
        viewer = server.watch(entry)
        server.clock.now += 20
        server.directory.leave(entry, viewer)
    assert len(server.directory) == 3


def test_the_run_left_longest_ago_makes_room_and_a_watched_one_never() -> None:
    server = Server()
    watched, old, young = (server.create("a") for _ in range(3))
    server.watch(watched)
    viewer = server.watch(young)
    server.clock.now += 1000
    server.directory.leave(young, viewer)
    server.create("a")
    assert server.directory.find(old.run_id) is None
    assert old.channel.ended
    refusal(server)
    server.clock.now += 1000
    server.create("a")
    assert server.directory.find(young.run_id) is None
    assert server.directory.find(watched.run_id) is watched
    assert old.run_id not in server.wire.runs


def test_a_full_server_gives_up_only_runs_that_are_idle() -> None:
    server = Server()
    for number in range(6):
        server.create(str(number))
    server.clock.now += server.settings.evict_seconds + 1
    refusal(server, "new")
    server.clock.now += server.settings.idle_pause_seconds
    server.create("new")
    assert len(server.directory) == 6


def test_the_weights_of_all_runs_are_bounded() -> None:
    big = resolve({"network": {"layers": [{"units": 512}] * 3}})
    size = layout_of(big).parameter_count
    server = Server(max_weights=2 * size + 10)
    first = server.create("a", big)
    server.create("b", big)
    assert "parameters" in refusal(server, "c", big).first.message["en"]
    server.directory.end(first)
    server.create("c", big)


def test_unwatched_runs_pause_then_end() -> None:
    server = Server()
    entry = server.create()
    viewer = server.watch(entry)
    server.clock.now += 10_000
    server.directory.tidy()
    assert server.wire.sent == []
    server.directory.leave(entry, viewer)
    server.clock.now += 119
    server.directory.tidy()
    assert server.wire.sent == []
    server.clock.now += 1
    for _ in range(3):
        server.directory.tidy()
    assert server.wire.sent == [(entry.run_id, Pause(idle=True))]
    server.clock.now += 1800 - 121
    server.directory.tidy()
    assert server.directory.find(entry.run_id) is entry
    server.clock.now += 1
    server.directory.tidy()
    assert server.directory.find(entry.run_id) is None
    assert server.wire.runs == {}


def test_who_comes_back_in_time_finds_the_run() -> None:
    server = Server()
    entry = server.create()
    server.clock.now += 125
    server.directory.tidy()
    viewer = server.watch(entry)
    server.clock.now += 10_000
    server.directory.tidy()
    assert server.directory.find(entry.run_id) is entry
    server.directory.leave(entry, viewer)
    server.clock.now += 121
    server.directory.tidy()
    assert len(server.wire.sent) == 2


def test_one_of_two_viewers_is_enough() -> None:
    server = Server()
    entry = server.create()
    first, second = server.watch(entry), server.watch(entry)
    assert server.directory.viewers == 2
    server.directory.leave(entry, first)
    assert entry.unwatched_since is None
    server.directory.leave(entry, second)
    server.directory.leave(entry, second)
    assert entry.unwatched_since == server.clock.now


def test_viewers_are_bounded() -> None:
    server = Server(max_viewers=2)
    entry = server.create()
    for _ in range(2):
        server.directory.check_viewers()
        server.watch(entry)
    with pytest.raises(Refused) as caught:
        server.directory.check_viewers()
    assert caught.value.status == 429


def test_what_comes_after_the_end_of_a_run_is_dropped() -> None:
    server = Server()
    entry = server.create()
    server.directory.end(entry)
    server.directory.deliver([(entry.run_id, Event("state", 1, 0, {"state": "paused"}))])
    assert entry.channel.state == "running"


def test_a_group_counts_as_one_of_its_address_and_as_its_runs_of_the_server() -> None:
    server = Server(max_runs=8)
    server.group(2)
    server.create("a")
    server.group(3)
    refusal(server, "a")
    assert len(server.directory) == 6
    server.create("b")
    with pytest.raises(Refused) as caught:
        server.group(2, "c")
    assert caught.value.status == 429
    assert len(server.directory) == 7


def test_a_group_that_could_never_fit_costs_nobody_his_run() -> None:
    server = Server()
    server.create("a")
    server.clock.now += 10_000
    with pytest.raises(Refused):
        server.group(7)
    assert len(server.directory) == 1


def test_who_reloads_a_comparison_over_and_over_is_not_locked_out() -> None:
    server = Server(max_runs=24)
    for _ in range(20):
        group = server.group(8)
        entries = list(group.runs.values())
        viewers = [server.watch(entry) for entry in entries]
        server.clock.now += 20
        for entry, viewer in zip(entries, viewers, strict=True):
            server.directory.leave(entry, viewer)
    assert len(server.directory) == 24
    assert len(server.wire.runs) == 24


def test_a_group_makes_room_as_a_whole_and_not_while_one_of_it_is_watched() -> None:
    server = Server()
    group = server.group(3)
    entries = list(group.runs.values())
    viewer = server.watch(entries[1])
    server.create("b")
    server.clock.now += 10_000
    server.directory.tidy()
    assert server.directory.find_group(group.group_id) is group
    with pytest.raises(Refused):
        server.group(4, "b")
    server.directory.leave(entries[1], viewer)
    server.clock.now += server.settings.idle_pause_seconds
    server.group(4, "b")
    assert server.directory.find_group(group.group_id) is None
    assert all(entry.channel.ended for entry in entries)


def test_an_unwatched_group_pauses_then_ends() -> None:
    server = Server()
    group = server.group(3)
    first, second, _ = group.runs.values()
    viewer = server.watch(second)
    server.directory.leave(second, viewer)
    server.clock.now += 121
    for _ in range(3):
        server.directory.tidy()
    assert server.wire.steered == [(group.group_id, Pause(idle=True))]
    viewer = server.watch(first)
    server.clock.now += 10_000
    server.directory.tidy()
    assert len(group.runs) == 3
    server.directory.leave(first, viewer)
    server.clock.now += 121
    server.directory.tidy()
    assert len(server.wire.steered) == 2
    server.clock.now += 1800
    server.directory.tidy()
    assert server.directory.find_group(group.group_id) is None
    assert server.wire.runs == {}


def test_one_more_needs_a_place_but_no_share() -> None:
    server = Server()
    group = server.group(4)
    server.create("a")
    server.create("a")
    server.clock.now += 1000
    added = server.directory.join_group(group, DEFAULT)
    assert added.group is group
    assert added.token == group.token
    assert added.run_id in server.wire.runs
    assert len(server.directory) == 6
    assert len(group.runs) == 5


def test_the_weights_of_a_group_are_bounded_together() -> None:
    big = resolve({"network": {"layers": [{"units": 512}] * 3}})
    size = layout_of(big).parameter_count
    server = Server(max_weights=2 * size + 10)
    with pytest.raises(Refused) as caught:
        server.directory.create_group("a", [big] * 3, "steps")
    assert "parameters" in caught.value.first.message["en"]
    group = server.directory.create_group("a", [big] * 2, "steps")
    server.clock.now += 1000
    # It does not make room for its own next run.
    with pytest.raises(Refused):
        server.directory.join_group(group, big)
    assert len(group.runs) == 2
    server.create("b", big)
    assert server.directory.find_group(group.group_id) is None


def test_a_group_that_goes_on_unwatched_is_paused_again() -> None:
    server = Server()
    group = server.group(2)
    for _ in range(2):
        server.wire.sent.clear()
        server.wire.steered.clear()
        server.clock.now += server.settings.idle_pause_seconds
        server.directory.tidy()
        assert server.wire.steered == [(group.group_id, Pause(idle=True))]
        server.directory.steer(group, Play())

"""Changing a run's configuration, or those of a group, the same way over HTTP and over the WebSocket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.commands import Configure, ConfigureMembers, Reset
from server.configuration import layout_of, resolve
from server.directory import Directory, GroupEntry, RunEntry
from server.plans import first_plan
from server.schema import MAX_SEED, RunConfig


def configure(directory: Directory, entry: RunEntry, asked: Any) -> None:
    """Merge what is asked for into the run's configuration and send it to the run.

    All changes pass here, one after the other, so that of two quick ones the second knows of the first. The speed is
    that of the whole group, if it has one.
    Raises Refused: 422 naming the field, 429 where the server's memory would not do.
    """
    config = resolve(asked, entry.channel.config)
    others = [run for run in entry.company if run is not entry and run.channel.config.speed != config.speed]
    _take(directory, {entry: config})
    if entry.group is None or not others:
        entry.channel.steer(Configure(config))
    else:
        configs = {run: run.channel.config.model_copy(update={"speed": config.speed}) for run in others}
        _take(directory, configs)
        _send(directory, entry.group, {entry: config, **configs})


def configure_group(directory: Directory, group: GroupEntry, asked: Any) -> None:
    """Merge what is asked for into the configurations of all runs of a group, or of none. Raises Refused."""
    configs = {run: resolve(asked, run.channel.config) for run in group.runs.values()}
    _take(directory, configs)
    _send(directory, group, configs)


def reset(directory: Directory, entry: RunEntry, seed: int | None) -> None:
    """Begin again with new weights, drawn with this seed or with the present one.

    All runs of a group begin again. They have one seed, or keep the differences between their seeds.
    """
    channel = entry.channel
    if entry.group is None:
        if seed is not None:
            channel.config = resolve({"seed": seed}, channel.config)
            channel.foresee(first_plan(channel.config))
    elif seed is not None:
        resolve({"seed": seed}, channel.config)
        further = seed - channel.config.seed
        seeds = {run: (run.channel.config.seed + further) % (MAX_SEED + 1) for run in entry.company}
        configs = {run: run.channel.config.model_copy(update={"seed": each}) for run, each in seeds.items()}
        _take(directory, configs)
        _send(directory, entry.group, configs)
        seed = None
    channel.steer(Reset(seed))


def _take(directory: Directory, configs: Mapping[RunEntry, RunConfig]) -> None:
    """Let these be the configurations of the runs, if there is memory for them all. Raises Refused (429)."""
    changed = {
        run: config
        for run, config in configs.items()
        if config.network != run.channel.config.network or config.data != run.channel.config.data
    }
    added = sum(layout_of(config).parameter_count - run.weights for run, config in changed.items())
    directory.check_weights(added, [each for run in configs for each in run.company])
    for run, config in configs.items():
        run.channel.config = config
        directory.keep_table(run, config)
        run.channel.foresee(first_plan(config))


def _send(directory: Directory, group: GroupEntry, configs: Mapping[RunEntry, RunConfig]) -> None:
    directory.steer(group, ConfigureMembers({run.run_id: config for run, config in configs.items()}))

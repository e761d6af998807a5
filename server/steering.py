"""Changing a run's configuration, the same way over HTTP and over the WebSocket."""

from __future__ import annotations

from typing import Any

from server.commands import Configure, Reset
from server.configuration import layout_of, resolve
from server.directory import Directory, RunEntry
from server.runs import first_plan


def configure(directory: Directory, entry: RunEntry, asked: Any) -> None:
    """Merge what is asked for into the run's configuration and send it to the run.

    All changes pass here, one after the other, so that of two quick ones the second knows of the first.
    Raises Refused: 422 naming the field, 429 where the server's memory would not do.
    """
    channel = entry.channel
    config = resolve(asked, channel.config)
    if config.network != channel.config.network or config.data != channel.config.data:
        directory.check_weights(layout_of(config).parameter_count - entry.weights)
    channel.config = config
    directory.keep_table(entry, config)
    channel.foresee(first_plan(config))
    channel.send(Configure(config))


def reset(entry: RunEntry, seed: int | None) -> None:
    """Begin again with new weights, drawn with this seed or with the present one."""
    channel = entry.channel
    if seed is not None:
        channel.config = resolve({"seed": seed}, channel.config)
        channel.foresee(first_plan(channel.config))
    channel.send(Reset(seed))

"""The WebSocket of one viewer: a reader that always reads, and a sender that empties the mailbox."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from server.channels import Channel, Viewer
from server.commands import EditParameters, ParameterEdit, Pause, Play, Step
from server.configuration import layout_of
from server.directory import Directory, RunEntry
from server.frames import encode_event
from server.messages import (
    Acknowledge,
    Hello,
    Message,
    PauseMessage,
    PlayMessage,
    ResetMessage,
    SetMessage,
    SpeedMessage,
    StepMessage,
    WatchFields,
    parse_message,
)
from server.problems import Refused, refuse, unknown_parameter
from server.publications import Event, error_event
from server.settings import Settings
from server.steering import configure, reset
from server.viewers import Mailbox

#: Close codes of our own (4000 to 4999 are free for applications), which tell the page what to do next.
NO_HELLO, UNKNOWN_RUN, NOT_ACKNOWLEDGED, RUN_ENDED, TOO_SLOW, FULL = 4400, 4404, 4408, 4410, 4413, 4429

#: Acknowledgements come with every frame; more than this many messages a second nobody needs.
ACKNOWLEDGEMENTS_PER_SECOND = 400.0


class Bucket:
    """A token bucket: how long to wait before the next message is taken, at so many a second."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = 2 * rate
        self._then = now

    def delay(self, now: float, *, lends: bool = True) -> float:
        """Take one; seconds to wait, 0 while there is enough. One that does not lend is left as it is then."""
        self._tokens = min(self._tokens + (now - self._then) * self._rate, 2 * self._rate)
        self._then = now
        wait = max((1 - self._tokens) / self._rate, 0.0)
        if lends or wait == 0:
            self._tokens -= 1
        return wait


@dataclass(eq=False)
class Closing(Exception):  # noqa: N818  (not an error of the program)
    """The connection is to be closed with this code."""

    code: int


class Stream:
    """One viewer's connection to one run."""

    def __init__(self, websocket: WebSocket, directory: Directory, settings: Settings) -> None:
        self._websocket = websocket
        self._directory = directory
        self._settings = settings
        self._clock = asyncio.get_running_loop().time
        self._news = asyncio.Event()
        self._commands = Bucket(settings.commands_per_second, self._clock())
        self._acknowledgements = Bucket(ACKNOWLEDGEMENTS_PER_SECOND, self._clock())
        self._frames = Bucket(settings.frames_per_second, self._clock())
        self._acknowledged = 0

    async def run(self, run_id: str) -> None:
        """Serve the viewer until it leaves, or must."""
        await self._websocket.accept()
        try:
            await self._serve(run_id)
        except WebSocketDisconnect:
            return
        except Closing as closing:
            await self._close(closing.code)

    async def _serve(self, run_id: str) -> None:
        entry = self._directory.find(run_id)
        if entry is None:
            unknown = refuse(
                404,
                "There is no such run (any more). Begin a new one.",
                "没有这个训练（或已结束）。请新建一个。",
                field="run",
            )
            await self._put(encode_event(error_event(unknown.first)))
            raise Closing(UNKNOWN_RUN)
        try:
            self._directory.check_viewers()
        except Refused as refusal:
            await self._put(encode_event(error_event(refusal.first)))
            raise Closing(FULL) from None
        hello, complaints = await self._hello()
        viewer = self._viewer(entry, hello)
        greeting = self._directory.join(entry, viewer, hello.generation, hello.since)
        try:
            for message in (greeting, *complaints):
                await self._put(message)
            if hello.token is not None and not viewer.mailbox.owner:
                self._complain(entry, viewer, _wrong_token())
            if entry.channel.idle:
                viewer.mailbox.post(
                    encode_event(Event("paused_idle", entry.channel.plan.generation, entry.channel.step))
                )
            await self._talk(entry, viewer)
        finally:
            self._directory.leave(entry, viewer)

    async def _hello(self) -> tuple[Hello, list[bytes]]:
        """The first message, and what is to be said of whatever came before it."""
        complaints: list[bytes] = []
        try:
            async with asyncio.timeout(self._settings.hello_timeout_seconds):
                while len(complaints) < 8:
                    try:
                        message = parse_message(await self._receive())
                    except Refused as refusal:
                        complaints.append(encode_event(error_event(refusal.first)))
                        continue
                    if isinstance(message, Hello):
                        return message, complaints
                    complaints.append(encode_event(error_event(_hello_first().first)))
        except TimeoutError:
            pass
        raise Closing(NO_HELLO)

    def _viewer(self, entry: RunEntry, hello: Hello) -> Viewer:
        owner = entry.permits(hello.token)
        timeout = self._settings.ack_timeout_seconds
        mailbox = Mailbox(owner, timeout, frozenset(hello.watch), frozenset(hello.probes))
        return Viewer(mailbox, self._news.set)

    async def _talk(self, entry: RunEntry, viewer: Viewer) -> None:
        """Read and send until one of them is over."""
        tasks = [
            asyncio.create_task(self._read(entry, viewer), name="reader"),
            asyncio.create_task(self._send(entry, viewer), name="sender"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if failures:
            raise failures[0]

    # Up

    async def _receive(self) -> str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        # Binary messages are not in the contract; this one is refused as every other that is not JSON.
        return text if text is not None else ""

    async def _read(self, entry: RunEntry, viewer: Viewer) -> None:
        while True:
            text = await self._receive()
            try:
                message = parse_message(text)
                bucket = self._acknowledgements if isinstance(message, Acknowledge) else self._commands
            except Refused as refusal:
                self._complain(entry, viewer, refusal)
                bucket, message = self._commands, None
            # Who sends too fast waits; his own socket holds back what he sends meanwhile.
            await asyncio.sleep(bucket.delay(self._clock()))
            if message is None:
                continue
            try:
                self._obey(entry, viewer, message)
            except Refused as refusal:
                self._complain(entry, viewer, refusal)

    def _obey(self, entry: RunEntry, viewer: Viewer, message: Message) -> None:
        """Do what a message asks. Raises Refused."""
        channel = entry.channel
        match message:
            case Acknowledge():
                self._acknowledge(channel, viewer, message.seq)
                return
            case WatchFields():
                channel.watch(viewer, frozenset(message.fields), frozenset(message.probes))
                return
            case Hello():
                raise refuse(
                    422, "hello comes once, as the first message.", "hello 只能作为第一条消息发送一次。", "type"
                )
        if not viewer.mailbox.owner:
            raise refuse(
                403,
                "You watch this run; only the person who began it may steer it. Begin a run of your own.",
                "您正在观看此训练，只有创建者可以操作。请新建自己的训练。",
                field="token",
            )
        match message:
            case PlayMessage():
                channel.steer(Play())
            case PauseMessage():
                channel.steer(Pause())
            case StepMessage():
                channel.steer(Step(message.count, message.unit))
            case ResetMessage():
                reset(self._directory, entry, message.seed)
            case SpeedMessage():
                configure(self._directory, entry, {"speed": message.speed})
            case SetMessage():
                self._set(entry, message)

    def _acknowledge(self, channel: Channel, viewer: Viewer, seq: int) -> None:
        """Take an acknowledgement, but not before the next frame may be sent: so that one shows what is new then.

        Raises Refused for a frame that was never sent. At most as many wait as frames are on their way.
        """
        if seq > viewer.mailbox.sent:
            raise refuse(422, "No such frame was sent.", "没有发送过这一帧。", field="seq", bound="a frame's seq")
        if seq <= self._acknowledged:
            return
        self._acknowledged = seq
        if wait := self._frames.delay(self._clock()):
            asyncio.get_running_loop().call_later(wait, channel.acknowledge, viewer, seq)
        else:
            channel.acknowledge(viewer, seq)

    def _set(self, entry: RunEntry, message: SetMessage) -> None:
        if message.config is not None:
            configure(self._directory, entry, message.config)
        if message.parameters:
            tensors = {tensor.name: tensor.size for tensor in layout_of(entry.channel.config).tensors}
            if any(edit.index >= tensors.get(edit.tensor, 0) for edit in message.parameters):
                raise Refused(422, [unknown_parameter(list(tensors))])
            edits = tuple(ParameterEdit(edit.tensor, edit.index, edit.value) for edit in message.parameters)
            entry.channel.send(EditParameters(edits))

    def _complain(self, entry: RunEntry, viewer: Viewer, refusal: Refused) -> None:
        channel = entry.channel
        viewer.mailbox.post(encode_event(error_event(refusal.first, channel.plan.generation, channel.step)))
        viewer.notify()

    # Down

    async def _send(self, entry: RunEntry, viewer: Viewer) -> None:
        channel, mailbox = entry.channel, viewer.mailbox
        while True:
            self._news.clear()
            if mailbox.overflowed:
                raise Closing(TOO_SLOW)
            now = self._clock()
            message = channel.next_message(viewer, now)
            deadline = mailbox.deadline
            if deadline is None and message is not None:
                deadline = now + self._settings.ack_timeout_seconds
            try:
                async with asyncio.timeout_at(deadline):
                    if message is not None:
                        await self._put(message)
                    elif channel.ended:
                        raise Closing(RUN_ENDED)
                    else:
                        await self._news.wait()
            except TimeoutError:
                raise Closing(NOT_ACKNOWLEDGED) from None

    async def _put(self, message: bytes) -> None:
        try:
            await self._websocket.send_bytes(message)
        except RuntimeError:
            # The connection was closed under our hands.
            raise WebSocketDisconnect(1006) from None

    async def _close(self, code: int) -> None:
        """Say goodbye, but do not wait for a viewer that takes nothing any more."""
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1.0):
                await self._websocket.close(code)


def _hello_first() -> Refused:
    return refuse(
        422, 'The first message must be {"type": "hello"}.', '第一条消息必须是 {"type": "hello"}。', "type", "hello"
    )


def _wrong_token() -> Refused:
    return refuse(
        403,
        "This is not the token of this run, so you may only watch.",
        "令牌与此训练不符，您只能观看。",
        field="token",
    )

"""A line over HTTP/2: many requests on one connection, as an agent limits connections, not requests."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from discovery.consul.line import BODY_LIMIT, FIELDS, Reply, enliven

AT_ONCE: Final = 200
"""Requests on one connection. An agent takes 250, and counts one that was broken off until it would have
answered it."""
PROTOCOLS: Final = ("h2", "http/1.1")
_WINDOW: Final = 1 << 20
"""Bytes of an answer that may be under way, unread; of all answers it is sixteen times as much."""


class NotSpokenError(Exception):
    """The agent has chosen another protocol."""


class Connection(asyncio.Protocol):
    """One connection to an agent."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._future = loop.create_future
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._waiting: dict[int, _Waiting] = {}
        self._room = 0
        self.is_closed = False
        self.ready: asyncio.Future[None] = loop.create_future()
        """Done when the agent has said how many requests it takes."""

    @property
    def has_room(self) -> bool:
        """Whether it takes another request."""
        return len(self._waiting) < self._room

    async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a GET."""
        stream = self._send(_head(uri, fields))
        waiting = self._waiting[stream] = _Waiting(self._future())
        try:
            return await waiting.done
        finally:
            if self._waiting.pop(stream, None):
                self._break_off(stream)

    def close(self, reason: str = "the connection is closed") -> None:
        """All that is under way fails for this reason."""
        if not self.is_closed:
            self.is_closed, self._room = True, 0
            _fail(self.ready, ConnectionResetError(reason))
            for waiting in self._waiting.values():
                _fail(waiting.done, ConnectionResetError(reason))
            self._waiting.clear()
            self._transport.abort()

    # --- what asyncio says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say the first word, if the agent has chosen HTTP/2."""
        self._transport = cast("asyncio.Transport", transport)
        enliven(transport.get_extra_info("socket"))
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() != PROTOCOLS[0]:
            _fail(self.ready, NotSpokenError())
            self.close()
            return
        self._h2.initiate_connection()
        self._h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW})
        self._h2.increment_flow_control_window(16 * _WINDOW)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take a part of answers."""
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
            self._flush()
        except (ProtocolError, ValueError) as error:
            self._flush()
            self.close(f"HTTP/2: {error}")

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody will answer any more."""
        self.close(str(error) if error else "the agent has closed the connection")

    # --- what it means

    def _take(self, event: Event) -> None:
        match event:
            case RemoteSettingsChanged(changed_settings=changed):
                if new := changed.get(SettingCodes.MAX_CONCURRENT_STREAMS):
                    self._room = min(AT_ONCE, new.new_value)
                elif not self.ready.done():
                    self._room = AT_ONCE
                if not self.ready.done():
                    self.ready.set_result(None)
            case ResponseReceived(stream_id=stream, headers=headers):
                if waiting := self._waiting.get(stream or 0):
                    waiting.fields = {str(name): str(value) for name, value in headers or ()}
            case DataReceived():
                self._take_data(event)
            case StreamEnded(stream_id=stream):
                if waiting := self._waiting.pop(stream or 0, None):
                    waiting.end()
            case StreamReset(stream_id=stream, error_code=code):
                if waiting := self._waiting.pop(stream or 0, None):
                    _fail(waiting.done, ConnectionResetError(f"the agent has broken off its answer ({code})"))
            case ConnectionTerminated():
                self.close("the agent has closed the connection")

    def _take_data(self, event: DataReceived) -> None:
        stream, length = event.stream_id or 0, event.flow_controlled_length or 0
        self._h2.acknowledge_received_data(length, stream)
        if waiting := self._waiting.get(stream):
            waiting.body += event.data or b""
            if len(waiting.body) > BODY_LIMIT:
                del self._waiting[stream]
                _fail(waiting.done, ConnectionResetError(f"an answer of more than {BODY_LIMIT} bytes"))
                self._break_off(stream)

    def _send(self, head: Sequence[tuple[str, str]]) -> int:
        try:
            stream = self._h2.get_next_available_stream_id()
            self._h2.send_headers(stream, head, end_stream=True)
        except ProtocolError as error:
            self.close(f"HTTP/2: {error}")
            raise ConnectionResetError(f"HTTP/2: {error}") from None
        self._flush()
        return stream

    def _break_off(self, stream: int) -> None:
        with suppress(ProtocolError):
            self._h2.reset_stream(stream, ErrorCodes.CANCEL)
            self._flush()

    def _flush(self) -> None:
        if data := self._h2.data_to_send():
            self._transport.write(data)


class _Waiting:
    """A request, and what has come of its answer."""

    def __init__(self, done: asyncio.Future[Reply]) -> None:
        self.done = done
        self.fields: dict[str, str] = {}
        self.body = bytearray()

    def end(self) -> None:
        """The answer is complete."""
        if not self.done.done():
            status = int(self.fields.get(":status", "0"))
            self.done.set_result(Reply(status, self.fields, bytes(self.body)))


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _head(uri: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    parts = urlsplit(uri)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    named = {**FIELDS, **{name.lower(): value for name, value in fields.items()}}
    return [
        (":method", "GET"),
        (":scheme", parts.scheme),
        (":authority", parts.netloc),
        (":path", path),
        *named.items(),
    ]

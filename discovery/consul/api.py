"""Questions to agents over one shared HTTP session: python-consul2's calls on a transport of our own."""

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final

from aiohttp import (
    AddrInfoType,
    BaseConnector,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    TCPConnector,
    UnixConnector,
)
from consul import base
from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.address import Address
from discovery.consul.credentials import Credentials, CredentialsError
from discovery.consul.question import MILLISECONDS, Answer, Head, Question, Subject

PEER: Final = "peer:"
"""What the name of a datacentre begins with that is another cluster, peered with this one."""
_BODY_LIMIT: Final = 256 * 1024 * 1024
_OPENING: Final = 32
"""Questions that are to be answered at once, under way at the same time."""
# The kernel asks after 10 s of silence, and after 20 s without an answer the connection is dead; so it
# is when what was sent has not arrived for 20 s.
_KEEPALIVE: Final = {
    "TCP_KEEPIDLE": 10,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 2,
    "TCP_USER_TIMEOUT": 20_000,
}


class UnreachableError(Exception):
    """No agent can be asked; the text says why, in one line."""


class Scope(Struct, frozen=True):
    """The part of Consul that is asked about; empty: the one of the token."""

    datacentre: str = ""
    """The one that is near; empty: that of the agent."""
    namespace: str = ""
    partition: str = ""


class _Asking(Struct, frozen=True):
    """What the library does not pass on."""

    session: ClientSession
    base: str
    extra: tuple[tuple[str, str], ...]
    patience: float


class Transport(base.HTTPClient):  # type: ignore[misc]
    """The library's HTTP client: asks over a session that it is handed, and keeps all of the answer.

    The library's own client opens a connection for each request, knows neither time limits nor
    client certificates, and drops the headers that say whether an answer can be trusted.
    """

    def __init__(self, asking: _Asking) -> None:
        self._asking = asking

    def get(
        self,
        callback: object,
        path: str,
        params: Sequence[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Coroutine[Any, Any, Answer]:
        """The answer; `callback`, which would throw most of it away, is not called."""
        self.base_uri = self._asking.base
        uri = self.uri(path, [*(params or ()), *self._asking.extra])
        return _get(self._asking, uri, headers or {})

    def put(self, *_: object, **__: object) -> None:
        """Nothing is ever written."""
        raise NotImplementedError

    post = delete = put


class Agent(Struct, frozen=True):
    """What the library's groups of calls expect to belong to."""

    http: Transport
    token: str | None
    dc: str | None
    consistency: str = "default"


class Api:
    """One Consul, asked through the first of its agents that answers, with the credentials of now."""

    def __init__(
        self, addresses: Sequence[Address], credentials: Credentials, scope: Scope, connect: float
    ) -> None:
        """`connect` is the time to connect, in seconds."""
        self._addresses = addresses
        self._credentials = credentials
        self._scope = scope
        self._connect = connect
        self._current = 0
        self._session: ClientSession | None = None
        self._token = ""
        self._opening = asyncio.Semaphore(_OPENING)

    @property
    def address(self) -> Address:
        """The agent that is asked."""
        return self._addresses[self._current]

    async def close(self) -> None:
        """Break off everything that is under way."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(self, question: Question) -> Answer:
        """The answer, whatever its status. Raises UnreachableError."""
        if question.index:
            return await self._ask(question)
        async with self._opening:
            return await self._ask(question)

    async def _ask(self, question: Question) -> Answer:
        session = self._open()
        try:
            async with asyncio.timeout(question.patience):
                answer = _without_keys(question, await self._call(session, question))
            if answer.head.status >= 500 and self._is_near(question):
                await self._change(session)
            return answer
        except TimeoutError:
            if not self._is_near(question):
                raise UnreachableError("no answer in time") from None
            reason = "no answer in time"
        except (ClientError, OSError, ValueError, RuntimeError) as error:
            # RuntimeError: the session was closed for another agent while this question began.
            reason = _reason(error)
            if isinstance(error, ClientSSLError):
                await self._forget(session)
        await self._change(session)
        raise UnreachableError(reason)

    def _is_near(self, question: Question) -> bool:
        """Whether it is the agent's fault if there is no answer; one from afar may fail at any agent."""
        return question.topic.datacentre in {"", self._scope.datacentre}

    def _call(self, session: ClientSession, question: Question) -> Coroutine[Any, Any, Answer]:
        topic = question.topic
        asking = _Asking(session, self.address.base, tuple(self._extra(question)), question.patience)
        datacentre = "" if topic.datacentre.startswith(PEER) else topic.datacentre
        agent = Agent(Transport(asking), self._read_token() or None, datacentre or None)
        index = question.index or None
        wait = f"{question.wait * MILLISECONDS:.0f}ms" if index else None
        call: Coroutine[Any, Any, Answer]
        match topic.subject:
            case Subject.SERVICES:
                call = base.Consul.Catalog(agent).services(index=index, wait=wait)
            case Subject.HEALTH:
                call = base.Consul.Health(agent).service(topic.name, index=index, wait=wait)
            case Subject.AGENT:
                call = base.Consul.Agent(agent).self()
            case Subject.CHECKS:
                call = base.Consul.Health(agent).state(topic.name, index=index, wait=wait)
            case Subject.KEYS:
                call = base.Consul.KV(agent).get(topic.name, index=index, wait=wait, recurse=True)
        return call

    def _extra(self, question: Question) -> list[tuple[str, str]]:
        extra = [(question.mode, "1")] if question.mode else []
        if question.topic.datacentre.startswith(PEER):
            extra.append(("peer", question.topic.datacentre.removeprefix(PEER)))
        if self._scope.namespace:
            extra.append(("ns", self._scope.namespace))
        if self._scope.partition:
            extra.append(("partition", self._scope.partition))
        return extra

    def _read_token(self) -> str:
        # One that was good is better than none while its file is being exchanged.
        with suppress(CredentialsError):
            self._token = self._credentials.read_token()
        return self._token

    def _open(self) -> ClientSession:
        if self._session is None:
            try:
                self._read_first_token()
                connector = self._connector()
            except CredentialsError as error:
                raise UnreachableError(_reason(error)) from None
            timeout = ClientTimeout(total=None, sock_connect=self._connect)
            headers = {"Accept-Encoding": "identity", "User-Agent": "headgate"}
            self._session = ClientSession(connector=connector, timeout=timeout, headers=headers)
        return self._session

    def _read_first_token(self) -> None:
        if not self._token:
            self._token = self._credentials.read_token()

    def _connector(self) -> BaseConnector:
        address = self.address
        if address.socket:
            return UnixConnector(address.socket, limit=0)
        context = self._credentials.read_context() if address.base.startswith("https:") else True
        return TCPConnector(limit=0, ssl=context, socket_factory=_lively_socket)

    async def _change(self, session: ClientSession) -> None:
        """Ask the next agent from now on, if there is one; all loops go along."""
        if session is self._session and len(self._addresses) > 1:
            self._current = (self._current + 1) % len(self._addresses)
            await self._forget(session)

    async def _forget(self, session: ClientSession) -> None:
        """Read the files again for the next question."""
        if session is self._session:
            self._session = None
            await session.close()


async def _get(asking: _Asking, uri: str, headers: dict[str, str]) -> Answer:
    async with asking.session.get(uri, headers=headers, allow_redirects=False) as response:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > _BODY_LIMIT:
                raise ValueError(f"an answer of more than {_BODY_LIMIT} bytes")
        return Answer(_head(response), bytes(body))


def _without_keys(question: Question, answer: Answer) -> Answer:
    """Where there is no key under a prefix, the status is 404; to who asks, that is an empty list."""
    head = answer.head
    if question.topic.subject is not Subject.KEYS or head.status != 404 or head.index is None:
        return answer
    return Answer(replace(head, status=200, is_json=True), b"[]")


def _head(response: ClientResponse) -> Head:
    fields = response.headers
    retry_after = _number(fields.get("Retry-After", ""))
    # What an agent answers out of a stream has a "false" there that means nothing.
    streamed = fields.get("X-Consul-Query-Backend", "") == "streaming"
    return Head(
        response.status,
        response.content_type == "application/json",
        _number(fields.get("X-Consul-Index", "")),
        streamed or fields.get("X-Consul-KnownLeader", "true") != "false",
        (_number(fields.get("X-Consul-LastContact", "")) or 0) / MILLISECONDS,
        float(_number(fields.get("Age", "")) or 0),
        fields.get("X-Consul-Results-Filtered-By-ACLs", "") == "true",
        float(retry_after) if retry_after is not None else None,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _lively_socket(address: AddrInfoType) -> socket.socket:
    """A socket that notices when nobody is at the other end any more, however idle it is."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        # Not every system has each of them.
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

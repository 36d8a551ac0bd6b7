"""Questions to agents over lines that are kept: python-consul2's calls on a transport of our own."""

import asyncio
import ssl
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiohttp import ClientError, ClientSSLError
from consul import base
from msgspec import Struct
from msgspec.structs import replace

from discovery.connection_error import in_one_line
from discovery.consul.address import Address
from discovery.consul.credentials import Credentials, CredentialsError
from discovery.consul.http1 import Http1Line
from discovery.consul.line import Reply, WritingLine
from discovery.consul.question import MILLISECONDS, Answer, Head, Question, Registration, Subject
from discovery.consul.tls import Http2Line, TlsLine

PEER: Final = "peer:"
"""What the name of a datacentre begins with that is another cluster, peered with this one."""
_OPENING: Final = 32
"""Questions that are to be answered at once, under way at the same time."""
_CRITICAL_FOR: Final = "1m"
"""After which an agent forgets what it was told of; Consul knows no shorter time."""


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

    line: WritingLine
    base: str
    extra: tuple[tuple[str, str], ...]
    patience: float


class Transport(base.HTTPClient):  # type: ignore[misc]
    """The library's HTTP client: asks over a line that it is handed, and keeps all of the answer.

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

    def put(
        self,
        callback: object,
        path: str,
        params: Sequence[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        data: bytes = b"",
    ) -> Coroutine[Any, Any, Answer]:
        """The same for a write."""
        self.base_uri = self._asking.base
        uri = self.uri(path, [*(params or ()), *self._asking.extra])
        return _put(self._asking, uri, headers or {}, data)

    def post(self, *_: object, **__: object) -> None:
        """Nothing else is ever written."""
        raise NotImplementedError

    delete = post


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
        self._line: WritingLine | None = None
        self._token = ""
        self._opening = asyncio.Semaphore(_OPENING)

    @property
    def address(self) -> Address:
        """The agent that is asked."""
        return self._addresses[self._current]

    async def close(self) -> None:
        """Break off everything that is under way."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def ask(self, question: Question) -> Answer:
        """The answer, whatever its status. Raises UnreachableError."""
        if question.index:
            return await self._ask(question)
        async with self._opening:
            return await self._ask(question)

    async def _ask(self, question: Question) -> Answer:
        line = self._open()
        try:
            async with asyncio.timeout(question.patience):
                answer = _without_keys(question, await self._call(line, question))
            if answer.head.status >= 500 and self._is_near(question):
                await self._change(line)
            return answer
        except TimeoutError:
            if not self._is_near(question):
                raise UnreachableError("no answer in time") from None
            reason = "no answer in time"
        except (ClientError, OSError, ValueError, RuntimeError) as error:
            # RuntimeError: the session was closed for another agent while this question began.
            reason = in_one_line(error)
            if isinstance(error, (ClientSSLError, ssl.SSLError)):
                await self._forget(line)
        await self._change(line)
        raise UnreachableError(reason)

    def _is_near(self, question: Question) -> bool:
        """Whether it is the agent's fault if there is no answer; one from afar may fail at any agent."""
        return question.topic.datacentre in {"", self._scope.datacentre}

    def _call(self, line: WritingLine, question: Question) -> Coroutine[Any, Any, Answer]:
        topic = question.topic
        asking = _Asking(line, self.address.base, tuple(self._extra(question)), question.patience)
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
            case Subject.NODES:
                call = base.Consul.Catalog(agent).nodes(index=index, wait=wait)
            case Subject.NODE:
                call = base.Consul.Catalog(agent).node(topic.name, index=index, wait=wait)
            case Subject.AGENT:
                call = base.Consul.Agent(agent).self()
            case Subject.CHECKS:
                call = base.Consul.Health(agent).state(topic.name, index=index, wait=wait)
            case Subject.KEYS:
                call = base.Consul.KV(agent).get(topic.name, index=index, wait=wait, recurse=True)
            case Subject.KEY if question.text is not None:
                call = base.Consul.KV(agent).put(topic.name, question.text, cas=question.version)
            case Subject.KEY:
                call = base.Consul.KV(agent).get(topic.name)
            case Subject.REGISTRATION | Subject.LIFE_SIGN | Subject.DEREGISTRATION:
                call = _write(base.Consul.Agent(agent), question)
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

    @property
    def at_once(self) -> int:
        """How many questions go over one connection at the same time, as far as is known."""
        return self._line.at_once if self._line else 1

    def _open(self) -> WritingLine:
        if self._line is None:
            try:
                self._read_first_token()
                self._line = self._make_line()
            except CredentialsError as error:
                raise UnreachableError(in_one_line(error)) from None
        return self._line

    def _read_first_token(self) -> None:
        if not self._token:
            self._token = self._credentials.read_token()

    def _make_line(self) -> WritingLine:
        address = self.address
        if not address.is_secure:
            return Http1Line(self._connect, address.socket)
        http1 = Http1Line(self._connect, context=self._credentials.read_context())
        place = address.host, address.port
        return TlsLine(Http2Line(*place, self._connect, self._credentials.read_context()), http1)

    async def _change(self, line: WritingLine) -> None:
        """Ask the next agent from now on, if there is one; all loops go along."""
        if line is self._line and len(self._addresses) > 1:
            self._current = (self._current + 1) % len(self._addresses)
            await self._forget(line)

    async def _forget(self, line: WritingLine) -> None:
        """Read the files again for the next question."""
        if line is self._line:
            self._line = None
            await line.close()


def _write(agent: base.Consul.Agent, question: Question) -> Coroutine[Any, Any, Answer]:
    """What is told to the agent itself."""
    registration = question.registration
    assert registration is not None, question
    call: Coroutine[Any, Any, Answer]
    match question.topic.subject:
        case Subject.REGISTRATION:
            each = registration
            call = agent.service.register(each.name, each.id, each.host, each.port, each.tags, _check(each))
        case Subject.LIFE_SIGN:
            call = agent.check.ttl_pass(registration.id)
        case _:
            call = agent.service.deregister(registration.id)
    return call


def _check(registration: Registration) -> dict[str, str]:
    return {
        "CheckID": registration.id,
        "Name": "Signs of life of Headgate",
        "TTL": f"{registration.lifetime:g}s",
        "Status": "passing",
        "DeregisterCriticalServiceAfter": _CRITICAL_FOR,
    }


async def _get(asking: _Asking, uri: str, fields: Mapping[str, str]) -> Answer:
    reply = await asking.line.get(uri, fields)
    return Answer(_head(reply), reply.body)


async def _put(asking: _Asking, uri: str, fields: Mapping[str, str], data: bytes) -> Answer:
    reply = await asking.line.put(uri, fields, data)
    return Answer(_head(reply), reply.body)


def _without_keys(question: Question, answer: Answer) -> Answer:
    """Where there is no key under a prefix, the status is 404; to who asks, that is an empty list."""
    head = answer.head
    if question.topic.subject is not Subject.KEYS or head.status != 404 or head.index is None:
        return answer
    return Answer(replace(head, status=200, is_json=True), b"[]")


def _head(reply: Reply) -> Head:
    fields = reply.fields
    retry_after = _number(fields.get("retry-after", ""))
    # What an agent answers out of a stream has a "false" there that means nothing.
    streamed = fields.get("x-consul-query-backend", "") == "streaming"
    return Head(
        reply.status,
        fields.get("content-type", "").partition(";")[0].strip().lower() == "application/json",
        _number(fields.get("x-consul-index", "")),
        streamed or fields.get("x-consul-knownleader", "true") != "false",
        (_number(fields.get("x-consul-lastcontact", "")) or 0) / MILLISECONDS,
        float(_number(fields.get("age", "")) or 0),
        fields.get("x-consul-results-filtered-by-acls", "") == "true",
        float(retry_after) if retry_after is not None else None,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None

"""Requests to the API server: connection, authentication and time-outs, no meaning."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Self

from aiohttp import ClientError, ClientResponse, ClientSSLError, ClientTimeout

from discovery.connection_error import in_one_line
from discovery.kubernetes.credentials import Credentials, identity
from discovery.kubernetes.events import GarbageError
from discovery.kubernetes.library import ApiClient, Configuration
from discovery.kubernetes.refusal import Refusal, refusal_of_answer
from discovery.kubernetes.timings import Timings

_PAGE_LIMIT: Final = 256 * 1024 * 1024
_REFUSAL_LIMIT: Final = 64 * 1024
_OPENING: Final = 32
"""Requests that wait for the head of their answer at the same time."""
_MERGE: Final = "application/merge-patch+json"
_HEADERS: Final = {
    "Accept": "application/json",
    # Unpacking costs more CPU, here and there, than the bytes cost inside a cluster.
    "Accept-Encoding": "identity",
}


class UnreachableError(Exception):
    """The API server cannot be asked; the text says why, in one line."""


class Answer:
    """An answer whose head has come."""

    def __init__(self, response: ClientResponse, generation: int) -> None:
        self._response = response
        self.generation = generation
        """Of the credentials it was asked with."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._response.close()

    @property
    def code(self) -> int:
        """The status."""
        return self._response.status

    @property
    def json(self) -> bool:
        """Whether it claims to be JSON."""
        return self._response.content_type == "application/json"

    async def piece(self, patience: float) -> bytes:
        """What has come in the meantime, or comes next; nothing at the end.

        Raises TimeoutError, and UnreachableError when the connection breaks.
        """
        try:
            async with asyncio.timeout(patience):
                return await self._response.content.readany()
        except (ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise UnreachableError(f"the connection broke: {in_one_line(error)}") from None

    async def body(self, patience: float, limit: int = _PAGE_LIMIT) -> bytes:
        """The whole body, if it comes without a pause longer than `patience`."""
        body = bytearray()
        while piece := await self.piece(patience):
            body += piece
            if len(body) > limit:
                raise GarbageError(f"an answer of more than {limit} bytes")
        return bytes(body)

    async def refusal(self, patience: float) -> Refusal:
        """Why it is not what was asked for."""
        try:
            body = await self.body(patience, _REFUSAL_LIMIT)
        except (TimeoutError, UnreachableError, GarbageError):
            body = b""
        return refusal_of_answer(self.code, self._response.headers.get("Retry-After", ""), body)


class Api:
    """One API server, asked with the credentials of now."""

    def __init__(self, credentials: Credentials, timings: Timings, now: Callable[[], float]) -> None:
        """`now` is a monotonic clock."""
        self.timings = timings
        self._source = credentials
        self._now = now
        self._read = 0.0
        self._client: ApiClient | None = None
        self._identity: tuple[object, ...] = ()
        self._generation = 0
        self._loading = asyncio.Lock()
        self._opening = asyncio.Semaphore(_OPENING)

    async def close(self) -> None:
        """Break off everything that is under way."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """Ask, and wait for the head of the answer. Raises UnreachableError."""
        return await self.send("GET", path, query)

    async def send(self, method: str, path: str, query: Mapping[str, str], body: object = None) -> Answer:
        """The same with any method; a PATCH is a merge patch (RFC 7396)."""
        await self._prepare()
        async with self._opening:
            generation = self._generation
            return Answer(await self._request(method, path, query, body), generation)

    async def renew(self, generation: int) -> None:
        """Read the credentials again, unless that was done since those of `generation` were used."""
        async with self._loading:
            if generation != self._generation:
                return
            self._read = self._now()
            try:
                configuration = await self._source.load()
                await self._use(configuration, identity(configuration))
            except Exception as error:  # whatever the libraries make of a file that users write
                raise UnreachableError(f"no credentials: {in_one_line(error)}") from error
            self._generation += 1

    async def _prepare(self) -> None:
        if self._client is None:
            await self.renew(self._generation)
        elif self._now() - self._read > self._source.lifetime:
            # Those there are may still be good when new ones cannot be read.
            with suppress(UnreachableError):
                await self.renew(self._generation)

    async def _use(self, configuration: Configuration, identified: tuple[object, ...]) -> None:
        if self._client is not None and identified == self._identity:
            self._client.configuration.api_key = configuration.api_key
            return
        old, self._client = self._client, ApiClient(configuration)
        self._client.user_agent = "headgate"
        self._identity = identified
        if old is not None:
            await old.close()

    async def _request(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> ClientResponse:
        if self._client is None:
            raise UnreachableError("closed")
        try:
            async with asyncio.timeout(self.timings.answer):
                return await self._call(self._client, method, path, query, body)
        except ClientSSLError as error:
            await self.renew(self._generation)
            raise UnreachableError(in_one_line(error)) from None
        except TimeoutError:
            raise UnreachableError("no answer in time") from None
        except (ClientError, OSError, ValueError, RuntimeError) as error:
            # RuntimeError: the session was closed for new credentials while this request began.
            raise UnreachableError(in_one_line(error)) from None

    async def _call(
        self, client: ApiClient, method: str, path: str, query: Mapping[str, str], body: object
    ) -> ClientResponse:
        answer: Any = await client.call_api(
            path,
            method,
            query_params=list(query.items()),
            header_params={**_HEADERS, "Content-Type": _MERGE} if method == "PATCH" else dict(_HEADERS),
            body=body,
            auth_settings=["BearerToken"],
            _preload_content=False,
            _request_timeout=ClientTimeout(total=None, sock_connect=self.timings.connect),
        )
        response: ClientResponse = answer
        return response

"""A load generator that misses no failure: a process of its own, raw HTTP/1.1 over kept connections.

As a program it runs until its standard input ends, then prints what happened as JSON.
"""

import asyncio
import subprocess
import sys
import time
from types import TracebackType

import msgspec
import uvloop
from msgspec import Struct

TIMEOUT = 10.0
HEAD_END = b"\r\n\r\n"


class Plan(Struct, frozen=True):
    """What to ask for, how often, over how many connections."""

    host: str
    path: str = "/"
    method: str = "GET"
    body: int = 0
    rate: float = 600.0
    """Requests a second, all connections together."""
    clients: int = 24
    fresh: float = 0.1
    """The share of clients that open a connection for each request."""
    address: str = "10.244.0.1"
    port: int = 80


class Failure(Struct, frozen=True):
    """A request that was not answered 200 with the right body."""

    began: float
    """Of the monotonic clock, which all processes share."""
    ended: float
    what: str


class Outcome(Struct):
    """What happened to the requests of a run."""

    answered: int = 0
    resent: int = 0
    """Idempotent requests sent again since the proxy had closed an idle connection just then."""
    failures: list[Failure] = []
    pods: dict[str, int] = {}
    """How many requests each pod has answered."""
    times: list[float] = []
    """Seconds that each answered request took."""

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answered requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def __str__(self) -> str:
        """One line for people."""
        slowest = max(self.times, default=0.0) * 1e3
        return (
            f"{self.answered} answered, {len(self.failures)} failed, {self.resent} resent, p99 "
            f"{self.percentile(0.99) * 1e3 if self.times else 0:.1f} ms, slowest {slowest:.1f} ms; "
            f"{[failure.what for failure in self.failures[:5]]}"
        )


class Load:
    """A run of the load generator, as the tests see it: `with Load(plan) as load: ...`."""

    def __init__(self, plan: Plan):
        self._plan = plan
        self.outcome = Outcome()

    def __enter__(self) -> "Load":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.real.harness.load", msgspec.json.encode(self._plan).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == b"started\n"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        output, errors = self._process.communicate(timeout=60.0)
        assert self._process.returncode == 0, errors.decode()
        self.outcome = msgspec.json.decode(output, type=Outcome)


class Client:
    """One client: a request, a pause, a request, on one connection or on a new one each."""

    def __init__(self, plan: Plan, outcome: Outcome, *, fresh: bool):
        self._plan = plan
        self._outcome = outcome
        self._fresh = fresh
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._body = b"x" * plan.body
        self._request = request_bytes(plan, close=fresh) + self._body

    async def run(self, until: asyncio.Event, first: float) -> None:
        """Ask at an even pace, whatever the answers."""
        pause = self._plan.clients / self._plan.rate
        due = time.monotonic() + first * pause
        while not until.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - pause)
            await self._ask()
        self._close()

    async def _ask(self) -> None:
        """One request, and what became of it."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._exchange()
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
            self._outcome.failures.append(
                Failure(began, time.monotonic(), f"{type(error).__name__}: {error}")
            )
            self._close()
        else:
            self._outcome.times.append(time.monotonic() - began)

    async def _exchange(self) -> None:
        """Send and read; once more where RFC 9110, 9.2.2 lets any client do so."""
        reused = self._writer is not None and self._reader is not None and not self._reader.at_eof()
        # A connection that was reset is not at its end, and uvloop takes no more for it.
        reused = reused and self._writer is not None and not self._writer.transport.is_closing()
        if not reused:
            await self._connect()
        try:
            head = await self._send()
        except (OSError, asyncio.IncompleteReadError) as error:
            answer_began = isinstance(error, asyncio.IncompleteReadError) and error.partial
            if not reused or self._plan.method != "GET" or answer_began:
                raise
            self._outcome.resent += 1
            await self._connect()
            head = await self._send()
        await self._judge(head)

    async def _connect(self) -> None:
        self._close()
        self._reader, self._writer = await asyncio.open_connection(self._plan.address, self._plan.port)

    async def _send(self) -> bytes:
        assert self._writer
        assert self._reader
        self._writer.write(self._request)
        return await self._reader.readuntil(HEAD_END)

    async def _judge(self, head: bytes) -> None:
        """Count a good answer; ValueError for any other."""
        assert self._reader
        status, fields = head.split(b"\r\n", 1)
        names = fields.lower()
        body = await self._reader.readexactly(content_length(names))
        if self._fresh or b"\r\nconnection: close" in b"\r\n" + names:
            self._close()
        if not status.startswith(b"HTTP/1.1 200"):
            raise ValueError(head.decode("latin-1") + body[:200].decode("latin-1"))
        pod, _, echo = body.partition(b"\n")
        if echo != self._body:
            raise ValueError(f"{len(echo)} bytes of body came back, {len(self._body)} were sent")
        self._outcome.answered += 1
        name = pod.decode()
        self._outcome.pods[name] = self._outcome.pods.get(name, 0) + 1

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def content_length(fields: bytes) -> int:
    """The length of the answer's body, which the pods always state."""
    _, _, value = (b"\r\n" + fields).partition(b"\r\ncontent-length:")
    return int(value.split(b"\r\n", 1)[0])


def request_bytes(plan: Plan, *, close: bool) -> bytes:
    """The head of the request."""
    lines = [
        f"{plan.method} {plan.path} HTTP/1.1",
        f"Host: {plan.host}",
        "User-Agent: load",
        "Accept: */*",
        *([f"Content-Length: {plan.body}"] if plan.body else []),
        *(["Connection: close"] if close else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def run(plan: Plan) -> Outcome:
    """Ask until standard input ends; every request that was begun is waited for."""
    outcome = Outcome()
    done = asyncio.Event()
    fresh = round(plan.clients * plan.fresh)
    clients = [Client(plan, outcome, fresh=index < fresh) for index in range(plan.clients)]
    async with asyncio.TaskGroup() as group:
        for index, client in enumerate(clients):
            group.create_task(client.run(done, index / plan.clients), name=f"client {index}")
        print("started", flush=True)
        stdin = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin
        )
        await stdin.read()
        done.set()
    return outcome


if __name__ == "__main__":
    result = uvloop.run(run(msgspec.json.decode(sys.argv[1], type=Plan)))
    print(msgspec.json.encode(result).decode(), flush=True)

"""A node of the tests: a process of its own in which pods run, each on its own address.

As a program it reads orders from standard input, one a line, and answers each with one line.
"""

import asyncio
import subprocess
import sys
import threading
from types import TracebackType
from typing import Literal

import msgspec
import uvloop

from tests.real.harness.pod import Pod, PodFacts, Temper

PLAIN = Temper()


class Order(msgspec.Struct, frozen=True):
    """What is to be done with which pod."""

    do: Literal["start", "stop", "kill"]
    pod: PodFacts
    after: float = 0.0
    """Seconds for which the pod still serves: what a preStop hook is for."""


class Node:
    """The node as the tests see it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.real.harness.node"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._order = threading.Lock()
        self._last_address = 0

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10.0)
        self._process.stdout.close()

    def start(self, name: str, temper: Temper = PLAIN) -> PodFacts:
        """A new pod on an address that no pod has had; it listens."""
        self._last_address += 1
        address = f"10.244.{1 + self._last_address // 250}.{1 + self._last_address % 250}"
        pod = PodFacts(name, address, temper=temper)
        self._send(Order("start", pod))
        return pod

    def stop(self, pod: PodFacts, after: float = 0.0) -> None:
        """The pod stops: it answers what it has read, and nothing more."""
        self._send(Order("stop", pod, after))

    def kill(self, pod: PodFacts) -> None:
        """The pod crashes."""
        self._send(Order("kill", pod))

    def _send(self, order: Order) -> None:
        assert self._process.stdin
        assert self._process.stdout
        with self._order:
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer == b"done\n", f"the node could not {order}: {answer!r}"


async def obey(order: Order, pods: dict[str, Pod]) -> None:
    """Do what an order says."""
    loop = asyncio.get_running_loop()
    if order.do == "start":
        pods[order.pod.address] = pod = Pod(order.pod)
        await pod.start()
        return
    pod = pods.pop(order.pod.address)
    end = pod.stop if order.do == "stop" else pod.kill
    if order.after:
        loop.call_later(order.after, end)
    else:
        end()


async def serve() -> None:
    """Obey orders until there are no more."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    pods: dict[str, Pod] = {}
    while line := await orders.readline():
        try:
            await obey(msgspec.json.decode(line, type=Order), pods)
            answer = "done"
        except (OSError, KeyError) as error:
            answer = repr(error)
        print(answer, flush=True)


if __name__ == "__main__":
    uvloop.run(serve())

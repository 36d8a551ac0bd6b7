"""A process tree with the real supervisor and children that only say what they are told.

`stub_tree.py DRAIN_DELAY DRAIN_TIMEOUT HANG_TIMEOUT` is the supervisor, and a child is
`stub_tree.py worker|controller FD`.
A worker answers each connection with its name and pid; to a tree with a DRAIN_TIMEOUT of 0.1 it does not
end when it is told to. The controller takes orders on its admin port: `ports 1,2` or `attach 0`.
"""

import os
import selectors
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from ingress.cli.child import inherit
from ingress.ipc.channel import child_end
from ingress.ipc.messages import Attach, Drain, Listen, ToChild, WantAttach, WantPorts
from ingress.log import set_up
from ingress.model.settings import Settings
from ingress.observe.page import WorkerCell
from ingress.supervisor.process import Supervisor

HANGS = 0.1


class Stub:
    """A child that writes every message of the supervisor to standard output."""

    def __init__(self, role: str, descriptor: int) -> None:
        self._inherited = inherit(descriptor, role)
        self._name = role if self._inherited.worker < 0 else f"{role}-{self._inherited.worker}"
        self._control = child_end(self._inherited.control)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._control, selectors.EVENT_READ)
        self._sockets: list[socket.socket] = []
        self._cells = self._inherited.page.column(max(self._inherited.worker, 0)).cells

    def run(self) -> None:
        """Take messages and connections until the supervisor is gone."""
        while True:
            if self._inherited.worker >= 0:
                self._cells[WorkerCell.HEARTBEAT] += 1
            for key, _ in self._selector.select(0.05):
                if key.data:
                    self._accept(key.data)
                else:
                    self._take(*self._control.receive())

    def _take(self, message: ToChild, descriptors: list[int]) -> None:
        say(self._name, message, len(descriptors))
        for descriptor in descriptors:
            self._sockets.append(socket.socket(fileno=descriptor))
        if isinstance(message, Attach):
            self._sockets[-1].sendall(f"{self._name} here\n".encode())
            greeting = self._sockets[-1].recv(100).decode().strip()
            say(self._name, "hears", greeting)
        elif isinstance(message, Listen):
            self._selector.register(self._sockets[-1], selectors.EVENT_READ, self._sockets[-1])
        elif isinstance(message, Drain) and self._name != "controller" and message.timeout != HANGS:
            sys.exit(0)

    def _accept(self, listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.settimeout(60)
        with connection:
            if self._name == "controller":
                self._obey(connection.recv(100).decode().split())
            connection.sendall(f"{self._name} {self._inherited.control.fileno()}\n".encode())

    def _obey(self, order: list[str]) -> None:
        if order[0] == "ports":
            self._control.send(WantPorts(tuple(int(port) for port in order[1].split(",") if port != "-")))
        else:
            self._control.send(WantAttach(int(order[1])))


def say(*words: object) -> None:
    """Write a line that no other process's line can come into."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def main(first: str, second: str, third: str = "0") -> int:
    """Be the process that the arguments name."""
    if first in ("controller", "worker"):
        try:
            Stub(first, int(second)).run()
        except EOFError:
            return 0
    set_up("supervisor", "info")
    settings = Settings(
        http=("127.0.0.1:0",),
        admin="127.0.0.1:0",
        tcp_address="127.0.0.1",
        drain_delay=float(first),
        drain_timeout=float(second),
        hang_timeout=float(third),
    )
    return Supervisor(settings, 2, (sys.executable, __file__), time.monotonic).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""The first steps of every child process."""

import signal
import socket

from msgspec import Struct

from ingress.ipc.channel import receive_start
from ingress.log import set_up
from ingress.model.settings import Settings
from ingress.observe.page import Page


class Inheritance(Struct, frozen=True):
    """What the supervisor gave a child to live with."""

    settings: Settings
    worker: int
    succeeds: bool
    """It takes the place of one that has died."""
    control: socket.socket
    page: Page
    memory: tuple[int, ...] = ()
    """What the supervisor keeps for the controller, whoever that is."""


def inherit(descriptor: int, process: str) -> Inheritance:
    """Take over the control channel with what waits in it, and write the log under this name."""
    control = socket.socket(fileno=descriptor)
    # Not for heirs of our own, such as the helpers that cloud logins run.
    control.set_inheritable(False)
    start, [page, *memory] = receive_start(control)
    name = process if start.worker < 0 else f"{process}-{start.worker}"
    set_up(name, start.settings.log_level)
    _let_signals_in()
    return Inheritance(
        start.settings, start.worker, start.starts > 1, control, Page.attach(page), tuple(memory)
    )


def _let_signals_in() -> None:
    """Signals were held until here. What they mean is the supervisor's to say."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

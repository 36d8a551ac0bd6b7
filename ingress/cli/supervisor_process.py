"""The supervisor's process: from settings in a descriptor to an exit status."""

import logging
import os
import resource
import sys
import time
from typing import Final

from msgspec.msgpack import Decoder, Encoder

from ingress.log import set_up
from ingress.model.settings import Settings
from ingress.net.room import Room
from ingress.supervisor.binding import BindError
from ingress.supervisor.command import command, environment
from ingress.supervisor.process import Supervisor

SETTINGS: Final = Decoder(Settings)

log = logging.getLogger(__name__)


def become(settings: Settings) -> None:
    """Turn this process into the supervisor: the command line's modules are of no more use to it."""
    held = os.memfd_create("headgate-settings", 0)
    os.pwrite(held, Encoder().encode(settings), 0)
    arguments = [*command(), "supervisor", str(held)]
    os.execve(arguments[0], arguments, environment(os.environ))


def main(descriptor: int) -> int:
    """Supervise until a signal ends it; the exit status."""
    with open(descriptor, "rb") as held:
        held.seek(0)
        settings = SETTINGS.decode(held.read())
    set_up("supervisor", settings.log_level)
    workers = settings.workers or len(os.sched_getaffinity(0))
    try:
        _raise_descriptor_limit(settings)
        return Supervisor(settings, workers, command(), time.monotonic).run()
    except BindError as error:
        print(f"headgate: {error}", file=sys.stderr)
        return 1


def _raise_descriptor_limit(settings: Settings) -> None:
    """Let this process and its children have as many descriptors as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and (warning := narrowness(hard, settings.limits.connections)):
        log.warning("%s", warning)


def narrowness(descriptors: int, wanted: int) -> str:
    """What follows for clients if a process has room for fewer of them than are wanted; else nothing."""
    room = Room.of(descriptors, wanted)
    if room.clients == wanted:
        return ""
    return (
        f"a worker takes at most {room.clients} clients, not {wanted}: the system lets it have {descriptors} "
        f"open files (ulimit -Hn), and each client may need two"
    )

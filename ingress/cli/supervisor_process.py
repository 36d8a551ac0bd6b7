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
    # Each client connection may have one to a server beside it.
    wanted = 2 * settings.limits.connections
    if hard != resource.RLIM_INFINITY and hard < wanted:
        log.warning("open files are limited to %d; %d connections may need %d", hard, wanted // 2, wanted)

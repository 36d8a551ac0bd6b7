"""Shifts go on once a second, by what the workers have counted of the servers."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from ingress.controller.discovery import Discovery
from ingress.observe.page import Directory, ServerCell, server_key

STEP: Final = 1.0
"""Seconds between two steps."""
FAILURES: Final = (ServerCell.RESPONSES_5XX, ServerCell.FAILURES, ServerCell.CONNECT_FAILURES)

log = logging.getLogger(__name__)


class Tally:
    """Counts of servers, over all workers."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def count(self, backend: str, addresses: Iterable[str]) -> tuple[int, int]:
        """The tries on these servers so far, and how many were answered 5xx or not at all."""
        tries = failures = 0
        for address in addresses:
            row = self._directory.row(server_key(backend, address))
            tries += row[ServerCell.REQUESTS]
            failures += sum(row[cell] for cell in FAILURES)
        return tries, failures


async def keep_shifting(discovery: Discovery, directory: Directory) -> None:
    """Step until cancelled."""
    tally = Tally(directory)
    now = asyncio.get_running_loop().time
    while True:
        try:
            discovery.shift(now(), tally.count)
        except Exception:
            log.exception("a fault in shifting; what is in force stays")
        await asyncio.sleep(STEP)

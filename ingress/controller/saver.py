"""Saves the last good state: soon after a change, not too often, and at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

SETTLE: Final = 1.0
"""Seconds from a change until it is saved: others may follow it."""
PAUSE: Final = 4.0
"""Seconds between the end of one save and the wait for the next."""

log = logging.getLogger(__name__)


class Saver:
    """Calls `save` when there is something to save."""

    def __init__(self, save: Callable[[], Awaitable[None]]) -> None:
        self._save = save
        self._touched = asyncio.Event()
        self._failing = ""

    def touch(self) -> None:
        """Something has changed."""
        self._touched.set()

    async def run(self) -> None:
        """Save until cancelled, and then once more, if there is something to save."""
        try:
            while True:
                await self._touched.wait()
                await asyncio.sleep(SETTLE)
                await self._save_now()
                await asyncio.sleep(PAUSE)
        finally:
            if self._touched.is_set():
                await self._save_now()

    async def _save_now(self) -> None:
        self._touched.clear()
        try:
            await self._save()
        except OSError as error:
            place = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            self._report(f"the last good state cannot be saved (--state-dir): {place}")
            self._touched.set()
        else:
            self._report("")

    def _report(self, failure: str) -> None:
        """Say a failure once, and its end."""
        if failure and failure != self._failing:
            log.error("%s", failure)
        elif self._failing and not failure:
            log.info("the last good state is saved again")
        self._failing = failure

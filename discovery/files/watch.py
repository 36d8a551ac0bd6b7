"""A watch: which paths in a folder have changed, as the kernel tells it."""

import asyncio
import threading
from pathlib import Path
from typing import Final

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

_DEBOUNCE: Final = 20
_STEP: Final = 5
"""Milliseconds: a batch of changes ends when nothing has come for a step, or after the debounce."""


class Watch:
    """Watches from the moment it is made: what changes from then on is told by the next call."""

    def __init__(self, folder: Path) -> None:
        self.blind = ""
        """Why the kernel tells nothing (its limit of watches, mostly); empty: it does."""
        self._stop = threading.Event()
        self._notify: RustNotify | None = None
        try:
            self._notify = RustNotify([str(folder)], False, False, 300, True, True)
        except (OSError, WatchfilesRustInternalError) as error:
            self.blind = f"no notice of changes ({error}), so they take a second to be seen"

    async def changes(self, within: float) -> set[str]:
        """The paths that have changed, as soon as there are any; none when the time is up."""
        if self._notify is None:
            await asyncio.sleep(within)
            return set()
        try:
            raw = await asyncio.to_thread(
                self._notify.watch, _DEBOUNCE, _STEP, max(int(within * 1000), _STEP), self._stop
            )
        except asyncio.CancelledError:
            # The thread returns within a step, and with it goes what it holds.
            self._stop.set()
            raise
        return {path for _, path in raw} if isinstance(raw, set) else set()

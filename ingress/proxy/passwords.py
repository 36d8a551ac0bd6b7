"""Passwords: compared with hashes in threads, as that takes long, and good ones remembered for a while."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from typing import Final

from ingress.acl.digest import is_password
from ingress.acl.wait import Check

THREADS: Final = 2
MOST_WAITING: Final = 256
"""Comparisons that wait for a thread or are under way: more are refused, lest somebody who tries passwords
has everyone wait."""
MOST_REMEMBERED: Final = 10_000
FOR: Final = 300.0
"""Seconds for which a good password is remembered."""

Told = Callable[[bool | None], None]
"""Hears whether the password is right; None: there is too much to do."""


class Passwords:
    """The comparisons of one worker."""

    def __init__(self, loop: asyncio.AbstractEventLoop, now: Callable[[], float]) -> None:
        self._loop = loop
        self._now = now
        # Who reads this process' memory learns of a good password no more than it has on it anyway.
        self._key = secrets.token_bytes(32)
        self._good: dict[bytes, float] = {}
        """Until when, in the order in which they were remembered."""
        self._waiting: dict[bytes, list[Told]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def knows(self, check: Check) -> bool:
        """Whether this is remembered as right."""
        return self._good.get(self._mark(check), 0.0) > self._now()

    def compare(self, check: Check, told: Told) -> None:
        """Find out whether it is right, and tell: later, but for a refusal."""
        mark = self._mark(check)
        if mark in self._waiting:
            self._waiting[mark].append(told)
        elif len(self._waiting) >= MOST_WAITING:
            told(None)
        else:
            self._waiting[mark] = [told]
            self._start(check, mark)

    def close(self) -> None:
        """Begin nothing more."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _start(self, check: Check, mark: bytes) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, "password")
        work = self._threads.submit(is_password, check.password, check.digest)
        work.add_done_callback(lambda done: self._report(mark, done))

    def _report(self, mark: bytes, work: "Future[bool]") -> None:
        """From within the thread, which may outlive the loop."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._done, mark, work)

    def _done(self, mark: bytes, work: "Future[bool]") -> None:
        good = not work.cancelled() and work.exception() is None and work.result()
        if good:
            self._remember(mark)
        for told in self._waiting.pop(mark):
            told(good)

    def _remember(self, mark: bytes) -> None:
        self._good.pop(mark, None)
        if len(self._good) >= MOST_REMEMBERED:
            del self._good[next(iter(self._good))]
        self._good[mark] = self._now() + FOR

    def _mark(self, check: Check) -> bytes:
        # The hash is part of it: whose password is changed is not known by the old one.
        return blake2b(b"%b\0%b" % check, key=self._key, digest_size=16).digest()

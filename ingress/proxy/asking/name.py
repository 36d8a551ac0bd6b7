"""A name to be resolved: asked for while it is used, and what was known of it last stays."""

import logging
import socket
from collections.abc import Callable
from typing import Final

from ingress.proxy.site import Site

FRESH: Final = 10.0
"""Seconds after which a name in use is asked for again."""
MOST: Final = 16
"""Addresses of one name that are used."""

log = logging.getLogger("headgate.worker")


class Name:
    """The addresses of a name."""

    def __init__(self, site: Site, name: str, put: Callable[[tuple[str, ...]], None]) -> None:
        """`put` is told the addresses whenever they are others."""
        self._site = site
        self._name = name
        self._put = put
        self._known: tuple[str, ...] = ()
        self._at = float("-inf")
        """When it was asked for last."""
        self._looks = False
        self._waiting: list[Callable[[], None]] = []

    def when_known(self, call: Callable[[], None]) -> None:
        """Call at once, if anything is known; else when that is so, or nothing can be."""
        if not self._looks and self._site.now() - self._at >= FRESH:
            self._looks = True
            self._at = self._site.now()
            self._site.spawn(self._look(), f"resolve {self._name}")
        if self._known or not self._looks:
            call()
        else:
            self._waiting.append(call)

    async def _look(self) -> None:
        try:
            found = await self._site.loop.getaddrinfo(self._name, 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            log.warning("the name %s of an auth-url cannot be resolved: %s", self._name, error)
            if not self._known:
                # It may be there in a moment.
                self._at = self._site.now() - FRESH + 1.0
        else:
            # An address of one link names it behind a percent sign; nobody is asked there.
            hosts = (str(each[4][0]) for each in found)
            self._learn(tuple(dict.fromkeys(host for host in hosts if "%" not in host))[:MOST])
        self._looks = False
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()

    def _learn(self, hosts: tuple[str, ...]) -> None:
        if hosts and hosts != self._known:
            self._known = hosts
            self._put(hosts)

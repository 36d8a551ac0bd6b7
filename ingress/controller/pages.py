"""The admin pages on the socket that the supervisor holds."""

import socket
import time
from typing import Final

from aiohttp import web

from ingress.admin.app import Desk, application
from ingress.admin.guard import Guard, Trust
from ingress.admin.view import Pause, View
from ingress.version import build

LINGER: Final = 1.0
"""Seconds that answers under way may take at the end."""


class Pages:
    """Opens the pages when their socket is there."""

    def __init__(self, view: View, pause: Pause, trust: Trust) -> None:
        """`pause` is what operators may do, and `trust` says who may."""
        desk = Desk(Guard(trust.change), pause)
        app = application(view, build(), time.time, desk, trust.explain)
        self._runner = web.AppRunner(app, access_log=None)

    async def open(self, listening: socket.socket) -> None:
        """Answer on this socket."""
        await self._runner.setup()
        await web.SockSite(self._runner, listening, shutdown_timeout=LINGER).start()

    async def close(self) -> None:
        """Answer no more."""
        await self._runner.cleanup()

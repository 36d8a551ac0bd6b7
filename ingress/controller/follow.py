"""Follows a source for ever: a fault of ours in one of them is no reason to lose the others."""

import asyncio
import logging
import time

from ingress.backoff import Backoff
from ingress.controller.discovery import Discovery

log = logging.getLogger(__name__)


async def follow(discovery: Discovery, source: str) -> None:
    """Run a source until cancelled; one that ends by itself is started again, ever more slowly."""
    backoff = Backoff(first=1.0, longest=30.0, good=120.0)
    while True:
        began = time.monotonic()
        reason = await _run_once(discovery, source)
        discovery.failed(source, reason)
        await asyncio.sleep(backoff.after(time.monotonic() - began))


async def _run_once(discovery: Discovery, source: str) -> str:
    try:
        await discovery.run(source)
    except Exception as error:
        log.exception("source %s failed by a fault of Headgate, and is started again", source)
        return f"{type(error).__name__}: {error}"
    log.error("source %s ended without a reason, and is started again", source)
    return "it ended without a reason"

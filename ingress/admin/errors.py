"""Errors of the admin pages: JSON with a reason code, like every answer that Headgate makes itself."""

import logging
from collections.abc import Collection
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ingress.admin.query import BadQueryError
from ingress.model.reason import Reason

LOG: Final = logging.getLogger(__name__)

REASON_FIELD: Final = "X-Headgate-Reason"


def error(status: int, reason: Reason, message: str, **facts: object) -> web.Response:
    """An error as a client gets it."""
    body = msgspec.json.encode({"error": message, "reason": reason.value, **facts})
    return web.Response(
        status=status,
        body=body + b"\n",
        content_type="application/json",
        headers={REASON_FIELD: reason.value},
    )


def answering_errors(pages: Collection[str], changes: Collection[str]) -> Middleware:
    """The middleware that turns what goes wrong into such answers; `pages` are the paths that are read,
    `changes` those where something is changed."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        allowed = ("POST",) if request.path in changes else ("GET", "HEAD")
        if request.method not in allowed:
            refusal = error(405, Reason.NOT_IMPLEMENTED, f"this page knows {' and '.join(allowed)} alone")
            refusal.headers["Allow"] = ", ".join(allowed)
            return refusal
        try:
            return await handler(request)
        except BadQueryError as bad:
            return error(400, Reason.BAD_REQUEST, str(bad))
        except web.HTTPNotFound:
            return error(404, Reason.NO_ROUTE, "there is no such page", pages=[*pages, *changes])
        except Exception:
            # Too late to say anything else where the answer has begun.
            if request.writer.output_size:
                raise
            LOG.exception("admin page %s failed", request.path)
            return error(500, Reason.INTERNAL, "a fault of Headgate; its log says more")

    return answer

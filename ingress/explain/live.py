"""Accounts of real requests: of those that show a token, while they are served like all others."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced
from typing import Final

from msgspec.structs import replace

from ingress.acl.formula import compile_condition
from ingress.acl.sample import Client
from ingress.explain.rivals import host_names, seen_routes
from ingress.explain.sight import Sight, lines
from ingress.filter.act import Request, Response
from ingress.filter.layers import Layers
from ingress.filter.reply import Reply
from ingress.filter.steps import Steps
from ingress.model.condition import Condition
from ingress.model.explanation import Explanation
from ingress.model.route import Host
from ingress.proxy.exchange import Exchange
from ingress.proxy.site import Target
from ingress.token_file import Token, TokenError, is_shown
from ingress.wire.request import parse_request
from ingress.wire.request_fields import EXPLAIN

FIELD: Final = b"Headgate-Explain"
MOST: Final = 5
"""Requests in a second: the rules are compiled anew for each."""

log = logging.getLogger(__name__)

Tell = Callable[[Explanation], None]
Find = Callable[[str], Host | None]
"""The host of that name, if there is one."""


class LiveTracer:
    """Watches the requests that show the token. Implements `ingress.proxy.site.Tracer`."""

    def __init__(self, token: Token, tell: Tell, find: Find) -> None:
        self._read_token = token
        self._token: bytes | None = None
        self._read_at = -1
        self._tell = tell
        self._find = find
        self._tick = -1
        self._count = 0

    def watch(self, exchange: Exchange, target: Target) -> Target:
        """The target that was found, or one like it that notes what it does."""
        shown = exchange.request.variables.get(EXPLAIN)
        tick = exchange.site.tick
        if shown is None or not is_shown(self._token_at(tick), shown) or not self._has_room(tick):
            return target
        return _LiveSight(exchange, target, self._tell, self._find).target

    def _token_at(self, tick: int) -> bytes:
        """The token of now: its file is read once a second, whatever anybody shows."""
        if self._token is None or tick != self._read_at:
            before, self._token, self._read_at = self._token, b"", tick
            try:
                self._token = self._read_token()
            except TokenError as error:
                if before != b"":
                    log.warning("no request is explained: %s", error)
        return self._token

    def _has_room(self, tick: int) -> bool:
        if tick != self._tick:
            self._tick, self._count = tick, 0
        self._count += 1
        return self._count <= MOST


class _LiveSight(Sight):
    """One request while it is served."""

    def __init__(self, exchange: Exchange, target: Target, tell: Tell, find: Find) -> None:
        self.id = exchange.site.new_request_id()
        self._tell = tell
        self._find = find
        super().__init__(exchange, target)

    def join(self, layers: Sequence[Steps], *, chosen: bool = False) -> Steps | None:
        """All steps as one, which tells what came of them."""
        return _Telling(layers, self, chosen=chosen)

    def _hosts(self, host: str) -> Mapping[str, Host]:
        """Those under whose names a host may stand."""
        found = {name: self._find(name) for name in host_names(host)}
        return {name: one for name, one in found.items() if one is not None}

    def _holds(self, condition: Condition) -> bool:
        """Whether the request as it came meets a condition."""
        request = parse_request(self.exchange.request.head, self.exchange.site.limits)
        return compile_condition(condition)(request, self.exchange.client)

    def tell(self, answer: bytes, *, reason: str = "") -> None:
        """The request has this answer."""
        head = lines(answer.partition(b"\r\n\r\n")[0])
        told = self.explanation()
        answered = bool(reason)
        status = int(head[0].split()[1])
        self._tell(
            replace(
                told,
                id=self.id.decode(),
                routes=seen_routes(self._hosts(told.host), told, self.route, self._holds),
                sent=() if answered else told.sent,
                real=True,
                answered=answered,
                status=status,
                reason=reason,
                answer=head,
            )
        )


class _Telling(Layers):
    """The steps of one request, with an account at their end."""

    def __init__(self, layers: Sequence[Steps], sight: _LiveSight, *, chosen: bool) -> None:
        super().__init__(layers, chosen=chosen)
        self._sight = sight
        self.responds = True

    def respond(self, request: Request, response: Response, client: Client) -> Reply | None:
        """The same, and where the answer stays the server's, the account."""
        reply = super().respond(request, response, client)
        if reply is None:
            response.edit(FIELD, [self._sight.id])
            self._sight.tell(response.forward(b"", chunked_ok=True))  # type: ignore[attr-defined]
        return reply

    def finish(self, request: Request, reply: Reply, client: Client) -> Reply:
        """The same, and the account."""
        reply = super().finish(request, reply, client)
        reply = replaced(reply, headers=b"%b%b: %b\r\n" % (reply.headers, FIELD, self._sight.id))
        self._sight.tell(reply.render(head_only=True), reason=str(reply.reason))
        return reply

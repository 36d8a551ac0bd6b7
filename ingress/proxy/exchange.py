"""One request and its response: from the head that was read to the line in the log."""

from typing import TYPE_CHECKING, Final

from ingress.balance.backend import BackendState
from ingress.balance.belonging import Belonging
from ingress.balance.server import ServerState
from ingress.filter.pausing import Pause
from ingress.filter.reply import Reply, in_words
from ingress.model.policy import Coding
from ingress.model.reason import Reason
from ingress.observe.page import WorkerCell
from ingress.proxy.account import account
from ingress.proxy.attempt import Attempt
from ingress.proxy.body import RequestBody, begin_body, take_body
from ingress.proxy.course import shorten_answer
from ingress.proxy.forwarded import forwarded_fields
from ingress.proxy.kernel import end_in_reset
from ingress.proxy.pause import pause
from ingress.proxy.refusal import turn_away
from ingress.proxy.relay import Relay, tunnel
from ingress.proxy.scopes import enter
from ingress.proxy.site import Site, Target
from ingress.wire.message import UNTIL_CLOSE
from ingress.wire.request import Request
from ingress.wire.response import Response

if TYPE_CHECKING:
    from ingress.proxy.client import ClientConnection

REQUESTS_TOTAL: Final = int(WorkerCell.REQUESTS_TOTAL)
KEEP_ALIVE: Final = b"Connection: keep-alive\r\n"
CLOSE: Final = b"Connection: close\r\n"
LONGEST_ID: Final = 128
"""Bytes of a request id that a client may choose."""

STATUS: Final = {
    Reason.NO_ROUTE: 404,
    Reason.NO_ENDPOINTS: 503,
    Reason.CONNECT_FAILED: 503,
    Reason.TLS_FAILED: 503,
    Reason.SERVER_CLOSED: 502,
    Reason.BAD_RESPONSE: 502,
    Reason.TIMEOUT_SERVER: 504,
    Reason.TIMEOUT_REQUEST: 408,
    Reason.DRAINING: 503,
    Reason.STARTING: 503,
    Reason.INTERNAL: 500,
}


class Exchange:
    """Decides where a request goes, gives its answer to the client, and accounts for it.

    Everything here is plain calls from the callbacks of the two connections. Reaching a server, and
    another if need be, is its `Attempt`.
    """

    __slots__ = (
        "attempt",
        "backend",
        "body",
        "bytes_out",
        "client",
        "connected",
        "first_byte",
        "keep",
        "named",
        "over",
        "reason",
        "request",
        "request_id",
        "site",
        "started",
        "status",
        "target",
    )

    named: bytes
    """The server that the client has named; only where requests of the backend belong to servers."""

    def __init__(self, site: Site, client: "ClientConnection", request: Request) -> None:
        self.site = site
        self.client = client
        self.request = request
        self.started = self.connected = self.first_byte = self.site.now()
        self.target: Target | None = None
        self.backend: BackendState | None = None
        self.attempt: Attempt | None = None
        self.body: RequestBody | None = None
        self.keep = self.request.keep_alive
        self.status = 0
        self.bytes_out = 0
        self.reason = ""
        self.request_id = b""
        self.over = False

    def begin(self, rest: bytes) -> None:
        """Find the route, ask its policy, choose a server. `rest` is what came behind the head."""
        site = self.site
        request = self.request
        site.cells[REQUESTS_TOTAL] += 1
        sent_id = request.request_id
        self.request_id = sent_id if 0 < len(sent_id) <= LONGEST_ID else site.new_request_id()
        if request.body:
            begin_body(self, rest)
        elif rest:
            self.client.rest = rest
        if self.over:
            return
        target = site.table.find(request.host, request.path)
        if target is None:
            target = site.table.decide(request.host, request.path, request, self.client)
            if target is None:
                target = site.scopes.nowhere if site.ready else None
            if target is None:
                self.fail(Reason.NO_ROUTE if site.ready else Reason.STARTING)
                return
        if site.tracer is not None:
            target = site.tracer.watch(self, target)
        self.target = target
        steps = target.steps
        if steps is not None:
            reply = steps.run(request, self.client)
            if reply is not None:
                self.go_on(reply)
                return
        self._send(target)

    def go_on(self, reply: Reply | None) -> None:
        """Do what the rules say: give their answer, send the request on, or wait."""
        if reply is None:
            assert self.target is not None
            self._send(self.target)
        elif isinstance(reply, Pause):
            pause(self, reply)
        else:
            self.answer(reply)

    def _send(self, target: Target) -> None:
        """Choose a server, and give the request to it."""
        backend, steps = target.backend, target.steps
        server = None
        if steps is not None:
            name = steps.backend(self.request, self.client) if steps.chooses else None
            if name is not None:
                backend = self.site.backend(name)
            if steps.places:
                server = steps.server(self.request, self.client, backend)
        self.backend = backend
        if backend.steps is not None and not target.chosen:
            reply = enter(self, backend)
            if reply is not None:
                self.go_on(reply)
                return
        if backend.affinity is not None:
            server = self._keep(backend.affinity, server)
        server = server or backend.choose()
        if server is None:
            self.fail(Reason.NO_ENDPOINTS if backend.name else Reason.NO_ROUTE)
            return
        attempt = self.attempt = Attempt(self, backend)
        attempt.start(server)

    def _keep(self, affinity: Belonging, server: ServerState | None) -> ServerState | None:
        """The server that the client belongs to, unless a rule has chosen one; and whom the client names."""
        if server is None:
            server, self.named = affinity.choose(self.request, self.client)
        else:
            self.named = affinity.read(self.request)
        return server

    def head(self) -> bytes:
        """The head of the request as servers get it."""
        request = self.request
        return request.forward(forwarded_fields(self.client, request, self.request_id))

    # What the client sends.

    def client_data(self, data: bytes) -> None:
        """A piece of the body, or of what the client asks next."""
        body = self.body
        if body is not None and not body.done:
            self.client.deadline = self.site.tick + int(self.site.limits.timeout_client) + 1
            take_body(self, body, data)
            return
        client = self.client
        client.rest += data
        if len(client.rest) > self.site.limits.pipelined:
            client.hold()

    def client_eof(self) -> bool:
        """The client has half-closed: True if the answer can still be given."""
        if not self.client.rest:
            self.keep = False
        return self.body is None or self.body.done

    def client_gone(self) -> None:
        """Nobody waits for the answer any more."""
        if self.over:
            return
        self.abandon()
        self._close_account(Reason.CLIENT_CLOSED, 499)

    def client_expired(self) -> None:
        """The client neither sends what it announced nor takes what it asked for."""
        self.abandon()
        self.keep = False
        if self.status:
            self.abort(Reason.TIMEOUT_REQUEST)
        else:
            self.fail(Reason.TIMEOUT_REQUEST)

    def hold_server(self) -> None:
        """Read no more of the answer until the client has taken what there is."""
        if self.attempt is not None and self.attempt.upstream is not None:
            self.attempt.upstream.transport.pause_reading()

    def release_server(self) -> None:
        """Read the answer again."""
        attempt = self.attempt
        if attempt is not None and attempt.upstream is not None:
            attempt.upstream.await_server()
            if not (self.status and shorten_answer(attempt.upstream, attempt)):
                attempt.upstream.transport.resume_reading()

    @property
    def awaits_client(self) -> bool:
        """It is the client that owes something: more of the body, or room for more of the answer."""
        body = self.body
        if self.client.full or body is None or body.done or self.client.held:
            return self.client.full
        # One that asked whether to send its body waits for the server (RFC 9110, 10.1.1).
        return not self.request.expect_continue or body.bytes_in > 0

    def abandon(self) -> None:
        """Need no server any more; the attempt stays for the log."""
        if self.attempt is not None:
            self.attempt.abandon()

    # What the server answers.

    def interim(self, response: Response) -> None:
        """Pass a 1xx answer on, to clients that know of them."""
        if response.status == 100:
            self.request.expect_continue = False
        if self.request.minor:
            self.client.write(response.forward(b"", chunked_ok=True))

    def respond(self, response: Response, piece: bytes) -> bool:
        """Send the head of the answer with what of its body came with it; False if a rule has another
        answer in its place."""
        if self.backend is not None and self.backend.affinity is not None:
            self._tell_server(response)
        steps = None if self.target is None else self.target.steps
        if steps is not None and steps.responds:
            reply = steps.respond(self.request, response, self.client)
            if reply is not None:
                self.abandon()
                self.answer(reply)
                return False
            if steps.compressor is not None:
                coding = steps.compressor.apply(self.request, response)
                if coding is not None and response.body:
                    return self._respond_encoded(coding, response, piece)
        self._give_head(response, piece)
        return True

    def _tell_server(self, response: Response) -> None:
        """Have the client come back to the server of this answer."""
        server = self.attempt.server if self.attempt is not None else None
        affinity = self.backend.affinity if self.backend is not None else None
        if server is not None and affinity is not None:
            affinity.answer(self.named, server, self.request, response)

    def _respond_encoded(self, coding: Coding, response: Response, piece: bytes) -> bool:
        """The same with a body that is compressed; False if that has been given already."""
        upstream = self.attempt.upstream if self.attempt is not None else None
        assert upstream is not None
        upstream.encode(coding, response)
        self._give_head(response, b"", endless=False)
        if response.body > 0:
            upstream.data_received(piece)
            return False
        return True

    def _give_head(self, response: Response, piece: bytes, endless: bool = True) -> None:
        site = self.site
        minor = self.request.minor
        body = self.body
        self.first_byte = site.now()
        self.status = response.status
        self.bytes_out = len(piece)
        # The client's connection can be used again if both messages end where both sides see it.
        endless = endless and response.body < 0 and (response.body == UNTIL_CLOSE or not minor)
        if endless or site.draining or (body is not None and not body.done):
            self.keep = False
        fields = CLOSE if not self.keep else b"" if minor else KEEP_ALIVE
        self.client.write(response.forward(fields, chunked_ok=minor == 1) + piece)

    def complete(self, now: float) -> None:
        """The answer has been given in full."""
        client = self.client
        body = self.body
        self.over = True
        account(self, now)
        self.attempt = None
        if client.held:
            client.release()
        client.exchange_done(keep=self.keep, linger=body is not None and not body.done)

    def upgrade(self, response: Response, rest: bytes) -> None:
        """The server has agreed to speak another protocol: from now on bytes are passed both ways."""
        self.first_byte = self.site.now()
        self.status = response.status
        self.bytes_out = len(rest)
        if self.backend is not None and self.backend.affinity is not None:
            self._tell_server(response)
        self.client.write(response.forward(b"", chunked_ok=True) + rest)
        tunnel(self)

    def tunnel_closed(self, relay: Relay) -> None:
        """Both ends of the tunnel are gone."""
        self.bytes_out += relay.bytes_out
        if self.attempt is not None:
            self.attempt.part()
        self._close_account(relay.reason, self.status)

    def broken_off(self, reason: Reason) -> None:
        """The answer ends in its middle: the client must see that it is not whole."""
        self.abort(reason)

    # What Headgate itself answers.

    def fail(self, reason: Reason) -> None:
        """Answer with the status that belongs to the reason."""
        if reason is Reason.NO_ROUTE and self.site.draining:
            reason = Reason.DRAINING
        self.answer(in_words(STATUS[reason], reason))

    def answer(self, reply: Reply) -> None:
        """Give an answer of our own, whatever the method."""
        steps = None if self.target is None else self.target.steps
        if steps is not None and steps.responds:
            reply = steps.finish(self.request, reply, self.client)
        if reply.manner:
            turn_away(self, reply)
        else:
            self.give(reply)

    def give(self, reply: Reply) -> None:
        """Give an answer of our own, as it is."""
        unread = self.body is not None and not self.body.done
        if unread or self.site.draining:
            self.keep = False
        fields = CLOSE if not self.keep else b"" if self.request.minor else KEEP_ALIVE
        self.site.cells[self.site.reason_cells[reply.reason]] += 1
        self.bytes_out = len(reply.body)
        fields += self.site.date()
        self.client.write(reply.render(fields, head_only=self.request.method == b"HEAD"))
        self._close_account(reply.reason, reply.status)
        self.client.release()
        self.client.exchange_done(keep=self.keep, linger=unread)

    def abort(self, reason: Reason) -> None:
        """End the connection, in the middle of whatever goes on, so that the client must see it."""
        self._close_account(reason, self.status)
        self.client.exchange = None
        self.site.outbox.flush()
        if not self.keep:
            # It may be the end of the connection that says where the answer ends.
            end_in_reset(self.client.transport)
        self.client.transport.abort()

    def leave(self, reply: Reply) -> None:
        """The client gets no answer, and its connection is closed."""
        self.site.cells[self.site.reason_cells[reply.reason]] += 1
        self._close_account(reply.reason, reply.status)
        self.client.exchange_done(keep=False, linger=False)

    def _close_account(self, reason: str, status: int) -> None:
        self.over = True
        self.reason = reason
        self.status = status
        account(self, self.site.now())
        self.attempt = None

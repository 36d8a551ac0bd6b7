"""Layers: the rules of a platform, of a route and of a backend as one, each in a section of its own.

As a frontend and a backend in HAProxy: a request goes from the outermost layer to the innermost, an answer
back. `allow` ends the rules of its layer only. What one layer answers goes through itself and those outside
of it, as nobody inside has seen the request.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingress.acl.sample import Client
from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.act import Request, Response
from ingress.filter.pausing import Pause
from ingress.filter.reply import Reply
from ingress.filter.steps import Steps


class Layers(Steps):
    """Several steps, the outermost first."""

    __slots__ = ("layers",)

    def __init__(self, layers: Sequence[Steps], *, chosen: bool = False) -> None:
        """`chosen`: the backend is chosen already."""
        self.layers = tuple(layers)
        self.https = any(steps.https for steps in layers)
        self.waits = any(steps.waits for steps in layers)
        self.responds = any(steps.responds for steps in layers)
        self.chooses = not chosen and any(steps.chooses for steps in layers)
        self.places = any(steps.places for steps in layers)
        self.compressor = next((steps.compressor for steps in layers if steps.compressor), None)

    def run(self, request: Request, client: Client) -> Reply | None:
        """Ask layer by layer; the reply of the first that has one, or None to go on."""
        return self._on(0, self.layers[0].run(request, client), request, client)

    def _on(self, place: int, reply: Reply | None, request: Request, client: Client) -> Reply | None:
        """What comes of it when the layer at this place has said this."""
        while reply is None:
            place += 1
            if place == len(self.layers):
                return None
            reply = self.layers[place].run(request, client)
        if isinstance(reply, Pause):
            go_on = reply.go_on
            return replace(reply, go_on=lambda: self._on(place, go_on(), request, client))
        finished = _finished(self.layers[: place + 1], request, reply, client)
        return replace(finished, finished=True) if self.responds else finished

    def backend(self, request: Request, client: Client) -> str | None:
        """The backend that the first layer which chooses any has chosen."""
        for steps in self.layers:
            chosen = steps.backend(request, client) if steps.chooses else None
            if chosen:
                return chosen
        return None

    def server(self, request: Request, client: Client, backend: BackendState) -> ServerState | None:
        """The server that the first layer which names any has named."""
        for steps in self.layers:
            named = steps.server(request, client, backend) if steps.places else None
            if named is not None:
                return named
        return None

    def respond(self, request: Request, response: Response, client: Client) -> Reply | None:
        """The rules about a server's answer of all layers, then those about every answer."""
        for steps in reversed(self.layers):
            reply = steps.refuse(request, response, client)
            if reply is not None:
                return reply
        for steps in reversed(self.layers):
            steps.complete(request, client)
        return None

    def finish(self, request: Request, reply: Reply, client: Client) -> Reply:
        """The proxy's own answer as the layers leave it, if they have not seen it yet."""
        return reply if reply.finished else _finished(self.layers, request, reply, client)


def _finished(layers: Sequence[Steps], request: Request, reply: Reply, client: Client) -> Reply:
    for steps in reversed(layers):
        reply = steps.finish(request, reply, client)
    return reply

"""A worker: one event loop that listens, applies what the controller says, serves, and drains."""

import asyncio
import gc
import logging
import os
import random
import resource
import signal
import socket
import stat
import time
from collections.abc import Callable
from ipaddress import ip_network
from typing import Final, cast

import uvloop

from ingress.ipc.channel import child_end
from ingress.ipc.frames import TO_WORKER, FrameReader, frame
from ingress.ipc.messages import Attach, Drain, Listen, Protocol, ToChild, Unlisten
from ingress.model.change import Applied, Commit, Explained, FromWorker, Hello
from ingress.model.listener import TcpListener
from ingress.model.settings import Settings
from ingress.model.tickets import TicketKeys
from ingress.net.listener import Listener
from ingress.observe.access_log import AccessLog
from ingress.observe.page import Page, ServerCell
from ingress.proxy.apply import Apply
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.introduction import Introduction, Made
from ingress.proxy.named import Named
from ingress.proxy.server_names import HTTPS
from ingress.proxy.site import Site, World
from ingress.proxy.sweep import Sweep
from ingress.proxy.tcp import TcpClient, TcpTarget
from ingress.proxy.tls.accepted import Accepted
from ingress.proxy.tls.openssl import find
from ingress.wire.proxy_protocol import Ends

PATIENCE: Final = 1.0
"""Seconds that connections wait, in the queues of their sockets, for the first full state."""
SLICE: Final = 0.003
"""Seconds of applying changes after which requests get their turn."""
COLLECT: Final = (20_000, 20, 50)
"""Thresholds of the cyclic collector: requests leave next to nothing to it."""

log = logging.getLogger("headgate.worker")

Place = tuple[Protocol, str, int]


def run(settings: Settings, index: int, control: socket.socket, page: Page) -> int:
    """Serve until the supervisor says to drain, or is gone; the exit status."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, index, control, page))


async def _serve(settings: Settings, index: int, control: socket.socket, page: Page) -> int:
    worker = Worker(settings, index, page, asyncio.get_running_loop())
    child_end(control).attend(worker.loop, worker.told, worker.orphaned)
    await worker.done.wait()
    worker.close()
    return 0


class Worker:
    """Wires the data plane to the supervisor, the controller, and the clock."""

    def __init__(self, settings: Settings, index: int, page: Page, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.done = asyncio.Event()
        self._settings = settings
        self._index = index
        self._listening: dict[Place, Listener] = {}
        self._early: list[tuple[Place, socket.socket]] = []
        """Sockets in whose queues connections wait until anything is accepted."""
        self._accepts = False
        self._sockets: dict[int, list[tuple[Place, socket.socket]]] = {}
        self._tcp: dict[int, TcpListener] = {}
        self._feed: ControllerFeed | None = None
        columns = [page.column(worker).cells for worker in range(page.workers)]

        world = World(
            loop=loop,
            now=time.monotonic,
            dice=random.Random().random,
            descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            load=lambda server: sum(cells[server.cell + ServerCell.IN_FLIGHT] for cells in columns),
            total=lambda cell: sum(cells[cell] for cells in columns),
            hostname=socket.gethostname().encode(),
            tallies=page.tallies(index),
            library=find() if settings.https else None,
        )
        self._site = Site(settings, page.begin(index), _open_log(settings.access_log), world)
        self._site.health.on_change = self.say
        self._explain(settings.explain_token_file)
        self._apply = Apply(self._site, self._tcp_wanted)
        Sweep(self._site).start()
        loop.add_signal_handler(signal.SIGUSR1, self._reopen_log)
        # Who comes to a worker that starts is better served a little later than told that it knows nothing.
        loop.call_later(PATIENCE, self.accept)

    def _explain(self, path: str) -> None:
        """Tell what becomes of requests that show the token, where there is one."""
        if not path:
            return
        # What others need not carry.
        from ingress.explain.live import LiveTracer  # noqa: PLC0415
        from ingress.token_file import token_in  # noqa: PLC0415

        self._site.tracer = LiveTracer(
            token_in(path), lambda told: self.say(Explained(told)), self._apply.host
        )

    # What the supervisor says.

    def told(self, message: ToChild, descriptors: list[int]) -> None:
        """Act on a message of the supervisor."""
        match message:
            case Listen(protocol, address, port):
                self._listen((protocol, address, port), socket.socket(fileno=descriptors[0]))
            case Unlisten(protocol, address, port):
                self._unlisten((protocol, address, port))
            case Attach():
                self._attach(socket.socket(fileno=descriptors[0]))
            case Drain(timeout):
                self._drain(timeout)
            case TicketKeys():
                self._site.tls.use_tickets(message)
            case _:
                log.warning("worker %d does not know %r", self._index, message)

    def orphaned(self) -> None:
        """The supervisor is gone: nobody would start a successor, so finish and leave."""
        log.error("worker %d: the supervisor is gone; draining", self._index)
        self._drain(self._settings.drain_timeout)

    # Listening.

    def _listen(self, place: Place, listening: socket.socket) -> None:
        protocol, _, port = place
        if protocol is Protocol.TCP:
            self._sockets.setdefault(port, []).append((place, listening))
            if port in self._tcp:
                self._open(place, listening)
        else:
            self._open(place, listening)

    def _open(self, place: Place, listening: socket.socket) -> None:
        if not self._accepts:
            self._early.append((place, listening))
        elif not self._site.draining:
            self._listening[place] = Listener(self._site.poller, listening, self._acceptor(place))

    def accept(self) -> None:
        """Accept what comes from now on, and what waits already."""
        self._accepts = True
        early, self._early = self._early, []
        for place, listening in early:
            self._open(place, listening)

    def _acceptor(self, place: Place) -> Callable[[], object]:
        """What makes the protocol of a connection that comes to this place."""
        made = self._maker(place)
        site = self._site
        proxies = [ip_network(network, strict=False) for network in self._settings.proxy_protocol]
        if proxies:
            return lambda: Introduction(site, proxies, made)
        return lambda: made(None)

    def _maker(self, place: Place) -> Made:
        """The same, once it is known whose connection it is."""
        protocol, _, port = place
        site = self._site
        if protocol is Protocol.TCP:
            return lambda told: self._relayed(port, told)
        door = Door(self._settings, port, tls=protocol is Protocol.HTTPS)
        if protocol is Protocol.HTTPS:
            return lambda told: Accepted(
                site, lambda: ClientConnection(site, door, told), told, site.names.get(HTTPS)
            )
        return lambda told: ClientConnection(site, door, told)

    def _relayed(self, port: int, told: Ends | None) -> object:
        """What makes of a connection to a TCP port what it is to be."""
        site, names = self._site, self._site.names.get(port)
        listener = self._tcp.get(port)
        owner = None
        if listener is not None and listener.backend:
            owner = TcpTarget(site.backend(listener.backend), listener.origin)
        if names is not None:
            return Named(site, names, owner, told)
        return TcpClient(site, TcpTarget(site.unknown_backend("")) if owner is None else owner, told)

    def _unlisten(self, place: Place) -> None:
        self._sockets.pop(place[2], None)
        for waiting in [waiting for waiting in self._early if waiting[0] == place]:
            self._early.remove(waiting)
            waiting[1].close()
        server = self._listening.pop(place, None)
        if server is not None:
            server.close()

    def _tcp_wanted(self, port: int, listener: TcpListener | None) -> None:
        """A TCP listener has appeared, changed or gone; its socket comes from the supervisor."""
        known = port in self._tcp
        if listener is None:
            self._tcp.pop(port, None)
            return
        self._tcp[port] = listener
        if not known:
            for place, listening in self._sockets.get(port, ()):
                self._open(place, listening)

    # The controller.

    def _attach(self, end: socket.socket) -> None:
        if self._feed is not None:
            self._feed.close()
        self._feed = ControllerFeed(self._apply, self.accept)
        self._site.spawn(self._join(self._feed, end), "attach")

    async def _join(self, feed: "ControllerFeed", end: socket.socket) -> None:
        await self.loop.create_unix_connection(lambda: feed, sock=end)
        self.say(Hello(self._index, os.getpid(), self._apply.version))

    def say(self, message: FromWorker) -> None:
        """Tell the controller, if there is one."""
        if self._feed is not None:
            self._feed.say(message)

    # The end.

    def _drain(self, seconds: float) -> None:
        """Take nothing new, finish what there is, then leave."""
        site = self._site
        if site.draining:
            return
        site.draining = True
        for server in self._listening.values():
            server.close()
        self.loop.call_later(seconds, self._give_up)
        self._leave_when_idle()

    def _give_up(self) -> None:
        site = self._site
        log.warning(
            "worker %d leaves with %d connections open: the time to drain is over",
            self._index,
            len(site.clients) + len(site.relays),
        )
        for client in list(site.clients):
            if client.exchange is not None:
                client.exchange.client_gone()
        self.done.set()

    def _leave_when_idle(self) -> None:
        if self._site.clients or self._site.relays or self._site.handshakes:
            self.loop.call_later(0.05, self._leave_when_idle)
        else:
            self.done.set()

    def close(self) -> None:
        """Write what the log still holds, and begin nothing more."""
        self._site.passwords.close()
        if self._site.log is not None:
            self._site.log.flush()

    def _reopen_log(self) -> None:
        if self._site.log is not None and self._settings.access_log != "-":
            self._site.log.reopen(_open_file(self._settings.access_log))


class ControllerFeed(asyncio.Protocol):
    """The stream from the controller: each message is put in force as it comes, in slices of time."""

    def __init__(self, apply: Apply, complete: Callable[[], None]) -> None:
        """`complete` is called when a full state is in force."""
        self._apply = apply
        self._complete = complete
        self._reader = FrameReader()
        self._waiting: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._settled = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Apply what is complete, unless earlier messages still wait."""
        idle = not self._waiting
        self._waiting += self._reader.feed(data)
        if idle and self._waiting:
            self._work()

    def _work(self) -> None:
        until = time.monotonic() + SLICE
        waiting = self._waiting
        at = 0
        while at < len(waiting):
            message = TO_WORKER.decode(waiting[at])
            at += 1
            self._apply.put(message)
            if isinstance(message, Commit):
                self.say(Applied(message.version))
                if message.complete:
                    self._settle()
                    self._complete()
            elif time.monotonic() > until:
                break
        del waiting[:at]
        if waiting:
            asyncio.get_running_loop().call_soon(self._work)

    def _settle(self) -> None:
        """After the first full state: what is there now stays, so the collector need not look at it again."""
        if not self._settled:
            self._settled = True
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT)

    def say(self, message: FromWorker) -> None:
        """Tell the controller."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(message))

    def close(self) -> None:
        """Hear no more of this controller."""
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()


def _open_log(where: str) -> AccessLog | None:
    if where == "off":
        return None
    return AccessLog(_open_output() if where == "-" else _open_file(where))


def _open_output() -> int:
    """Standard output, in a form that never makes the loop wait.

    A pipe is opened anew, as the flag would be everyone's who has it; what cannot be opened anew (a
    socket) is used as it is.
    """
    if not stat.S_ISFIFO(os.fstat(1).st_mode):
        return 1
    try:
        return os.open("/proc/self/fd/1", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 1


def _open_file(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)

"""Which certificate a client gets, changed while connections live on."""

import logging
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

from ingress.model.listener import Authority, Certificate
from ingress.model.tickets import NAME, TicketKeys
from ingress.proxy.tls.context import Recipe, is_usable, server_context
from ingress.proxy.tls.engine import Engine
from ingress.proxy.tls.openssl import OpenSsl
from ingress.wire.client_hello import ClientHello

MOST: Final = 2048
"""Contexts that are kept ready, of 20 KiB each; those used last. Another one is made in a millisecond."""
DEFAULT: Final = ""
"""In the hosts of a certificate: it is for clients that name a host without a certificate, or none."""

log = logging.getLogger("headgate.worker")


class Choice(NamedTuple):
    """What a client gets."""

    context: ssl.SSLContext
    authority: Authority | None
    """By which the client's own certificate is verified; None: it is not asked for one."""
    begin: Callable[[], Engine]
    """Makes the engine of a connection."""


class _Key(NamedTuple):
    """What a context was made of."""

    certificates: tuple[str, ...]
    authority: str
    older: bool
    """For clients whose ticket is of the key before the present one."""


class TlsHosts:
    """Finds a context by the name that the client asks for (SNI), made when it is first asked for.

    A client that asks for a name without a certificate, or for none, gets the default certificate. If
    there is none it is refused: any certificate that it could be given is somebody else's.
    """

    def __init__(self, library: OpenSsl | None, *, strict: bool = False) -> None:
        """`strict`: the default certificate is only for clients that name no host."""
        self._library = library
        self._strict = strict
        self._certificates: dict[str, Certificate] = {}
        self._authorities: dict[str, Authority] = {}
        self._by_host: dict[str, tuple[str, ...]] = {}
        self._guards: dict[str, str] = {}
        self._tickets = TicketKeys(b"")
        self._ready: OrderedDict[_Key, Choice | None] = OrderedDict()

    def change(
        self, certificates: Mapping[str, Certificate | None], authorities: Mapping[str, Authority | None]
    ) -> None:
        """Use these for new connections, where None is one that is gone."""
        for name, certificate in certificates.items():
            self._put(name, certificate)
        for name, authority in authorities.items():
            self._authorities.pop(name, None)
            if authority is not None and is_usable(authority):
                self._authorities[name] = authority
        changed = certificates.keys() | authorities.keys()
        self._renew(key for key in self._ready if not changed.isdisjoint((*key.certificates, key.authority)))

    def _put(self, name: str, certificate: Certificate | None) -> None:
        before = self._certificates.pop(name, None)
        for host in before.hosts if before else ():
            left = tuple(other for other in self._by_host[host] if other != name)
            if left:
                self._by_host[host] = left
            else:
                del self._by_host[host]
        if certificate is not None:
            self._certificates[name] = certificate
            for host in certificate.hosts:
                self._by_host[host] = tuple(sorted((*self._by_host.get(host, ()), name)))

    def guard(self, host: str, authority: str) -> None:
        """Ask clients of a host for certificates that this authority has signed; empty: for none."""
        if authority:
            self._guards[host] = authority
        else:
            self._guards.pop(host, None)

    def use_tickets(self, keys: TicketKeys) -> None:
        """Seal session tickets with these keys from now on."""
        self._tickets = keys
        self._renew(self._ready)

    def authority(self, name: str) -> Authority | None:
        """The authority of that name."""
        return self._authorities.get(name)

    def certificate(self, name: str) -> Certificate | None:
        """The certificate of that name."""
        return self._certificates.get(name)

    def has(self, host: str) -> bool:
        """Whether a host has a certificate: its own, or that of all names beside it."""
        return host in self._by_host or wildcard(host) in self._by_host

    def serves(self, name: str) -> bool:
        """Whether clients that ask for a name get any certificate."""
        return bool(self._certificates_of(name))

    def choose(self, hello: ClientHello) -> Choice | None:
        """What a client gets; None: it is refused."""
        name = hello.name
        names = self._certificates_of(name)
        if not names:
            return None
        older = bool(hello.ticket_key) and hello.ticket_key == self._tickets.previous[:NAME]
        key = _Key(names, self._guard(name), older)
        if key in self._ready:
            self._ready.move_to_end(key)
            return self._ready[key]
        return self._make(key)

    def _certificates_of(self, name: str) -> tuple[str, ...]:
        own = self._by_host.get(name) or self._by_host.get(wildcard(name), ())
        return own or (() if name and self._strict else self._by_host.get(DEFAULT, ()))

    def _guard(self, name: str) -> str:
        guards = self._guards
        if not guards:
            return ""
        return next((guards[host] for host in hosts_for(name) if host in guards), "")

    def _make(self, key: _Key) -> Choice | None:
        choice = self._try(key)
        self._ready[key] = choice
        if len(self._ready) > MOST:
            self._ready.popitem(last=False)
        return choice

    def _try(self, key: _Key) -> Choice | None:
        authority = self._authorities.get(key.authority)
        recipe = Recipe(
            [self._certificates[name] for name in key.certificates],
            authority,
            self._tickets.previous if key.older else self._tickets.current,
        )
        try:
            context = server_context(recipe, self._library)
        except (ssl.SSLError, OSError, ValueError) as error:
            log.error("certificate %s cannot be used: %s", " and ".join(key.certificates), error)
            return None
        return Choice(context, authority, self._beginning(context, authority))

    def _beginning(self, context: ssl.SSLContext, authority: Authority | None) -> Callable[[], Engine]:
        quick = None
        if self._library is not None and authority is None:
            quick = self._library.beginning(context)
        return quick or partial(Engine, context, True)

    def _renew(self, keys: Iterable[_Key]) -> None:
        """Make these contexts anew. One that cannot be made stays as it is: the last that was good."""
        for key in tuple(keys):
            choice = None
            if all(name in self._certificates for name in key.certificates):
                choice = self._try(key)
            else:
                del self._ready[key]
            if choice is not None:
                self._ready[key] = choice


def wildcard(name: str) -> str:
    """What a certificate for all names beside this one is called."""
    return "*." + name.partition(".")[2]


def hosts_for(name: str) -> Iterator[str]:
    """The hosts whose routes a name may meet, the nearest first."""
    if name:
        yield name
        yield from _wildcards(name)
    yield ""


def _wildcards(name: str) -> Iterator[str]:
    yield wildcard(name)
    while name:
        name = name.partition(".")[2]
        yield "**." + name

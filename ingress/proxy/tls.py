"""TLS of the listeners: which certificate a client gets, changed while connections live on."""

import os
import ssl
from collections.abc import Sequence

from ingress.model.listener import Certificate


class TlsHosts:
    """One TLS context for each certificate, found by the name that the client asks for (SNI).

    A client that asks for a name without a certificate, or for none, is refused in the handshake: any
    certificate that it could be given is somebody else's.
    """

    def __init__(self) -> None:
        self._by_host: dict[str, ssl.SSLContext] = {}
        self.front = _context()
        """The context listeners are opened with; it changes to a host's own as soon as that is known."""
        self.front.sni_callback = self._choose

    def put(self, certificates: Sequence[Certificate]) -> list[tuple[str, str]]:
        """Use these certificates for new connections. Returns name and reason of each that is unusable."""
        refused = []
        by_host: dict[str, ssl.SSLContext] = {}
        for certificate in certificates:
            try:
                context = _context()
                _load(context, certificate)
            except (ssl.SSLError, OSError) as error:
                refused.append((certificate.name, str(error)))
                continue
            for host in certificate.hosts:
                by_host.setdefault(host, context)
        self._by_host = by_host
        return refused

    def find(self, name: str) -> ssl.SSLContext | None:
        """The context for a name: exact first, then the wildcard of its parent."""
        exact = self._by_host.get(name.lower())
        return exact or self._by_host.get("*." + name.lower().partition(".")[2])

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        context = self.find(name) if name else None
        if context is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = context
        return None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Give a context its chain and key, which the ssl module takes from a file only: one in memory."""
    file = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(file, certificate.chain + b"\n" + certificate.key)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)

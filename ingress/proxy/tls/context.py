"""TLS contexts of listeners: versions, ciphers, certificates, who may resume what."""

import os
import ssl
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from ingress.model.listener import Certificate
from ingress.proxy.tls.openssl import OpenSsl

CIPHERS: Final = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
"""Of TLS 1.2, as Mozilla's "intermediate" has them; all of TLS 1.3 are good."""
PROTOCOLS: Final = ("http/1.1",)
"""What ALPN offers, the best first (RFC 7301)."""


class Recipe(NamedTuple):
    """What a context is made of."""

    pairs: Sequence[Certificate]
    """Of different kinds of keys: each client gets one whose signatures it can verify."""
    authority: bytes = b""
    """PEM: certificates of clients are asked for, and have to be signed by one of these."""
    ticket_key: bytes = b""
    """Empty: there are no session tickets."""


def server_context(recipe: Recipe, library: OpenSsl | None) -> ssl.SSLContext:
    """A context for connections of clients. ssl.SSLError, OSError: the certificates cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    # All ciphers are good, and clients know best which of them they are fast at.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(PROTOCOLS)
    context.num_tickets = 1
    for pair in recipe.pairs:
        load_pair(context, pair.chain, pair.key)
    if recipe.authority:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=recipe.authority.decode("ascii"))
    if library is not None:
        library.prepare(context)
        library.set_scope(context, _scope(recipe))
    _use_tickets(context, recipe.ticket_key, library)
    return context


def _use_tickets(context: ssl.SSLContext, key: bytes, library: OpenSsl | None) -> None:
    if not key:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    elif library is not None:
        library.set_ticket_key(context, key)


def _scope(recipe: Recipe) -> bytes:
    """Sessions are resumed for the same certificates and authority only: who has shown a certificate of
    a client to one host has not shown it to another."""
    names = "\n".join(sorted(pair.name for pair in recipe.pairs)).encode()
    return sha256(sha256(names).digest() + recipe.authority).digest()


def load_pair(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """Give a context a chain and key, which the ssl module takes from a file only: one in memory."""
    file = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(file, chain + b"\n" + key)
        # A key that is sealed with a password is an error, and nothing to ask a terminal about.
        context.load_cert_chain(f"/proc/self/fd/{file}", password="")
    finally:
        os.close(file)

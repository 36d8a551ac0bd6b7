"""TLS contexts of listeners: versions, ciphers, certificates, who may resume what."""

import logging
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Final, NamedTuple

from ingress.model.listener import Authority, Certificate
from ingress.proxy.tls.openssl import OpenSsl

CIPHERS: Final = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
"""Of TLS 1.2, as Mozilla's "intermediate" has them; all of TLS 1.3 are good."""
LARGEST_NAMED: Final = 64 * 1024
"""Bytes of PEM whose subjects surely fit into what a client is asked with (RFC 8446, 4.2.4)."""
PROTOCOLS: Final = ("http/1.1",)
"""What ALPN offers, the best first (RFC 7301)."""


log = logging.getLogger("headgate.worker")


class Recipe(NamedTuple):
    """What a context is made of."""

    pairs: Sequence[Certificate]
    """Of different kinds of keys: each client gets one whose signatures it can verify."""
    authority: Authority | None = None
    """Certificates of clients are asked for, and have to be signed by it."""
    ticket_key: bytes = b""
    """Empty: there are no session tickets."""


def server_context(recipe: Recipe, library: OpenSsl | None) -> ssl.SSLContext:
    """A context for connections of clients. ssl.SSLError, OSError: the certificates cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    # All ciphers are good: without the library clients choose.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(PROTOCOLS)
    context.num_tickets = 1
    staples = {}
    for pair in recipe.pairs:
        load_pair(context, pair.chain, pair.key)
        if library is not None and pair.staple:
            staples[library.certificate(context)] = pair.staple
    if recipe.authority is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        trust(context, recipe.authority)
    if library is not None:
        library.prepare(context)
        library.set_scope(context, _scope(recipe))
        _name_authorities(context, recipe.authority, library)
        if staples:
            library.staple(context, staples)
    _use_tickets(context, recipe.ticket_key, library)
    return context


def _name_authorities(context: ssl.SSLContext, authority: Authority | None, library: OpenSsl) -> None:
    """Tell clients with many certificates which of them is asked for. Who is trusted without being an
    authority is not known to clients as the issuer of anything: then they choose for themselves."""
    found = context.cert_store_stats()
    if authority is None or len(authority.pem) > LARGEST_NAMED or found["x509"] != found["x509_ca"]:
        return
    with _file_with(authority.pem) as path:
        library.name_authorities(context, path)


def client_context(
    authority: Authority | None, certificate: Certificate | None, *, verify: bool
) -> ssl.SSLContext:
    """A context for connections to servers; without an authority they are verified by those that the
    system trusts. ssl.SSLError, OSError: it cannot be made of these."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    context.set_alpn_protocols(PROTOCOLS)
    if authority is not None:
        trust(context, authority)
    elif verify:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if certificate is not None:
        load_pair(context, certificate.chain, certificate.key)
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
    authority = recipe.authority
    trusted = b"" if authority is None else b"%b\0%b" % (authority.pem, authority.revoked)
    return sha256(sha256(names).digest() + trusted).digest()


def trust(context: ssl.SSLContext, authority: Authority) -> None:
    """Verify peers by an authority: by what it is, root or not. ssl.SSLError: it cannot be used."""
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=authority.pem.decode("ascii"))
    if authority.revoked:
        with _file_with(authority.revoked) as path:
            context.load_verify_locations(path)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


def is_usable(authority: Authority) -> bool:
    """Whether peers can be verified by it. It is left alone where not, as if it were not there."""
    try:
        trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), authority)
    except (ssl.SSLError, OSError, ValueError) as error:
        log.error("authority %s cannot be used, and nobody is let in by it: %s", authority.name, error)
        return False
    return True


def load_pair(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """Give a context a chain and key."""
    with _file_with(chain + b"\n" + key) as path:
        # A key that is sealed with a password is an error, and nothing to ask a terminal about.
        context.load_cert_chain(path, password="")


@contextmanager
def _file_with(data: bytes) -> Iterator[str]:
    """A file in memory, for what the ssl module takes from a file only."""
    file = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(file, data)
        yield f"/proc/self/fd/{file}"
    finally:
        os.close(file)

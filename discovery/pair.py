"""A certificate chain with its key, read and found to fit."""

from datetime import datetime
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import (
    Certificate,
    DNSName,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    SubjectAlternativeName,
    UnsupportedGeneralNameType,
    load_pem_x509_certificates,
)
from msgspec import Struct

from discovery.names import SpellingError, read_host

_LEAST_RSA: Final = 2048
EXPIRY_WARNING: Final = 14 * 86400.0
"""Seconds before its end that a certificate is overdue for renewal."""


class PairError(ValueError):
    """A chain and key that cannot be used; the text says why, and shows nothing of the key."""


class PairNames(NamedTuple):
    """What the texts are called where people see them."""

    chain: str = "tls.crt"
    key: str = "tls.key"


SECRET: Final = PairNames()
"""As the keys of a Secret are called."""


class Pair(Struct, frozen=True):
    """A chain and key that fit, and what the first certificate says of itself."""

    chain: bytes
    key: bytes
    names: tuple[str, ...]
    """The host names it is for."""
    since: float
    until: float
    """Seconds since the epoch."""
    kind: str
    """Of its key."""
    serial: int = 0

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return f"Pair(names={self.names})"


def read_pair(chain: bytes, key: bytes, names: PairNames = SECRET) -> Pair:
    """The pair of these PEM texts; PairError if they cannot be used together."""
    certificates = _read_chain(chain, names.chain)
    public = _public_of_key(key, names.key)
    fits = [_spki(_public_of(certificate)) == public for certificate in certificates]
    if not any(fits):
        raise PairError(f"the key in {names.key} does not belong to the certificate in {names.chain}")
    if not fits[0]:
        raise PairError(
            f"the certificate of the key has to be the first in {names.chain}, before those that sign it"
        )
    leaf = certificates[0]
    since, until = _epoch(leaf.not_valid_before_utc), _epoch(leaf.not_valid_after_utc)
    return Pair(chain, key, _names(leaf), since, until, _kind(_public_of(leaf)), leaf.serial_number)


def _read_chain(chain: bytes, name: str) -> list[Certificate]:
    if not chain.strip():
        raise PairError(f"{name} is missing or empty")
    try:
        return load_pem_x509_certificates(chain)
    except (ValueError, InvalidVersion):
        raise PairError(f"{name} is not a chain of certificates in PEM form") from None


def _public_of_key(key: bytes, name: str) -> bytes:
    if not key.strip():
        raise PairError(f"{name} is missing or empty")
    try:
        return _spki(load_pem_private_key(key, password=None).public_key())
    except TypeError:
        raise PairError(f"{name} is encrypted; it has to be without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise PairError(f"{name} is not a private key in PEM form") from None


def _kind(public: PublicKeyTypes) -> str:
    """Of a key, and whether OpenSSL takes it at the level of today."""
    if isinstance(public, RSAPublicKey):
        if public.key_size < _LEAST_RSA:
            raise PairError(f"its RSA key has {public.key_size} bits, and {_LEAST_RSA} are needed")
        return "rsa"
    return "ecdsa" if isinstance(public, EllipticCurvePublicKey) else "other"


def _public_of(certificate: Certificate) -> PublicKeyTypes:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise PairError("there is a certificate with a key of an unknown form") from None


def _spki(public: PublicKeyTypes) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _names(leaf: Certificate) -> tuple[str, ...]:
    try:
        found = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, DuplicateExtension, UnsupportedGeneralNameType, ValueError):
        return ()
    return tuple(filter(None, map(_host, found.get_values_for_type(DNSName))))


def _host(name: str) -> str:
    try:
        return read_host(name)
    except SpellingError:
        return ""


def _epoch(when: datetime) -> float:
    return when.timestamp()


def overdue(pair: Pair) -> float:
    """When a renewal is overdue: certificates that live for days are renewed after two thirds of them."""
    return pair.until - min(EXPIRY_WARNING, (pair.until - pair.since) / 3)


def flaw_of_date(pair: Pair, now: float) -> str:
    """What is wrong with a certificate at this time; empty: nothing."""
    if now >= pair.until:
        return "its certificate has expired; renew it"
    if now >= overdue(pair):
        return "its certificate expires soon and has not been renewed"
    return "its certificate is not valid yet" if now < pair.since else ""

"""A certificate chain with its key, read and found to fit."""

from datetime import datetime
from typing import Final

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
_NO_CHAIN: Final = "tls.crt is missing or empty"
_NO_KEY: Final = "tls.key is missing or empty"


class PairError(ValueError):
    """A chain and key that cannot be used; the text says why, and shows nothing of the key."""


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

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return f"Pair(names={self.names})"


def read_pair(chain: bytes, key: bytes) -> Pair:
    """The pair of these PEM texts; PairError if they cannot be used together."""
    certificates = _read_chain(chain)
    public = _public_of_key(key)
    fits = [_spki(_public_of(certificate)) == public for certificate in certificates]
    if not any(fits):
        raise PairError("the key in tls.key does not belong to the certificate in tls.crt")
    if not fits[0]:
        raise PairError(
            "the certificate of the key has to be the first in tls.crt, before those that sign it"
        )
    leaf = certificates[0]
    since, until = _epoch(leaf.not_valid_before_utc), _epoch(leaf.not_valid_after_utc)
    return Pair(chain, key, _names(leaf), since, until, _kind(_public_of(leaf)))


def _read_chain(chain: bytes) -> list[Certificate]:
    if not chain.strip():
        raise PairError(_NO_CHAIN)
    try:
        return load_pem_x509_certificates(chain)
    except (ValueError, InvalidVersion):
        raise PairError("tls.crt is not a chain of certificates in PEM form") from None


def _public_of_key(key: bytes) -> bytes:
    if not key.strip():
        raise PairError(_NO_KEY)
    try:
        return _spki(load_pem_private_key(key, password=None).public_key())
    except TypeError:
        raise PairError("tls.key is encrypted; it has to be without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise PairError("tls.key is not a private key in PEM form") from None


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
        raise PairError("tls.crt has a certificate with a key of an unknown form") from None


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

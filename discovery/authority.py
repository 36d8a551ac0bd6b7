"""Who vouches for peers: certificates of authorities, and what they have revoked."""

from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    Certificate,
    CertificateRevocationList,
    InvalidVersion,
    load_pem_x509_certificates,
    load_pem_x509_crl,
)

LARGEST: Final = 1 << 20
NEVER: Final = float("inf")
"""The time at which a list without an end is out of date."""


class AuthorityError(ValueError):
    """Texts that nobody can be verified by; the text says why."""


class Trust(NamedTuple):
    """Both as PEM, and nothing beside it."""

    pem: bytes
    revoked: bytes
    """Empty: nothing is looked up in a list."""
    until: float
    """When the last of the certificates ends, in seconds since the epoch."""
    fresh_until: float
    """When the list is out of date."""
    name: str = "ca.crt"
    """What the certificates were read from."""

    def flaw(self, now: float) -> str:
        """Why nobody is verified by it at this time; empty: that is not so."""
        if now >= self.until:
            return f"all certificates in {self.name} have expired"
        return "ca.crl is out of date" if now >= self.fresh_until else ""


def read_authority(pem: bytes, revoked: bytes, name: str = "ca.crt") -> Trust:
    """The authorities in `ca.crt`, or in what has this name, and the list of revoked certificates in
    `ca.crl` where there is one."""
    if not pem.strip():
        raise AuthorityError(f"{name} is missing or empty")
    if len(pem) + len(revoked) > LARGEST:
        raise AuthorityError(f"{name} and ca.crl have more than {LARGEST} bytes")
    certificates = _certificates(pem, name)
    whole = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
    until = max(certificate.not_valid_after_utc.timestamp() for certificate in certificates)
    if not revoked.strip():
        return Trust(whole, b"", until, NEVER, name)
    found = _list(revoked)
    if found.issuer not in {certificate.subject for certificate in certificates}:
        raise AuthorityError("ca.crl is of none of the authorities in ca.crt")
    renewed = found.next_update_utc
    fresh_until = renewed.timestamp() if renewed else NEVER
    return Trust(whole, found.public_bytes(Encoding.PEM), until, fresh_until, name)


def _certificates(pem: bytes, name: str) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(pem)
    except (ValueError, InvalidVersion, UnsupportedAlgorithm):
        raise AuthorityError(f"{name} is not certificates in PEM form") from None


def _list(revoked: bytes) -> CertificateRevocationList:
    try:
        return load_pem_x509_crl(revoked)
    except (ValueError, UnsupportedAlgorithm):
        raise AuthorityError("ca.crl is not a list of revoked certificates in PEM form") from None

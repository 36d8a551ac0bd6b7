"""What rules and servers may know of the TLS of a connection."""

import ssl
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha1
from typing import Any, Final

from ingress.model.listener import Authority
from ingress.proxy.tls.engine import Engine

_SHORT: Final = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "emailAddress": "emailAddress",
    "givenName": "GN",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "serialNumber": "serialNumber",
    "stateOrProvinceName": "ST",
    "surname": "SN",
    "userId": "UID",
}


class ClientCertificate:
    """A certificate that a client has shown, and that its authority has signed: anything else ends the
    handshake."""

    def __init__(self, der: bytes, facts: dict[str, Any]) -> None:
        """`facts` as `ssl.SSLObject.getpeercert` gives them."""
        self.der = der
        self._facts = facts

    @cached_property
    def subject(self) -> bytes:
        """`/C=FR/O=Example/CN=anna`, as OpenSSL's one-line form has it."""
        return _one_line(self._subject)

    @cached_property
    def issuer(self) -> bytes:
        """The name of who has signed it, in the same form."""
        return _one_line(self._issuer)

    @property
    def common_name(self) -> bytes:
        """The last CN of the subject; empty: it has none."""
        return self.subject_part("CN", -1) or b""

    def subject_part(self, name: str, place: int) -> bytes | None:
        """The value of an attribute of the subject by its short name: the first is 1, the last -1."""
        return _part(self._subject, name, place)

    def issuer_part(self, name: str, place: int) -> bytes | None:
        """The same of who has signed it."""
        return _part(self._issuer, name, place)

    @cached_property
    def serial(self) -> bytes:
        """Big-endian."""
        return bytes.fromhex(self._facts.get("serialNumber", ""))

    @cached_property
    def sha1(self) -> bytes:
        """The fingerprint, 20 bytes: a name by which people know certificates, and no proof."""
        return sha1(self.der, usedforsecurity=False).digest()

    @cached_property
    def not_before(self) -> bytes:
        """Since when it is good: `260105093443Z`."""
        return _time(self._facts["notBefore"])

    @cached_property
    def not_after(self) -> bytes:
        """Until when."""
        return _time(self._facts["notAfter"])

    @cached_property
    def _subject(self) -> "_Name":
        return _name(self._facts.get("subject", ()))

    @cached_property
    def _issuer(self) -> "_Name":
        return _name(self._facts.get("issuer", ()))


class TlsSession:
    """The outcome of a handshake."""

    def __init__(self, engine: Engine, name: str, authority: Authority | None) -> None:
        self.sni = name.encode("ascii", "replace")
        """The host that the client has named, lower-case; empty: none."""
        self.authority = authority
        """By which the client's certificate was verified; None: it was not asked for one."""
        self._engine = engine

    @property
    def protocol(self) -> bytes:
        """`TLSv1.3`."""
        return self._engine.protocol.encode()

    @property
    def cipher(self) -> bytes:
        """`TLS_AES_256_GCM_SHA384`."""
        return self._engine.cipher.encode()

    @property
    def alpn(self) -> bytes:
        """`http/1.1`; empty: the client has offered nothing."""
        return self._engine.alpn.encode()

    @property
    def resumed(self) -> bool:
        """By a session of before."""
        return self._engine.resumed

    @cached_property
    def certificate(self) -> ClientCertificate | None:
        """What the client has shown; None: nothing."""
        shown = None if self.authority is None else self._engine.certificate
        return None if shown is None else ClientCertificate(*shown)


_Name = tuple[tuple[str, bytes], ...]
"""Attributes by their short names, in order."""


def _name(rows: Any) -> _Name:
    return tuple((_SHORT.get(key, key), _text(value)) for row in rows for key, value in row)


def _one_line(name: _Name) -> bytes:
    return b"".join(b"/%b=%b" % (key.encode(), value) for key, value in name)


def _part(name: _Name, wanted: str, place: int) -> bytes | None:
    found = [value for key, value in name if key == wanted]
    index = place - 1 if place > 0 else place
    return found[index] if -len(found) <= index < len(found) else None


def _text(value: str) -> bytes:
    # Who issues certificates chooses the text, and lines end where they should.
    return value.encode("utf-8", "replace").translate(None, _CONTROLS)


def _time(text: str) -> bytes:
    when = datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    return when.strftime("%y%m%d%H%M%SZ").encode()


_CONTROLS: Final = bytes([*range(32), 127])

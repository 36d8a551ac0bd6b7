"""What rules and servers may know of the TLS of a connection."""

import ssl
from functools import cached_property
from hashlib import sha1
from typing import Any, Final, cast

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
        return _one_line(self._facts.get("subject", ()))

    @cached_property
    def issuer(self) -> bytes:
        """The name of who has signed it, in the same form."""
        return _one_line(self._facts.get("issuer", ()))

    @cached_property
    def common_name(self) -> bytes:
        """The last CN of the subject; empty: it has none."""
        names = [value for row in self._facts.get("subject", ()) for key, value in row if key == "commonName"]
        return names[-1].encode() if names else b""

    @cached_property
    def serial(self) -> bytes:
        """Big-endian."""
        return bytes.fromhex(self._facts.get("serialNumber", ""))

    @cached_property
    def sha1(self) -> bytes:
        """The fingerprint, 20 bytes: a name by which people know certificates, and no proof."""
        return sha1(self.der, usedforsecurity=False).digest()

    @property
    def not_before(self) -> str:
        """`Jan  5 09:34:43 2026 GMT`, as `ssl.cert_time_to_seconds` reads it."""
        return cast(str, self._facts.get("notBefore", ""))

    @property
    def not_after(self) -> str:
        """The same for its end."""
        return cast(str, self._facts.get("notAfter", ""))


class TlsSession:
    """The outcome of a handshake."""

    def __init__(self, connection: ssl.SSLObject, name: str, authority: str, missing: str) -> None:
        self.sni = name.encode("ascii", "replace")
        """The host that the client has named, lower-case; empty: none."""
        self.authority = authority
        """By which the certificates of clients were verified; empty: none was asked for."""
        self.missing_authority = missing
        """The one that should have verified them, and is not there."""
        self._connection = connection

    @property
    def protocol(self) -> bytes:
        """`TLSv1.3`."""
        return (self._connection.version() or "").encode()

    @property
    def cipher(self) -> bytes:
        """`TLS_AES_256_GCM_SHA384`."""
        found = self._connection.cipher()
        return found[0].encode() if found else b""

    @property
    def alpn(self) -> bytes:
        """`http/1.1`; empty: the client has offered nothing."""
        return (self._connection.selected_alpn_protocol() or "").encode()

    @property
    def resumed(self) -> bool:
        """By a session of before."""
        return bool(self._connection.session_reused)

    @cached_property
    def certificate(self) -> ClientCertificate | None:
        """What the client has shown; None: nothing."""
        if not self.authority:
            return None
        der = self._connection.getpeercert(binary_form=True)
        facts = self._connection.getpeercert()
        return ClientCertificate(der, facts) if der and facts else None


def _one_line(name: Any) -> bytes:
    parts = (f"/{_SHORT.get(key, key)}={value}" for row in name for key, value in row)
    # Who issues certificates chooses the text, and lines end where they should.
    return "".join(parts).encode("utf-8", "replace").translate(None, _CONTROLS)


_CONTROLS: Final = bytes([*range(32), 127])

"""What guarded routes ask of clients: a certificate that the route's own authority has signed."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Final, Protocol, cast

from ingress.acl.sample import Certificate, Client
from ingress.filter.act import Act, Request
from ingress.filter.reply import Reply, in_words
from ingress.model.listener import Authority
from ingress.model.policy import ClientCertificates
from ingress.model.reason import Reason

REQUIRED: Final = in_words(403, Reason.CERTIFICATE_REQUIRED)
MISDIRECTED: Final = in_words(421, Reason.MISDIRECTED)
CLOSED: Final = in_words(
    503, Reason.ROUTE_CLOSED, "closed: the authority of client certificates is not there or cannot be read"
)
FIELDS: Final = (
    b"X-SSL-Client-Verify",
    b"X-SSL-Client-Subject-DN",
    b"X-SSL-Client-Issuer-DN",
    b"X-SSL-Client-CN",
    b"X-SSL-Client-Serial",
    b"X-SSL-Client-SHA1",
    b"X-SSL-Client-NotBefore",
    b"X-SSL-Client-NotAfter",
)
"""What servers are told. No client can say these itself: the parser cuts all of that kind."""
WHOLE: Final = b"Client-Cert"
"""The certificate itself (RFC 9440, 2.2)."""


class _Session(Protocol):
    authority: Authority | None
    certificate: Certificate | None


class _Authorities(Protocol):
    def authority(self, name: str) -> Authority | None:
        """The authority of that name."""


class _Site(Protocol):
    tls: _Authorities


class _From(Protocol):
    """A client as far as it matters here."""

    session: _Session | None
    surroundings: _Site


def shown(asked: ClientCertificates) -> Act:
    """Let nobody in without such a certificate, where it is required, and tell servers whose it is.

    It counts only where the connection was made under the authority that is in force now: who has shown a
    certificate to one host has not shown it to another.
    """

    def check(request: Request, client: Client) -> Reply | None:
        origin = cast(_From, client)
        session = origin.session
        certificate = None
        if session is not None:
            authority = origin.surroundings.tls.authority(asked.authority)
            if authority is None:
                return CLOSED
            if session.authority is not authority:
                return MISDIRECTED
            certificate = session.certificate
        if certificate is None and asked.required:
            return REQUIRED
        _tell(request, certificate, whole=asked.forward)
        return None

    return check


def _tell(request: Request, certificate: Certificate | None, *, whole: bool) -> None:
    if certificate is None:
        request.edit(FIELDS[0], [b"NONE"])
        return
    for name, value in zip(FIELDS, _values(certificate), strict=True):
        request.edit(name, [value])
    if whole:
        request.edit(WHOLE, [b":%b:" % b64encode(certificate.der)])


def _values(certificate: Certificate) -> Iterator[bytes]:
    yield b"SUCCESS"
    yield from (certificate.subject, certificate.issuer, certificate.common_name)
    yield certificate.serial.hex().encode()
    yield certificate.sha1.hex().encode()
    yield from (certificate.not_before, certificate.not_after)

"""Fetches from the certificate that the client has shown. It has been verified: anything else ends the
handshake."""

from collections.abc import Callable
from typing import Final

from ingress.acl.fetch import Args, Fetch, Take, plain
from ingress.acl.sample import Certificate, Client, One, Request, Sample, Type

_LONGEST: Final = 32
"""Bytes of the name of an attribute, such as CN."""


def _certificate(take: Callable[[Certificate], Sample]) -> One:
    """Of the client's certificate; there is no sample without one."""

    def sample(request: Request, client: Client) -> Sample | None:
        session = client.session
        certificate = None if session is None else session.certificate
        return None if certificate is None else take(certificate)

    return sample


def _used(request: Request, client: Client) -> Sample | None:
    session = client.session
    return None if session is None else session.certificate is not None


def _verify(request: Request, client: Client) -> Sample | None:
    return None if client.session is None else 0


def _name(
    whole: Callable[[Certificate], bytes], part: Callable[[Certificate, str, int], bytes | None]
) -> Callable[[Args], Take]:
    """The maker of a fetch of a name: all of it, or the values of one attribute."""

    def make(args: Args) -> Take:
        if not args or not args[0]:
            return _certificate(whole)
        attribute = args[0]
        if len(args) > 2 or not attribute.isalnum() or len(attribute) > _LONGEST:
            raise ValueError("the short name of an attribute is expected, as in ssl_c_s_dn(CN)")
        place = _place(args[1]) if len(args) == 2 else 1

        def sample(request: Request, client: Client) -> Sample | None:
            session = client.session
            certificate = None if session is None else session.certificate
            return None if certificate is None else part(certificate, attribute, place)

        return sample

    return make


def _place(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:3]) <= 99 and len(digits) < 3):
        raise ValueError(f'"{text[:20]}" is no occurrence: 1 is the first, -1 the last')
    return int(text)


ROWS: Final = (
    Fetch(
        "ssl_c_used",
        "ssl_c_used",
        Type.BOOL,
        plain(_used),
        "The client has shown a certificate; it has been verified, else there would be no connection.",
        "ssl_c_used",
    ),
    Fetch(
        "ssl_c_verify",
        "ssl_c_verify",
        Type.INT,
        plain(_verify),
        "0: what the client has shown, if anything, is good. Others never get this far.",
        "ssl_c_verify 0",
    ),
    Fetch(
        "ssl_c_s_dn",
        "ssl_c_s_dn([ATTRIBUTE[,OCCURRENCE]])",
        Type.STR,
        _name(lambda shown: shown.subject, lambda shown, name, place: shown.subject_part(name, place)),
        "Whose the client's certificate is: `/C=FR/O=Example/CN=anna`, or the value of one attribute of it.",
        "ssl_c_s_dn(O) Example",
    ),
    Fetch(
        "ssl_c_i_dn",
        "ssl_c_i_dn([ATTRIBUTE[,OCCURRENCE]])",
        Type.STR,
        _name(lambda shown: shown.issuer, lambda shown, name, place: shown.issuer_part(name, place)),
        "Who has signed the client's certificate, in the same form.",
        "ssl_c_i_dn(CN) -m beg Clients",
    ),
    Fetch(
        "ssl_c_serial",
        "ssl_c_serial",
        Type.BIN,
        plain(_certificate(lambda shown: shown.serial)),
        "The serial number of the client's certificate.",
        "ssl_c_serial,hex 1234",
    ),
    Fetch(
        "ssl_c_sha1",
        "ssl_c_sha1",
        Type.BIN,
        plain(_certificate(lambda shown: shown.sha1)),
        "The SHA-1 fingerprint of the client's certificate.",
        "ssl_c_sha1,hex 7A5C0F8FBB6EDB6F6C5A2D1D6C3F0B7C1C2E4D11",
    ),
    Fetch(
        "ssl_c_der",
        "ssl_c_der",
        Type.BIN,
        plain(_certificate(lambda shown: shown.der)),
        "The client's certificate itself.",
        "ssl_c_der,sha2,hex -m found",
    ),
    Fetch(
        "ssl_c_notbefore",
        "ssl_c_notbefore",
        Type.STR,
        plain(_certificate(lambda shown: shown.not_before)),
        "Since when the client's certificate is good: YYMMDDhhmmssZ.",
        "ssl_c_notbefore -m beg 26",
    ),
    Fetch(
        "ssl_c_notafter",
        "ssl_c_notafter",
        Type.STR,
        plain(_certificate(lambda shown: shown.not_after)),
        "Until when the client's certificate is good: YYMMDDhhmmssZ.",
        "ssl_c_notafter -m beg 27",
    ),
)

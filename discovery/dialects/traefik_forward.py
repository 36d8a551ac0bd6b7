"""Traefik's `forwardauth` middleware: somebody else is asked who may pass."""

from collections.abc import Mapping
from typing import Final

from discovery.auth_values import parse_auth_url, parse_copied, parse_told
from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_list, read_number, read_truth
from discovery.dialects.traefik_effect import Effect, Reader, Said, checked_regex, passed_over
from ingress.model.admission import Authorize
from ingress.model.policy import Rule

_SECONDS: Final = 30.0
"""Traefik waits for so long."""
_MOST: Final = 1 << 20
"""Bytes of an answer that are kept, whatever is said."""


def read(said: Said) -> Effect:
    """Ask, and do as the answer says."""
    address = said.text("address")
    if not address:
        raise ComplaintError("address is missing")
    most = said.number("maxresponsebodysize", -1)
    asked = Authorize(
        parse_auth_url(address).text,
        method="" if said.truth("preserverequestmethod") else "GET",
        told=said.words("authrequestheaders"),
        copied=said.words("authresponseheaders"),
        copied_like=said.text("authresponseheadersregex"),
        cookies=said.words("addauthcookiestoresponse"),
        seconds=_SECONDS,
        verify=not said.truth("tls.insecureskipverify"),
        absolute=not said.truth("preservelocationheader"),
        most=most if 0 <= most < _MOST else _MOST,
    )
    return Effect((Rule(asked),))


def _names(value: str) -> tuple[str, ...]:
    return parse_told(value) if read_list(value) else ()


def _settable(value: str) -> tuple[str, ...]:
    return parse_copied(value) if read_list(value) else ()


def _regex(value: str) -> str:
    return checked_regex(value) if value else ""


def _no_body(value: str) -> object:
    if read_truth(value):
        raise ComplaintError("the bodies of requests are not sent to who is asked")
    return False


def _no_file(value: str) -> object:
    raise ComplaintError("files are not read; the certificate is verified by those that the system trusts")


def _elsewhere(value: str) -> object:
    raise ComplaintError("it is no option of tags; let who is asked answer with a redirect")


_TEXT: Final[Reader] = str
OPTIONS: Final[Mapping[str, Reader]] = {
    "address": _TEXT,
    "authresponseheaders": _settable,
    "authresponseheadersregex": _regex,
    "authrequestheaders": _names,
    "addauthcookiestoresponse": _names,
    "preservelocationheader": read_truth,
    "preserverequestmethod": read_truth,
    "maxresponsebodysize": read_number,
    "tls.insecureskipverify": read_truth,
    "forwardbody": _no_body,
    "tls.ca": _no_file,
    "tls.cert": _no_file,
    "tls.key": _no_file,
    "authsigninurl": _elsewhere,
    # Who sent a request is told as to servers: what trusted proxies say is passed on, and nothing else.
    "trustforwardheader": read_truth,
    "headerfield": passed_over,
    "maxbodysize": passed_over,
    "tls.caoptional": passed_over,
}

"""The fields of a request that mean something to the proxy, and what each of them does."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ingress.model.reason import Reason
from ingress.wire.grammar import BLANKS, is_token
from ingress.wire.message import take_connection, take_cut, take_length, take_upgrade
from ingress.wire.refusal import Refusal, malformed

if TYPE_CHECKING:
    from ingress.wire.request import Request


def take_host(request: "Request", line: bytes, value: bytes) -> None:
    """Host: exactly once, even if it says the same again."""
    if request.said_host:
        raise malformed("Host is said twice")
    request.said_host = True
    request.authority = value


def take_coding(request: "Request", line: bytes, value: bytes) -> None:
    """Transfer-Encoding: `chunked`, once, and nothing else."""
    if request.coding:
        raise malformed("Transfer-Encoding is said twice")
    codings = [coding.strip(BLANKS) for coding in value.lower().split(b",")]
    if codings == [b"chunked"]:
        request.coding = line
        return
    if b"chunked" not in codings[:-1] and all(map(is_token, codings)):
        raise Refusal(501, Reason.NOT_IMPLEMENTED, "a transfer coding that is not served")
    raise malformed("Transfer-Encoding is not `chunked`")


def take_expect(request: "Request", line: bytes, value: bytes) -> None:
    """Expect: from an HTTP/1.0 client it means nothing (RFC 9110, 10.1.1)."""
    if request.minor == 0:
        request.cut.append(line)
    elif value.lower() == b"100-continue":
        request.expect_continue = True


def take_te(request: "Request", line: bytes, value: bytes) -> None:
    """TE: whether the client wants to see trailers."""
    request.cut.append(line)
    codings = (coding.partition(b";")[0].strip(BLANKS) for coding in value.lower().split(b","))
    request.te_trailers = request.te_trailers or b"trailers" in codings


def take_forwarded_for(request: "Request", line: bytes, value: bytes) -> None:
    """X-Forwarded-For: every value, as whom to believe is decided by who knows the peer."""
    request.cut.append(line)
    request.forwarded_for.append(value)


def take_forwarded_proto(request: "Request", line: bytes, value: bytes) -> None:
    """X-Forwarded-Proto: the last, which the nearest proxy has said."""
    request.cut.append(line)
    request.forwarded_proto = value


def take_forwarded_host(request: "Request", line: bytes, value: bytes) -> None:
    """X-Forwarded-Host: the last, which the nearest proxy has said."""
    request.cut.append(line)
    request.forwarded_host = value


def take_request_id(request: "Request", line: bytes, value: bytes) -> None:
    """X-Request-ID: the last, which the nearest proxy has said."""
    request.cut.append(line)
    request.request_id = value


EXPLAIN: Final = "explain"
"""What a request shows to be explained, kept beside its variables."""


def take_explain(request: "Request", line: bytes, value: bytes) -> None:
    """Headgate-Explain: for us alone, whether or not anybody is listening."""
    request.cut.append(line)
    request.set_variable(EXPLAIN, value)


Take = Callable[["Request", bytes, bytes], None]

TAKE: Final[Mapping[bytes, Take]] = {
    b"host": take_host,
    b"connection": take_connection,
    b"content-length": take_length,
    b"transfer-encoding": take_coding,
    b"upgrade": take_upgrade,
    b"expect": take_expect,
    b"te": take_te,
    b"keep-alive": take_cut,
    b"proxy-connection": take_cut,
    b"forwarded": take_cut,
    b"x-real-ip": take_cut,
    b"x-forwarded-for": take_forwarded_for,
    b"x-forwarded-proto": take_forwarded_proto,
    b"x-forwarded-host": take_forwarded_host,
    b"x-request-id": take_request_id,
    b"headgate-explain": take_explain,
}


OF_CERTIFICATES: Final = (b"x-ssl-client-", b"ssl-client-", b"client-cert")
"""What begins with these tells servers of a client's certificate, so no client may say it."""
TELLING: Final = (*TAKE, *(b"%b*" % beginning for beginning in (b"x-forwarded-", *OF_CERTIFICATES)))
"""All names that mean something when they are written with dashes; the star stands for any end."""
CUT_UNDERSCORED: Final = frozenset((b"x-real-ip", b"transfer-encoding", b"content-length"))
"""Cut if they are written with underscores: some take them for what they look like."""


def meaning(name: bytes) -> Take | None:
    """What is done with a field of a request, by its lower-case name."""
    # CGI, WSGI and others read `X_Forwarded_For` as `X-Forwarded-For`: the one is cut as the other.
    dashed = name.replace(b"_", b"-")
    if dashed in CUT_UNDERSCORED or (dashed.startswith(b"x-forwarded-") and name not in TAKE):
        return TAKE.get(name, take_cut)
    if dashed.startswith(OF_CERTIFICATES):
        return take_cut
    return TAKE.get(name)

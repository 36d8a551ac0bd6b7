"""The words of a question: what is told of a request, and what the answer says of it."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

from ingress.acl.of_tls import scheme
from ingress.filter.reply import Reply, in_words
from ingress.filter.verdict import Verdict
from ingress.model.admission import Authorize
from ingress.model.reason import Reason
from ingress.proxy.asking.line import Answer
from ingress.proxy.forwarded import forwarded_fields
from ingress.wire.grammar import BLANKS, field_name
from ingress.wire.request import Request

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange

# What is about the body is not told, as the body is not sent; what is about a copy that the client has of the
# answer is for the server: "304" would say nothing of who may pass. The last of them are told by Headgate.
_NOT_TOLD: Final = frozenset(
    b"""
    host content-length transfer-encoding content-encoding content-range expect connection te trailer upgrade
    if-match if-none-match if-modified-since if-unmodified-since if-range range
    x-original-url x-original-method x-auth-request-redirect
    """.split()
)
_WITH_LENGTH: Final = frozenset((b"POST", b"PUT", b"PATCH"))
"""Methods that have a body, so that it is said where there is none (RFC 9110, 8.6)."""
_NOT_ANSWERED: Final = frozenset(b"content-length transfer-encoding trailer date x-headgate-reason".split())


def method_of(exchange: "Exchange", action: Authorize) -> bytes:
    """The method of a question."""
    return action.method.encode() or exchange.request.method


def question_about(exchange: "Exchange", action: Authorize) -> bytes:
    """The head of a question: what was asked for, and the fields of the request without those of its body."""
    request, client = exchange.request, exchange.client
    url = urlsplit(action.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    uri = _uri(request)
    method = method_of(exchange, action)
    length = b"Content-Length: 0\r\n" if method in _WITH_LENGTH else b""
    start = b"%b %b HTTP/1.1\r\nHost: %b\r\n%b" % (method, target.encode(), url.netloc.encode(), length)
    told = (
        b"X-Forwarded-Method: %b\r\nX-Forwarded-Uri: %b\r\n"
        b"X-Original-Method: %b\r\nX-Original-URL: %b\r\nX-Auth-Request-Redirect: %b\r\n"
    ) % (request.method, uri, request.method, _address(exchange), uri)
    fields = b"".join(line + b"\r\n" for line in _told(request, action))
    return b"%b%b%b%b\r\n" % (start, fields, forwarded_fields(client, request, exchange.request_id), told)


def _told(request: Request, action: Authorize) -> list[bytes]:
    wanted = frozenset(name.lower().encode() for name in action.told)
    lines = request.edited(request.kept())
    named = ((field_name(line), line) for line in lines)
    return [
        line
        for name, line in named
        if name.replace(b"_", b"-") not in _NOT_TOLD and (not wanted or name in wanted)
    ]


def _uri(request: Request) -> bytes:
    """Path and query, as rules have left them so far."""
    path: bytes = request.path
    return path if request.query is None else b"%b?%b" % (path, request.query)


def _address(exchange: "Exchange") -> bytes:
    """The whole address that the client asks for."""
    request = exchange.request
    return b"%b://%b%b" % (scheme(request, exchange.client), request.authority, _uri(request))


def verdict_of(exchange: "Exchange", action: Authorize, outcome: Answer | str) -> Verdict:
    """What an answer, or that there is none, says of the request."""
    if isinstance(outcome, str):
        return Verdict(f"{action.url}: {outcome}", in_words(503, Reason.AUTH_FAILED))
    response = outcome.response
    told = f"{action.url} answers {response.status}"
    fields = tuple(map(_pair, response.kept()))
    if 200 <= response.status < 300:
        return Verdict(told, None, fields)
    if response.status == 401 and action.sign_in:
        return Verdict(told, _to_sign_in(exchange, action, fields))
    kept = [
        (name, _location(action, name, value)) for name, value in fields if name.lower() not in _NOT_ANSWERED
    ]
    return Verdict(told, Reply(response.status, Reason.NOT_AUTHORIZED, _lines(kept), outcome.body))


def _pair(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.strip(BLANKS)


def _lines(fields: Any) -> bytes:
    return b"".join(b"%b: %b\r\n" % field for field in fields)


def _location(action: Authorize, name: bytes, value: bytes) -> bytes:
    if not action.absolute or name.lower() != b"location":
        return value
    try:
        return urljoin(action.url, value.decode("latin-1")).encode("latin-1")
    except ValueError:
        return value


def _to_sign_in(exchange: "Exchange", action: Authorize, fields: tuple[tuple[bytes, bytes], ...]) -> Reply:
    """Send the client to where it can say who it is, and tell that place where to send it back."""
    back = quote(_address(exchange), safe="")
    url = action.sign_in
    if "rd=" not in urlsplit(url).query:
        url += f"{'&' if '?' in url else '?'}rd={back}"
    cookies = [field for field in fields if field[0].lower() == b"set-cookie"]
    headers = b"Cache-Control: no-cache\r\nLocation: %b\r\n%b" % (url.encode(), _lines(cookies))
    return Reply(302, Reason.NOT_AUTHORIZED, headers)

"""Rules' actions as callables: what each does to a request, or answers in place of a server."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from ingress.acl.of_field import hosts
from ingress.acl.sample import Client
from ingress.acl.sample import Request as Questioned
from ingress.filter.reply import Reply
from ingress.model.policy import Action, DelHeader, Deny, Redirect, RedirectTo, Return, SetHeader
from ingress.model.reason import Reason


class Request(Questioned, Protocol):
    """A request whose fields towards the server can be changed."""

    def set_field(self, name: bytes, value: bytes) -> None:
        """Make this the only field of that name."""

    def del_field(self, name: bytes) -> None:
        """Send no field of that name."""


Act = Callable[[Request, Client], Reply | None]
"""A reply ends the rules."""


def compile_action(action: Action) -> Act:
    """What the action does, prepared as far as it does not depend on the request."""
    return _COMPILE[type(action)](action)


def _always(reply: Reply) -> Act:
    return lambda request, client: reply


def _deny(action: Deny) -> Act:
    return _always(Reply(action.status, Reason.DENIED, body=b"denied\n"))


def _set_header(action: SetHeader) -> Act:
    name, value = action.name.encode(), action.value.encode()
    return lambda request, client: request.set_field(name, value)


def _del_header(action: DelHeader) -> Act:
    name = action.name.encode()
    return lambda request, client: request.del_field(name)


def _return(action: Return) -> Act:
    lines = [(name.encode(), value.encode()) for name, value in action.headers]
    if action.body or action.content_type:
        lines.insert(0, (b"Content-Type", action.content_type.encode() or b"text/plain; charset=utf-8"))
    headers = b"".join(b"%b: %b\r\n" % line for line in lines)
    return _always(Reply(action.status, Reason.RETURNED, headers, action.body.encode()))


def _redirect(action: Redirect) -> Act:
    to, code = action.to.encode(), action.code
    if action.kind is RedirectTo.LOCATION:
        return _always(_moved(code, to))
    if action.kind is RedirectTo.PREFIX:
        beginning = b"" if to == b"/" else to
        return lambda request, client: _moved(code, beginning + _rest(request, action))
    scheme = to + b"://"
    return lambda request, client: _moved(code, scheme + _host(request) + _rest(request, action))


def _host(request: Request) -> bytes:
    return next(iter(hosts(request)), b"")


def _rest(request: Request, action: Redirect) -> bytes:
    """The path with its query, as far as the redirect keeps them."""
    path = request.path if request.path.startswith(b"/") else b"/"
    if not action.drop_query:
        return path if request.query is None else b"%b?%b" % (path, request.query)
    return path + b"/" if action.append_slash and not path.endswith(b"/") else path


def _moved(code: int, location: bytes) -> Reply:
    # A redirect that is not permanent must not be taken from a cache that knows no better.
    caching = b"" if code in (301, 308) else b"Cache-Control: no-cache\r\n"
    return Reply(code, Reason.REDIRECTED, b"%bLocation: %b\r\n" % (caching, location))


_COMPILE: Final[Mapping[type, Callable[[Any], Act]]] = {
    Deny: _deny,
    Redirect: _redirect,
    SetHeader: _set_header,
    DelHeader: _del_header,
    Return: _return,
}

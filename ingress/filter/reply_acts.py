"""Answers that rules give in place of a server."""

from collections.abc import Callable
from typing import Final

from ingress.acl.file_uses import page_use
from ingress.acl.of_field import hosts
from ingress.acl.page import Page
from ingress.acl.sample import Client
from ingress.acl.text import compile_text
from ingress.filter.act import Act, Request
from ingress.filter.reply import Manner, Reply
from ingress.model.condition import Text
from ingress.model.policy import Allow, Auth, Deny, Redirect, RedirectTo, Reject, Return, SilentDrop, Tarpit
from ingress.model.reason import Reason

GO_ON: Final = Reply(200, Reason.RETURNED)
"""Not an answer: the rules end, and the request goes on."""
_DENIED: Final = b"denied\n"


def _always(reply: Reply) -> Act:
    return lambda request, client: reply


def allow(action: Allow) -> Act:
    """End the rules."""
    return _always(GO_ON)


def deny(action: Deny) -> Act:
    """Refuse."""
    if action.page is None:
        return _always(Reply(action.status, Reason.DENIED, body=_DENIED))
    return _page(action.page, Reason.DENIED, Manner.ANSWER)


def tarpit(action: Tarpit) -> Act:
    """Refuse, but not at once."""
    if action.page is None:
        return _always(Reply(action.status, Reason.DENIED, body=_DENIED, manner=Manner.DELAY))
    return _page(action.page, Reason.DENIED, Manner.DELAY)


def reject(action: Reject) -> Act:
    """Close."""
    return _always(Reply(403, Reason.DENIED, manner=Manner.CLOSE))


def silent_drop(action: SilentDrop) -> Act:
    """Leave."""
    return _always(Reply(403, Reason.DENIED, manner=Manner.VANISH))


def auth(action: Auth) -> Act:
    """Ask who it is."""
    challenge = b'WWW-Authenticate: Basic realm="%b"\r\n' % (action.realm.encode() or b"restricted")
    kind = b"Content-Type: text/plain; charset=utf-8\r\n"
    return _always(Reply(401, Reason.UNAUTHORIZED, challenge + kind, b"a name and a password are needed\n"))


def give(action: Return) -> Act:
    """Answer as the rule says."""
    return _page(action, Reason.RETURNED, Manner.ANSWER)


def _page(page: Return, reason: Reason, manner: Manner) -> Act:
    """Give the answer of a rule."""
    if page.whole:
        return _from_file(page, reason, manner)
    lines = [(name.encode(), compile_text(text)) for name, text in page.headers]
    kind = b"Content-Type: %b\r\n" % (page.content_type.encode() or b"text/plain; charset=utf-8")
    body, status = _body(page), page.status
    bare = bool(page.content_type and not page.body and not page.file)

    def answer(request: Request, client: Client) -> Reply:
        text = body(request, client)
        fields = [(name, make(request, client)) for name, make in lines]
        headers = b"".join([b"%b: %b\r\n" % field for field in fields if field[1]])
        return Reply(status, reason, kind + headers if text or bare else headers, text, manner)

    texts = (page.body, *(text for _, text in page.headers))
    fixed = not page.file and not any(map(_varies, texts))
    return _always(answer(None, None)) if fixed else answer  # type: ignore[arg-type]


def _body(page: Return) -> Callable[[Request, Client], bytes]:
    if not page.file:
        return compile_text(page.body)
    key = page_use(page).key

    def body(request: Request, client: Client) -> bytes:
        look = client.surroundings.files.get(key)
        content: bytes = b"" if look is None else look(None)
        return content

    return body


def _from_file(page: Return, reason: Reason, manner: Manner) -> Act:
    """The answer that is all in a file; without the file, one without content."""
    key, status = page_use(page).key, page.status

    def answer(request: Request, client: Client) -> Reply:
        look = client.surroundings.files.get(key)
        if look is None:
            return Reply(status, reason, manner=manner)
        whole: Page = look(None)
        return Reply(whole.status, reason, whole.headers, whole.body, manner, whole.phrase)

    return answer


def _varies(text: Text) -> bool:
    return not all(isinstance(part, str) for part in text)


def redirect(action: Redirect) -> Act:
    """Send elsewhere."""
    make, code, cookie = compile_text(action.to), action.code, _cookie(action)
    if action.kind is RedirectTo.LOCATION:
        ignore_empty = action.ignore_empty

        def locate(request: Request, client: Client) -> Reply | None:
            to = make(request, client)
            return None if ignore_empty and not to else _moved(code, to, cookie)

        return locate
    if action.kind is RedirectTo.PREFIX:

        def prefix(request: Request, client: Client) -> Reply:
            to = make(request, client)
            return _moved(code, (b"" if to == b"/" else to) + _rest(request, action), cookie)

        return prefix

    def scheme(request: Request, client: Client) -> Reply:
        to = make(request, client)
        return _moved(code, b"%b://%b%b" % (to, _host(request), _rest(request, action)), cookie)

    return scheme


def _cookie(action: Redirect) -> bytes:
    if action.set_cookie:
        return b"Set-Cookie: %b; path=/;\r\n" % action.set_cookie.encode()
    if action.clear_cookie:
        return b"Set-Cookie: %b; path=/; Max-Age=0;\r\n" % action.clear_cookie.encode()
    return b""


def _host(request: Request) -> bytes:
    return next(iter(hosts(request)), b"")


def _rest(request: Request, action: Redirect) -> bytes:
    """The path with its query, as far as the redirect keeps them."""
    path = request.path if request.path.startswith(b"/") else b"/"
    if not action.drop_query:
        return path if request.query is None else b"%b?%b" % (path, request.query)
    return path + b"/" if action.append_slash and not path.endswith(b"/") else path


def _moved(code: int, location: bytes, cookie: bytes) -> Reply:
    # A redirect that is not permanent must not be taken from a cache that knows no better.
    caching = b"" if code in (301, 308) else b"Cache-Control: no-cache\r\n"
    return Reply(code, Reason.REDIRECTED, b"%bLocation: %b\r\n%b" % (caching, location, cookie))

"""The words of a redirect rule."""

import re
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.format import read_text
from ingress.acl.value import bad_option, cookie_of, status_of
from ingress.acl.words import Word
from ingress.model.condition import Text
from ingress.model.policy import Redirect, RedirectTo

CODES: Final = (301, 302, 303, 307, 308)

_KINDS: Final = tuple(kind.value for kind in RedirectTo)
_SWITCHES: Final = ("drop-query", "append-slash", "ignore-empty")
_COOKIES: Final = ("set-cookie", "clear-cookie")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_NOT_IN_URL: Final = re.compile(r"[^!-~]|[\"<>\\^`{|}]")


def read_redirect(words: Cursor) -> Redirect:
    """What follows `redirect`; options may come in any order."""
    options = _Options()
    first = words.take('"location", "prefix" or "scheme"')
    options.read(first, words)
    while words.more():
        options.read(words.take("an option"), words)
    return options.redirect(first)


class _Options:
    """What has been read of a redirect so far."""

    __slots__ = (
        "append_slash",
        "clear_cookie",
        "code",
        "drop_query",
        "ignore_empty",
        "kind",
        "set_cookie",
        "to",
    )

    def __init__(self) -> None:
        self.kind: RedirectTo | None = None
        self.to: Text = ()
        self.code = 302
        self.drop_query = self.append_slash = self.ignore_empty = False
        self.set_cookie = self.clear_cookie = ""

    def read(self, word: Word, words: Cursor) -> None:
        """Take in one option and the value it has."""
        if word.text in _KINDS:
            self.kind = RedirectTo(word.text)
            self.to = _read_target(words.take("the target"), self.kind, words)
        elif word.text == "code":
            self.code = status_of(words.take("the code"), CODES)
        elif word.text in _SWITCHES:
            setattr(self, word.text.replace("-", "_"), True)
        elif word.text in _COOKIES:
            setattr(self, word.text.replace("-", "_"), cookie_of(words.take("a cookie")))
        else:
            raise bad_option(word, "redirect", (*_KINDS, "code", *_SWITCHES, *_COOKIES))

    def redirect(self, first: Word) -> Redirect:
        """The redirect that was asked for; an option that would do nothing is refused."""
        if self.kind is None:
            raise first.flaw('"location", "prefix" or "scheme" is missing')
        if self.drop_query and self.kind is RedirectTo.LOCATION:
            raise first.flaw('"drop-query" does something only beside "prefix" or "scheme"')
        if self.append_slash and not self.drop_query:
            raise first.flaw('"append-slash" does something only beside "drop-query"')
        if self.ignore_empty and self.kind is not RedirectTo.LOCATION:
            raise first.flaw('"ignore-empty" does something only beside "location"')
        if self.set_cookie and self.clear_cookie:
            raise first.flaw('one of "set-cookie" and "clear-cookie" is possible')
        switches = self.drop_query, self.append_slash, self.ignore_empty
        return Redirect(self.kind, self.to, self.code, *switches, self.set_cookie, self.clear_cookie)


def _read_target(word: Word, kind: RedirectTo, words: Cursor) -> Text:
    text = read_text(word, answers=words.answers)
    written = "".join(part for part in text if isinstance(part, str))
    plain = len(text) == 1 and bool(written)
    if kind is RedirectTo.SCHEME and plain and not _SCHEME.fullmatch(written):
        raise word.flaw(f"{quote(written)} is not the name of a scheme, such as https")
    if not text or _NOT_IN_URL.search(written):
        raise word.flaw("this is no URL; a blank in one is written %%20")
    return text

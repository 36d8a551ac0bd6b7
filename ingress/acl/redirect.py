"""The words of a redirect rule."""

import re
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.value import bad_option, log_format, status_of
from ingress.acl.words import Word
from ingress.model.policy import Redirect, RedirectTo

CODES: Final = (301, 302, 303, 307, 308)

_KINDS: Final = tuple(kind.value for kind in RedirectTo)
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

    __slots__ = ("append_slash", "code", "drop_query", "kind", "to")

    def __init__(self) -> None:
        self.kind: RedirectTo | None = None
        self.to = ""
        self.code = 302
        self.drop_query = self.append_slash = False

    def read(self, word: Word, words: Cursor) -> None:
        """Take in one option and the value it has."""
        if word.text in _KINDS:
            self.kind = RedirectTo(word.text)
            self.to = _read_target(words.take("the target"), self.kind)
        elif word.text == "code":
            self.code = status_of(words.take("the code"), CODES)
        elif word.text == "drop-query":
            self.drop_query = True
        elif word.text == "append-slash":
            self.append_slash = True
        else:
            raise bad_option(word, "redirect", (*_KINDS, "code", "drop-query", "append-slash"))

    def redirect(self, first: Word) -> Redirect:
        """The redirect that was asked for; an option that would do nothing is refused."""
        if self.kind is None:
            raise first.flaw('"location", "prefix" or "scheme" is missing')
        if self.drop_query and self.kind is RedirectTo.LOCATION:
            raise first.flaw('"drop-query" does something only beside "prefix" or "scheme"')
        if self.append_slash and not self.drop_query:
            raise first.flaw('"append-slash" does something only beside "drop-query"')
        return Redirect(self.kind, self.to, self.code, self.drop_query, self.append_slash)


def _read_target(word: Word, kind: RedirectTo) -> str:
    target = log_format(word)
    if kind is RedirectTo.SCHEME and not _SCHEME.fullmatch(target):
        raise word.flaw(f"{quote(target)} is not the name of a scheme, such as https")
    if not target or _NOT_IN_URL.search(target):
        raise word.flaw(f"{quote(target)} is no URL; a blank in one is written %%20")
    return target

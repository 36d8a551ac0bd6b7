"""The options of actions that answer: status, type, headers, and what the body is."""

import re
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.format import read_text
from ingress.acl.lists import read_file_name
from ingress.acl.value import bad_option, header_text, name_to_answer
from ingress.acl.words import Word
from ingress.model.condition import Text
from ingress.model.policy import Return

BODYLESS: Final = (204, 205, 304)
_BODIES: Final = ("string", "lf-string", "file", "errorfile")
_OPTIONS: Final = ("status", "content-type", *_BODIES, "hdr")


class PageOptions:
    """What has been read of an answer so far."""

    __slots__ = ("_action", "_body", "_content_type", "_file", "_headers", "_whole", "status")

    def __init__(self, action: str) -> None:
        self._action = action
        self.status = 0
        """0: not said."""
        self._content_type = ""
        self._body: Text = ()
        self._file = ""
        self._whole = False
        self._headers: list[tuple[str, Text]] = []

    def read(self, word: Word, words: Cursor) -> None:
        """Take in one option and the value it has."""
        denies = self._action != "return"
        if word.text == "status" or (word.text == "deny_status" and denies):
            self.status = read_status(words.take("the status"))
        elif word.text == "content-type":
            self._content_type = words.take("the type").text
        elif word.text == "hdr":
            name = name_to_answer(words.take("the name of a header"))
            self._headers.append((name, header_text(words.take("the value of the header"), words)))
        elif word.text in _BODIES:
            self._read_body(word, words)
        else:
            raise bad_option(word, self._action, (*(("deny_status",) if denies else ()), *_OPTIONS))
        if (self._body or self._file) and self.status in BODYLESS:
            raise word.flaw(f"an answer with status {self.status} has no body")

    def _read_body(self, option: Word, words: Cursor) -> None:
        if self._body or self._file:
            raise option.flaw(f"one of {', '.join(_BODIES)} is possible")
        if option.text == "string":
            self._body = (words.take("the text").text,)
        elif option.text == "lf-string":
            self._body = read_text(words.take("the text"), answers=words.answers)
        else:
            self._whole = option.text == "errorfile"
            self._file = _file_of(words.take("a file"))

    def page(self) -> Return | None:
        """What of the answer is not left to the proxy; None: nothing."""
        headers = tuple(self._headers)
        page = Return(0, self._content_type, self._body, headers, self._file, self._whole)
        return None if page == Return(0) else page


def read_status(word: Word) -> int:
    """A status that an answer may have."""
    if not re.fullmatch(r"[2-5][0-9][0-9]", word.text, re.ASCII):
        raise word.flaw(f"{quote(word.text)} is no status: a number from 200 to 599 is expected")
    return int(word.text)


def _file_of(word: Word) -> str:
    try:
        return read_file_name(word.text)
    except ValueError as error:
        raise word.flaw(str(error)) from None

"""ACTIONS: what a rule may do, by HAProxy's names, and how its words are read."""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ingress.acl import elsewhere
from ingress.acl.cursor import Cursor
from ingress.acl.error import quote, unknown
from ingress.acl.redirect import read_redirect
from ingress.acl.value import bad_option, header_value, name_to_answer, name_to_delete, name_to_set, status_of
from ingress.acl.words import Word
from ingress.model.policy import Action, DelHeader, Deny, Return, SetHeader

DENY_STATUSES: Final = (
    *(200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429),
    *(500, 501, 502, 503, 504),
)
_BODYLESS: Final = (204, 205, 304)


class ActionForm(NamedTuple):
    """One action: how it is written, and how the words after its name are read."""

    usage: str
    read: Callable[[Cursor], Action]
    meaning: str
    example: str


def _read_deny(words: Cursor) -> Deny:
    status = 403
    while words.more():
        word = words.take("an option")
        if word.text not in ("deny_status", "status"):
            raise bad_option(word, "deny", ("deny_status",))
        status = status_of(words.take("the status"), DENY_STATUSES)
    return Deny(status)


def _read_set_header(words: Cursor) -> SetHeader:
    name = name_to_set(words.take("the name of a header"))
    return SetHeader(name, header_value(words.take("the value of the header")))


def _read_del_header(words: Cursor) -> DelHeader:
    return DelHeader(name_to_delete(words.take("the name of a header")))


def _read_return(words: Cursor) -> Return:
    options = _ReturnOptions()
    while words.more():
        options.read(words.take("an option"), words)
    return Return(options.status, options.content_type, options.body, tuple(options.headers))


class _ReturnOptions:
    """What has been read of a return rule so far."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(self) -> None:
        self.status = 200
        self.content_type = self.body = ""
        self.headers: list[tuple[str, str]] = []

    def read(self, word: Word, words: Cursor) -> None:
        """Take in one option and the value it has."""
        if word.text == "status":
            self.status = _read_status(words.take("the status"))
        elif word.text == "content-type":
            self.content_type = words.take("the type").text
        elif word.text == "string":
            self.body = words.take("the text").text
        elif word.text == "hdr":
            name = name_to_answer(words.take("the name of a header"))
            self.headers.append((name, header_value(words.take("the value of the header"))))
        else:
            raise bad_option(word, "return", ("status", "content-type", "string", "hdr"))
        if self.body and self.status in _BODYLESS:
            raise word.flaw(f"an answer with status {self.status} has no body")


def _read_status(word: Word) -> int:
    if not re.fullmatch(r"[2-5][0-9][0-9]", word.text, re.ASCII):
        raise word.flaw(f"{quote(word.text)} is no status: a number from 200 to 599 is expected")
    return int(word.text)


ACTIONS: Final[Mapping[str, ActionForm]] = {
    "deny": ActionForm(
        "deny [deny_status CODE]",
        _read_deny,
        "Refuse the request, with 403 where no status is given.",
        "deny deny_status 429 if { hdr_cnt(cookie) gt 5 }",
    ),
    "redirect": ActionForm(
        "redirect location|prefix|scheme TO [code CODE] [drop-query] [append-slash]",
        read_redirect,
        "Send the client to an address, to a prefix before path and query, or to another scheme.",
        "redirect scheme https code 301 unless { ssl_fc }",
    ),
    "set-header": ActionForm(
        "set-header NAME VALUE",
        _read_set_header,
        "The only field of that name towards the server.",
        "set-header X-Team shop",
    ),
    "del-header": ActionForm(
        "del-header NAME",
        _read_del_header,
        "No field of that name towards the server.",
        "del-header X-Debug",
    ),
    "return": ActionForm(
        "return [status CODE] [content-type TYPE] [string TEXT] [hdr NAME VALUE]...",
        _read_return,
        "Answer at once.",
        "return status 200 content-type text/plain string ok if { path /health }",
    ),
}


def read_action(words: Cursor) -> Action:
    """The action a line begins with; the cursor then stands at its condition, or at the end."""
    word = words.take("an action")
    form = ACTIONS.get(word.text)
    if form is not None:
        return form.read(words)
    if word.text in elsewhere.ACTIONS:
        raise word.flaw(f"action {quote(word.text)} of HAProxy is not supported here")
    if word.text == "http-request":
        raise word.flaw('every line is an http-request rule here: leave out "http-request"')
    raise word.flaw(unknown("action", word.text, ACTIONS))

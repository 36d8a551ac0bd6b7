"""Actions that end the rules, most of them with an answer."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.form import ANSWER, ANYWHERE, BEFORE_FINAL, CONNECTION, EARLY, ActionForm
from ingress.acl.format import read_text
from ingress.acl.redirect import read_redirect
from ingress.acl.value import bad_option, header_text, name_to_answer, realm_of, status_of
from ingress.acl.words import Word
from ingress.model.condition import Text
from ingress.model.policy import Action, Allow, Auth, Deny, Reject, Return, SetStatus, SilentDrop, Tarpit

DENY_STATUSES: Final = (
    *(200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429),
    *(500, 501, 502, 503, 504),
)
_BODYLESS: Final = (204, 205, 304)


def _read_plain(action: Action, head: Word, words: Cursor) -> Action:
    if words.more():
        raise bad_option(words.take("an option"), head.text, ())
    return action


def _read_refusal(make: Callable[[int], Action], head: Word, words: Cursor) -> Action:
    action = None
    while words.more():
        word = words.take("an option")
        if word.text not in ("deny_status", "status"):
            raise bad_option(word, head.text, ("deny_status",))
        action = make(status_of(words.take("the status"), DENY_STATUSES))
    if action is not None:
        return action
    # HAProxy refuses an answer with 502.
    return Deny(502) if words.answers else make(403) if head.text == "deny" else make(500)


def _read_auth(head: Word, words: Cursor) -> Action:
    realm = ""
    while words.more():
        word = words.take("an option")
        if word.text != "realm":
            raise bad_option(word, "auth", ("realm",))
        realm = realm_of(words.take("the realm"))
    return Auth(realm)


def _read_redirect(head: Word, words: Cursor) -> Action:
    return read_redirect(words)


def _read_return(head: Word, words: Cursor) -> Action:
    options = _ReturnOptions()
    while words.more():
        options.read(words.take("an option"), words)
    return Return(options.status, options.content_type, options.body, tuple(options.headers))


class _ReturnOptions:
    """What has been read of a return rule so far."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(self) -> None:
        self.status = 200
        self.content_type = ""
        self.body: Text = ()
        self.headers: list[tuple[str, Text]] = []

    def read(self, word: Word, words: Cursor) -> None:
        """Take in one option and the value it has."""
        if word.text == "status":
            self.status = _read_status(words.take("the status"))
        elif word.text == "content-type":
            self.content_type = words.take("the type").text
        elif word.text == "string":
            self.body = (words.take("the text").text,)
        elif word.text == "lf-string":
            self.body = read_text(words.take("the text"), answers=words.answers)
        elif word.text == "hdr":
            name = name_to_answer(words.take("the name of a header"))
            self.headers.append((name, header_text(words.take("the value of the header"), words)))
        else:
            raise bad_option(word, "return", ("status", "content-type", "string", "lf-string", "hdr"))
        if self.body and self.status in _BODYLESS:
            raise word.flaw(f"an answer with status {self.status} has no body")


def _read_status(word: Word) -> int:
    if not re.fullmatch(r"[2-5][0-9][0-9]", word.text, re.ASCII):
        raise word.flaw(f"{quote(word.text)} is no status: a number from 200 to 599 is expected")
    return int(word.text)


def _read_set_status(head: Word, words: Cursor) -> Action:
    word = words.take("the status")
    status = _read_status(word)
    if status in _BODYLESS:
        raise word.flaw(f"an answer with status {status} has no body, that of the server may have one")
    phrase = ""
    if words.more():
        option = words.take("an option")
        if option.text != "reason":
            raise bad_option(option, "set-status", ("reason",))
        phrase = words.take("the reason").text
    return SetStatus(status, phrase)


ROWS: Final = (
    ActionForm(
        "allow",
        partial(_read_plain, Allow()),
        "The rules that follow are not asked.",
        "allow if { src 10.0.0.0/8 }",
        ANYWHERE,
    ),
    ActionForm(
        "accept",
        partial(_read_plain, Allow()),
        "The `tcp-request` rules that follow are not asked.",
        "connection accept if { src 10.0.0.0/8 }",
        CONNECTION,
    ),
    ActionForm(
        "deny [deny_status CODE]",
        partial(_read_refusal, Deny),
        "Refuse the request, with 403 where no status is given; an answer, with 502.",
        "deny deny_status 429 if { hdr_cnt(cookie) gt 5 }",
        BEFORE_FINAL,
    ),
    ActionForm(
        "tarpit [deny_status CODE]",
        partial(_read_refusal, Tarpit),
        "Refuse the request after some seconds, with 500 where no status is given.",
        "tarpit deny_status 429 if { hdr_sub(user-agent) -i scanner }",
    ),
    ActionForm(
        "reject",
        partial(_read_plain, Reject()),
        "Close the connection without an answer.",
        "reject if { path_end .php }",
        EARLY,
    ),
    ActionForm(
        "silent-drop",
        partial(_read_plain, SilentDrop()),
        "Leave the connection without telling the client, which goes on waiting.",
        "silent-drop if { path_beg /wp-login }",
        EARLY,
    ),
    ActionForm(
        "auth [realm TEXT]",
        _read_auth,
        "Ask for a name and a password.",
        "auth realm staff unless { http_auth(staff) }",
    ),
    ActionForm(
        "redirect location|prefix|scheme TEXT [code CODE] [drop-query] [append-slash] [ignore-empty] "
        "[set-cookie NAME[=VALUE]] [clear-cookie NAME[=]]",
        _read_redirect,
        "Send the client to an address, to a prefix before path and query, or to another scheme.",
        "redirect scheme https code 301 unless { ssl_fc }",
        BEFORE_FINAL,
    ),
    ActionForm(
        "return [status CODE] [content-type TYPE] [string TEXT | lf-string TEXT] [hdr NAME TEXT]...",
        _read_return,
        "Answer at once; in an lf-string `%[...]` is a sample.",
        "return status 200 content-type text/plain lf-string %[src] if { path /ip }",
        BEFORE_FINAL,
    ),
    ActionForm(
        "set-status CODE [reason TEXT]",
        _read_set_status,
        "Another status.",
        "set-status 503 reason Busy if { status 500 }",
        ANSWER,
    ),
)

"""Actions that end the rules, most of them with an answer."""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec.structs import replace

from ingress.acl.cursor import Cursor, Family
from ingress.acl.form import ANSWER, ANYWHERE, BEFORE_FINAL, CONNECTION, EARLY, ActionForm
from ingress.acl.page_options import BODYLESS, PageOptions, read_status
from ingress.acl.redirect import read_redirect
from ingress.acl.value import bad_option, realm_of
from ingress.acl.words import Word
from ingress.model.admission import Authorize
from ingress.model.policy import Action, Allow, Auth, Deny, Reject, Return, SetStatus, SilentDrop, Tarpit

DENY_STATUSES: Final = (
    *(200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429),
    *(500, 501, 502, 503, 504),
)


def _read_plain(action: Action, head: Word, words: Cursor) -> Action:
    if words.more():
        raise bad_option(words.take("an option"), head.text, ())
    return action


def _read_refusal(make: Callable[[int, Return | None], Action], head: Word, words: Cursor) -> Action:
    options = PageOptions(head.text)
    last = head
    while words.more():
        last = words.take("an option")
        options.read(last, words)
    page = options.page()
    # HAProxy refuses an answer with 502.
    status = options.status or (502 if words.answers else 403 if head.text == "deny" else 500)
    if page is None and status not in DENY_STATUSES:
        raise last.flaw(f"without a text of its own, one of {', '.join(map(str, DENY_STATUSES))} is possible")
    return make(status, None if page is None else replace(page, status=status))


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
    options = PageOptions(head.text)
    while words.more():
        options.read(words.take("an option"), words)
    return replace(options.page() or Return(), status=options.status or 200)


def _read_set_status(head: Word, words: Cursor) -> Action:
    word = words.take("the status")
    status = read_status(word)
    if status in BODYLESS:
        raise word.flaw(f"an answer with status {status} has no body, that of the server may have one")
    phrase = ""
    if words.more():
        option = words.take("an option")
        if option.text != "reason":
            raise bad_option(option, "set-status", ("reason",))
        phrase = words.take("the reason").text
    return SetStatus(status, phrase)


_CONTENT: Final = (
    "[content-type TYPE] [string TEXT | lf-string TEXT | file FILE | errorfile FILE] [hdr NAME TEXT]..."
)

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
        f"deny [deny_status CODE] {_CONTENT}",
        partial(_read_refusal, Deny),
        "Refuse the request, with 403 where no status is given; an answer, with 502. The rest is as in "
        "`return`.",
        "deny deny_status 429 if { hdr_cnt(cookie) gt 5 }",
        BEFORE_FINAL,
    ),
    ActionForm(
        f"tarpit [deny_status CODE] {_CONTENT}",
        partial(_read_refusal, Tarpit),
        "Refuse the request after some seconds, with 500 where no status is given; else as `deny`.",
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
        (*EARLY, Family.RESPONSE),
    ),
    ActionForm(
        "auth [realm TEXT]",
        _read_auth,
        "Ask for a name and a password.",
        "auth realm staff unless { http_auth(staff) }",
    ),
    ActionForm(
        "authorize",
        partial(_read_plain, Authorize()),
        "Asks the URL of `auth-url` here whether the request may pass. Without such a rule it is asked "
        "behind those at the beginning that only refuse.",
        "authorize if !{ path_beg /public }",
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
        f"return [status CODE] {_CONTENT}",
        _read_return,
        "Answer at once. In an lf-string `%[...]` is a sample; a file is a key of a ConfigMap, and holds the "
        "body; an errorfile holds status line, headers and body.",
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

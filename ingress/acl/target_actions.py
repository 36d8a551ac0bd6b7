"""Actions on the request line."""

from functools import partial
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.form import ActionForm
from ingress.acl.format import read_text
from ingress.acl.value import regex_of
from ingress.acl.words import Word
from ingress.model.policy import Action, ReplaceTarget, SetMethod, SetTarget, TargetPart

_MEANINGS: Final = {
    TargetPart.PATH: ("the path; the query stays", "/shop%[path]"),
    TargetPart.PATH_AND_QUERY: ("the path and the query", "/find?q=%[path]"),
    TargetPart.QUERY: ("the query", "%[query]&from=edge"),
    TargetPart.URI: ("the target, and of `http://host/path` the Host too", "/all%[pathq]"),
}


def _read_set(part: TargetPart, _: Word, words: Cursor) -> Action:
    return SetTarget(part, read_text(words.take("the new value")))


def _read_replace(part: TargetPart, _: Word, words: Cursor) -> Action:
    pattern = regex_of(words.take("a regular expression"))
    return ReplaceTarget(part, pattern, read_text(words.take("the new value")))


def _read_method(_: Word, words: Cursor) -> Action:
    return SetMethod(read_text(words.take("the method")))


ROWS: Final = (
    *(
        ActionForm(f"set-{part} TEXT", partial(_read_set, part), f"Sets {what}.", f"set-{part} {text}")
        for part, (what, text) in _MEANINGS.items()
    ),
    *(
        ActionForm(
            f"replace-{part} REGEX TEXT",
            partial(_read_replace, part),
            f"The text in place of {what}, if the expression is found in it; `\\1` is its first group.",
            f"replace-{part} ^/v1/(.*) /v2/\\1",
        )
        for part, (what, _) in _MEANINGS.items()
        if part is not TargetPart.QUERY
    ),
    ActionForm(
        "set-method TEXT",
        _read_method,
        "Another method towards the server; not from or to HEAD, as the length of answers depends on it.",
        "set-method POST if { method PUT }",
    ),
)

"""Actions on the request line."""

from functools import partial
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import unknown
from ingress.acl.form import ActionForm
from ingress.acl.format import read_text
from ingress.acl.value import bad_option, regex_of
from ingress.acl.words import Word
from ingress.model.policy import (
    Action,
    Normalizer,
    NormalizeUri,
    ReplaceTarget,
    SetMethod,
    SetTarget,
    TargetPart,
)

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


_OPTIONS: Final = {
    Normalizer.DOTDOT: "full",
    Normalizer.DECODE: "strict",
    Normalizer.UPPERCASE: "strict",
}


def _read_normalizer(_: Word, words: Cursor) -> Action:
    word = words.take("a normalizer")
    if word.text in ("fragment-encode", "fragment-strip"):
        raise word.flaw("leave it out: a target with a # is refused in any case")
    if word.text not in tuple(Normalizer):
        raise word.flaw(unknown("normalizer", word.text, tuple(Normalizer)))
    normalizer = Normalizer(word.text)
    if not words.more():
        return NormalizeUri(normalizer)
    option, known = words.take("an option"), _OPTIONS.get(normalizer, "")
    if option.text != known:
        raise bad_option(option, word.text, (known,) if known else ())
    return NormalizeUri(normalizer, much=True)


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
        "normalize-uri NORMALIZER [full|strict]",
        _read_normalizer,
        f"Brings the target into a normal form: {', '.join(Normalizer)}. `full` (of path-strip-dotdot) drops "
        "what goes beyond the beginning too; `strict` (of percent-...) refuses broken escapes with 400.",
        "normalize-uri path-strip-dotdot full",
    ),
    ActionForm(
        "set-method TEXT",
        _read_method,
        "Another method towards the server; not from or to HEAD, as the length of answers depends on it.",
        "set-method POST if { method PUT }",
    ),
)

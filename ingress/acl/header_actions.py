"""Actions on header fields."""

from collections.abc import Callable
from functools import partial
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import unknown
from ingress.acl.form import ANYWHERE, ActionForm
from ingress.acl.value import bad_option, header_text, name_to_change, name_to_delete, regex_of
from ingress.acl.words import Word
from ingress.model.condition import Text
from ingress.model.policy import Action, AddHeader, DelHeader, ReplaceHeader, SetHeader

NAME_MATCHES: Final = ("str", "beg", "end", "sub", "reg")


def _read_value(make: Callable[[str, Text], Action], _: Word, words: Cursor) -> Action:
    name = name_to_change(words.take("the name of a header"), words)
    return make(name, header_text(words.take("the value of the header"), words))


def _read_delete(_: Word, words: Cursor) -> Action:
    word = words.take("the name of a header")
    if not words.more():
        return DelHeader(name_to_delete(word, words))
    option = words.take("an option")
    if option.text != "-m":
        raise bad_option(option, "del-header", ("-m",))
    how = words.take("the name of a match")
    if how.text not in NAME_MATCHES:
        raise how.flaw(unknown("match", how.text, NAME_MATCHES))
    if how.text == "str":
        return DelHeader(name_to_delete(word, words))
    return DelHeader(regex_of(word) if how.text == "reg" else word.text, how.text)


def _read_replace(parts: bool, _: Word, words: Cursor) -> Action:
    name = name_to_change(words.take("the name of a header"), words)
    pattern = regex_of(words.take("a regular expression"))
    return ReplaceHeader(name, pattern, header_text(words.take("the new value"), words), parts)


ROWS: Final = (
    ActionForm(
        "set-header NAME TEXT",
        partial(_read_value, SetHeader),
        "The only field of that name on the other side.",
        "set-header X-Client %[src]:%[src_port]",
        ANYWHERE,
    ),
    ActionForm(
        "add-header NAME TEXT",
        partial(_read_value, AddHeader),
        "One more field of that name on the other side.",
        "add-header X-Seen edge",
        ANYWHERE,
    ),
    ActionForm(
        "del-header NAME [-m str|beg|end|sub|reg]",
        _read_delete,
        "No field of that name on the other side; with `-m`, none whose name begins or ends with it, has "
        "it inside, or in which the expression is found; names are in lower case there. What frames a "
        "message, and Host, stays.",
        "del-header X-Debug",
        ANYWHERE,
    ),
    ActionForm(
        "replace-header NAME REGEX TEXT",
        partial(_read_replace, False),
        "The text in place of each field of that name in which the expression is found; `\\1` is its first "
        "group. The whole value is replaced, not only what is found.",
        "replace-header Cookie '(.*)debug=[^;]*;?(.*)' '\\1\\2'",
        ANYWHERE,
    ),
    ActionForm(
        "replace-value NAME REGEX TEXT",
        partial(_read_replace, True),
        "The same for each part between commas.",
        "replace-value X-Tags ^internal-.* hidden",
        ANYWHERE,
    ),
)

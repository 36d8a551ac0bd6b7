"""Actions that wait for something."""

import re
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.form import ActionForm
from ingress.acl.of_body import MOST
from ingress.acl.value import bad_option
from ingress.acl.words import Word
from ingress.model.policy import Action, WaitForBody

LONGEST: Final = 60.0
"""Seconds."""
_TIME: Final = re.compile(r"([0-9]{1,6})(ms|s|m)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


def _read_wait_for_body(head: Word, words: Cursor) -> Action:
    word = words.take("time")
    if word.text != "time":
        raise word.flaw(f'"time" is expected, as in {head.text} time 5s')
    time, at_least = _time(words.take("the time")), 0
    while words.more():
        word = words.take("an option")
        if word.text != "at-least":
            raise bad_option(word, head.text, ("at-least",))
        at_least = _bytes(words.take("the number of bytes"))
    return WaitForBody(time, at_least)


def _time(word: Word) -> float:
    found = _TIME.fullmatch(word.text)
    if found is None:
        raise word.flaw(f"{quote(word.text)} is no time such as 500ms or 5s")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not 0 < seconds <= LONGEST:
        raise word.flaw(f"a time from 1ms to {LONGEST:.0f}s is expected")
    return seconds


def _bytes(word: Word) -> int:
    if not re.fullmatch("[0-9]{1,9}", word.text, re.ASCII) or int(word.text) > MOST:
        raise word.flaw(f"{quote(word.text)} is no number of bytes up to {MOST}, which is what rules see")
    return int(word.text)


ROWS: Final = (
    ActionForm(
        "wait-for-body time TIME [at-least BYTES]",
        _read_wait_for_body,
        f"Goes on when the body is there, or so many bytes of it, or {MOST // 1024} KiB; later than that the "
        "request is refused with 408.",
        "wait-for-body time 5s at-least 100 if METH_POST",
    ),
)

"""Actions on what is not in the head: the log, time limits, retries, addresses, hints."""

import re
from functools import partial
from typing import Final

from ingress.acl.cursor import Cursor, Family
from ingress.acl.error import quote, unknown
from ingress.acl.expression import a, read_expression
from ingress.acl.form import ANSWER, EARLY, ActionForm
from ingress.acl.sample import Type, can_cast
from ingress.acl.value import bad_option, header_text, name_to_answer
from ingress.acl.words import Word
from ingress.model.condition import Expression
from ingress.model.policy import (
    Action,
    Capture,
    DisableRetry,
    EarlyHint,
    SetAddress,
    SetLogLevel,
    SetPort,
    SetTimeout,
)

LONGEST_CAPTURE: Final = 1024
LEVELS: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "silent")
_UNITS: Final = {"": 1, "us": 0.001, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_TIME: Final = re.compile(r"([0-9]{1,9})(us|ms|s|m|h|d)?")


def _sample(words: Cursor, wanted: Type) -> Expression:
    """A sample that can be used as that type."""
    word = words.take("a sample")
    reading = read_expression(word, answers=words.answers)
    if reading.end < len(word.text):
        raise word.flaw("this is not of the form fetch(arguments),converter")
    if not can_cast(reading.gives, wanted):
        raise word.flaw(f"{a(wanted)} is needed here, not {a(reading.gives)}")
    return reading.expression


def _read_capture(head: Word, words: Cursor) -> Action:
    value = _sample(words, Type.STR)
    option = words.take('"len"')
    if option.text == "id":
        raise option.flaw('slots are not declared here: write "len" and the number of bytes')
    if option.text != "len":
        raise bad_option(option, "capture", ("len",))
    word = words.take("the number of bytes")
    if not re.fullmatch(r"[0-9]{1,4}", word.text) or not 1 <= int(word.text) <= LONGEST_CAPTURE:
        raise word.flaw(f"{quote(word.text)} is no number from 1 to {LONGEST_CAPTURE}")
    return Capture(value, int(word.text))


def _read_level(head: Word, words: Cursor) -> Action:
    word = words.take("a level")
    if word.text not in LEVELS:
        raise word.flaw(unknown("level", word.text, LEVELS))
    return SetLogLevel(word.text)


def _read_timeout(head: Word, words: Cursor) -> Action:
    side = words.take('"server" or "tunnel"')
    if side.text not in ("server", "tunnel"):
        raise side.flaw(f'"server" or "tunnel" is expected, not {quote(side.text)}')
    found = _TIME.fullmatch(words.peek())
    if found is None:
        return SetTimeout(side.text, value=_sample(words, Type.INT))
    word = words.take("a time")
    milliseconds = int(int(found[1]) * _UNITS[found[2] or ""])
    if milliseconds < 1:
        raise word.flaw(f"{quote(word.text)} is no time limit")
    return SetTimeout(side.text, milliseconds)


def _read_disable(head: Word, words: Cursor) -> Action:
    return DisableRetry()


def _read_address(place: str, head: Word, words: Cursor) -> Action:
    return SetAddress(place, _sample(words, Type.ADDRESS))


def _read_port(place: str, head: Word, words: Cursor) -> Action:
    return SetPort(place, _sample(words, Type.INT))


def _read_hint(head: Word, words: Cursor) -> Action:
    name = name_to_answer(words.take("the name of a header"))
    return EarlyHint(name, header_text(words.take("the value of the header"), words))


_TRUSTED: Final = "for later rules and for what servers are told; said in a header, only by a trusted proxy"
ROWS: Final = (
    ActionForm(
        "capture EXPRESSION len BYTES",
        _read_capture,
        f"Adds a sample to the line in the access log: at most {LONGEST_CAPTURE} bytes, by the name of the "
        "expression.",
        "capture req.fhdr(user-agent) len 100",
        (*EARLY, *ANSWER),
    ),
    ActionForm(
        "set-log-level LEVEL",
        _read_level,
        f"Gives the line in the access log a level: {', '.join(LEVELS)}; `silent` leaves it out.",
        "set-log-level silent if { path /healthz }",
        (*EARLY, Family.RESPONSE),
    ),
    ActionForm(
        "set-timeout server|tunnel TIME|EXPRESSION",
        _read_timeout,
        "For how long the server, or a tunnel, may be silent: `30s`, or a number of milliseconds; it is kept "
        "to the second, and never shorter.",
        "set-timeout server 300s if { path_beg /reports/ }",
    ),
    ActionForm(
        "disable-l7-retry",
        _read_disable,
        "Gives the request to no other server once one may have begun with it.",
        "disable-l7-retry if { path_beg /orders/ }",
    ),
    *(
        ActionForm(
            f"set-{word} EXPRESSION",
            partial(_read_address, place),
            f"Takes an address for the {place} of the connection, {_TRUSTED}.",
            f"set-{word} {example}",
            EARLY,
        )
        for word, place, example in (
            ("src", "source", "hdr_ip(x-forwarded-for,-1)"),
            ("dst", "destination", "hdr_ip(x-original-to)"),
        )
    ),
    *(
        ActionForm(
            f"set-{word}-port EXPRESSION",
            partial(_read_port, place),
            f"Takes a number for the port of the {place}, where the client is a trusted proxy.",
            f"set-{word}-port hdr(x-{word}-port)",
            EARLY,
        )
        for word, place in (("src", "source"), ("dst", "destination"))
    ),
    ActionForm(
        "early-hint NAME TEXT",
        _read_hint,
        "A header of a 103 (Early Hints) that the client gets ahead of the answer; rules in a row make one.",
        'early-hint Link "</style.css>; rel=preload; as=style" if { path / }',
    ),
)

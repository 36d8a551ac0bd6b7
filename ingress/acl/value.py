"""Values that rules carry: header names and values, and statuses."""

import re
from typing import Final

from ingress.acl import elsewhere
from ingress.acl.cursor import Cursor
from ingress.acl.error import AclError, did_you_mean, quote
from ingress.acl.format import read_text
from ingress.acl.framing import FRAMING
from ingress.acl.pattern import read_regex
from ingress.acl.words import Word
from ingress.model.condition import Text

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OURS: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
)
"""What Headgate itself tells servers of a request."""
_REASON: Final = "x-headgate-reason"
_ANSWERED: Final = ("content-type", "date", "location", _REASON)
REALM: Final = re.compile(r"[ -!#-\[\]-~]{1,100}")
_COOKIE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=[!-~ ]*)?")


def name_to_change(word: Word, words: Cursor) -> str:
    """The name of a header that a rule may set. What frames a message or tells of the client is the
    proxy's own: a server that trusts it must not be deceived by a rule."""
    name = _token(word)
    if not words.answers and name in OURS:
        raise word.flaw(f"{quote(word.text)} is always sent by the proxy itself and cannot be set")
    if words.answers and name == _REASON:
        raise word.flaw(f"{quote(word.text)} is said by the proxy itself")
    return word.text


def name_to_delete(word: Word, words: Cursor) -> str:
    """The name of a header that a rule may keep from the other side."""
    if _token(word) == "host" and not words.answers:
        raise word.flaw(f"{quote(word.text)} is needed by the server and cannot be deleted")
    return word.text


def name_to_answer(word: Word) -> str:
    """The name of a header that a rule may put into an answer."""
    if _token(word) in _ANSWERED:
        raise word.flaw(f"{quote(word.text)} cannot be set here")
    return word.text


def _token(word: Word) -> str:
    """The name in lower case."""
    name = word.text.lower()
    if not _TOKEN.fullmatch(name):
        raise word.flaw("this is not the name of a header")
    if name in FRAMING:
        raise word.flaw(f"{quote(word.text)} belongs to the connection, not to a rule")
    return name


def header_text(word: Word, words: Cursor) -> Text:
    """A value as it is sent. Words hold no line ends, so it cannot become a second header."""
    text = read_text(word, answers=words.answers)
    if not word.text.strip(" \t"):
        raise word.flaw("the value of a header cannot be empty here")
    return text


def regex_of(word: Word) -> str:
    """A regular expression, proven to compile."""
    try:
        return read_regex(word.text)
    except ValueError as error:
        raise word.flaw(str(error)) from None


def realm_of(word: Word) -> str:
    """What a browser shows when it asks for a password."""
    if not REALM.fullmatch(word.text):
        raise word.flaw("this is no realm: printable characters without quotes are expected")
    return word.text


def cookie_of(word: Word) -> str:
    """A cookie with its attributes, as it is sent."""
    if not _COOKIE.fullmatch(word.text):
        raise word.flaw("this is no cookie such as NAME=VALUE")
    return word.text


def status_of(word: Word, allowed: tuple[int, ...]) -> int:
    """One of the statuses allowed."""
    if word.text not in map(str, allowed):
        raise word.flaw(f"{quote(word.text)} is not possible here, but {', '.join(map(str, allowed))}")
    return int(word.text)


def bad_option(word: Word, action: str, known: tuple[str, ...]) -> AclError:
    """The error for a word that is no option of an action."""
    if word.text in elsewhere.OPTIONS:
        reason = elsewhere.OPTIONS[word.text]
        return word.flaw(f"option {quote(word.text)} of {action} is not supported here: {reason}")
    # Whoever forgets the quotes of a text has the rest of it stand here.
    return word.flaw(f"unknown option of {action}{did_you_mean(word.text, (*known, 'if', 'unless'))}")

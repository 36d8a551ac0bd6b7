"""Values that rules carry: header names and values, and statuses."""

import re
from typing import Final

from ingress.acl import elsewhere
from ingress.acl.error import AclError, quote, unknown
from ingress.acl.words import Word

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING: Final = (
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)
_OURS: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
)
_ANSWERED: Final = ("content-type", "date", "location", "x-headgate-reason")


def name_to_set(word: Word) -> str:
    """The name of a header that a rule may set towards the server. What frames a message or tells of
    the client is the proxy's own: a server that trusts it must not be deceived by a rule."""
    name = _token(word)
    if name in _OURS:
        raise word.flaw(f"{quote(word.text)} is always sent by the proxy itself and cannot be set")
    return word.text


def name_to_delete(word: Word) -> str:
    """The name of a header that a rule may keep from the server."""
    if _token(word) == "host":
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
        raise word.flaw(f"{quote(word.text)} is not the name of a header")
    if name in _FRAMING:
        raise word.flaw(f"{quote(word.text)} belongs to the connection, not to a rule")
    return name


def header_value(word: Word) -> str:
    """A value as it is sent. Words hold no line ends, so it cannot become a second header."""
    value = log_format(word).strip(" \t")
    if not value:
        raise word.flaw("the value of a header cannot be empty here")
    return value


def log_format(word: Word) -> str:
    """A value in which HAProxy evaluates `%`: only `%%`, a plain percent sign, is taken."""
    if "%" in word.text.replace("%%", ""):
        raise word.flaw('log-format ("%[...]", "%ci") is not supported yet; "%%" is a plain percent sign')
    return word.text.replace("%%", "%")


def status_of(word: Word, allowed: tuple[int, ...]) -> int:
    """One of the statuses allowed."""
    if word.text not in map(str, allowed):
        raise word.flaw(f"{quote(word.text)} is not possible here, but {', '.join(map(str, allowed))}")
    return int(word.text)


def bad_option(word: Word, action: str, known: tuple[str, ...]) -> AclError:
    """The error for a word that is no option of an action."""
    if word.text in elsewhere.OPTIONS:
        return word.flaw(f"option {quote(word.text)} of {action} is not supported here")
    message = unknown(f"option of {action}", word.text, (*known, "if", "unless"))
    return word.flaw(message)

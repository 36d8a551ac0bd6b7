"""Values of the options about whom to ask who may pass."""

import re
from typing import Final

from msgspec import Struct

from discovery.option_values import OptionError, words_of
from ingress.acl.framing import FRAMING
from ingress.acl.value import OURS

_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])"
_REST: Final = r"(?:/[!-~]*)?(?:\?[!-~]*)?"
_URL: Final = re.compile(rf"(https?)://({_HOST})(?::([0-9]{{1,5}}))?({_REST})", re.ASCII | re.IGNORECASE)
_PAGE: Final = re.compile(rf"(?:https?://{_HOST}(?::[0-9]{{1,5}})?)?{_REST}", re.ASCII | re.IGNORECASE)
_LONGEST: Final = 2000
_NOT_IN_URLS: Final = frozenset('"#<>\\^`{|}$')
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NEVER: Final = frozenset(("host", *FRAMING, *OURS))
_PORTS: Final = {"http": 80, "https": 443}


class AuthUrl(Struct, frozen=True):
    """A URL that is asked."""

    text: str
    """In one form: scheme and host in lower case."""
    host: str
    port: int


def parse_auth_url(text: str) -> AuthUrl:
    """`http://HOST[:PORT][/PATH][?QUERY]`, or the same with https."""
    word = text.strip()
    match = _URL.fullmatch(word)
    _refuse_variables(word)
    if match is None or len(word) > _LONGEST:
        raise OptionError("it is no URL such as http://auth.example.com:9091/verify")
    scheme, host = match[1].lower(), match[2].lower()
    port = int(match[3] or _PORTS[scheme])
    if not 0 < port < 65536:
        raise OptionError(f"there is no port {port}")
    at = f":{match[3]}" if match[3] else ""
    return AuthUrl(f"{scheme}://{host}{at}{match[4]}", host.strip("[]").removesuffix("."), port)


def parse_sign_in(text: str) -> str:
    """The same, or a path of the host of the request."""
    word = text.strip()
    _refuse_variables(word)
    if not word or len(word) > _LONGEST or not _PAGE.fullmatch(word) or word.startswith("//"):
        raise OptionError(
            "it is neither a URL such as https://auth.example.com/start nor a path such as /start"
        )
    return word


def parse_auth_method(text: str) -> str:
    """A method; `*`, here empty: that of the request."""
    word = text.strip().upper()
    if word == "*":
        return ""
    if word not in _METHODS:
        raise OptionError(f'"{text[:40]}" is none of {", ".join(_METHODS)}, nor * for that of the request')
    return word


def parse_told(text: str) -> tuple[str, ...]:
    """Names of fields."""
    return _names(text)


def parse_copied(text: str) -> tuple[str, ...]:
    """Names of fields that somebody else may set."""
    names = _names(text)
    for name in names:
        if name.lower() in _NEVER:
            raise OptionError(f'"{name}" is said by Headgate itself')
    return names


def parse_cookies(text: str) -> tuple[str, ...]:
    """Names of cookies; `*`: all; `-`: none."""
    return () if text.strip() == "-" else _names(text)


def _names(text: str) -> tuple[str, ...]:
    return words_of(text, _TOKEN, "is not a name", "there is no name in it")


def _refuse_variables(word: str) -> None:
    if "$" in word or "%[" in word:
        raise OptionError(
            "it has a variable in it: it is written out here, so that no client chooses who is asked"
        )
    odd = sorted(_NOT_IN_URLS.intersection(word))
    if odd:
        raise OptionError(f"{odd[0]} cannot be in a URL; write it as %{ord(odd[0]):02X}")

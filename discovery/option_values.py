"""Values of options, from the text that people write."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from discovery.names import SpellingError, read_host, read_path
from ingress.acl.value import REALM
from ingress.model.backend import ProxyHeader
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.policy import Coding
from ingress.model.route import Origin


class OptionError(ValueError):
    """A value that its option does not take; the text says why and what it would take."""


class CombinationError(ValueError):
    """Options that mean nothing together; the text says why."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(reason)
        self.option = option


class TcpPort(Struct, frozen=True):
    """A port to publish, and the port of the Service behind it; empty: the one that suits."""

    port: int
    target: str = ""
    host: str = ""
    """Not empty: only for TLS connections that ask for this host (SNI), which end here."""

    @property
    def text(self) -> str:
        """As it is written: `3306`, `3306:mysql`, `db.example.com:3306`."""
        words = (self.host, str(self.port), self.target)
        return ":".join(filter(None, words))

    def publish(self, backend: str, origin: Origin) -> TcpListener | TcpRoute:
        """What comes to the port, or what of that asks for the host, goes to a backend."""
        if self.host:
            return TcpRoute(self.host, backend, origin, self.port, ended=True)
        return TcpListener(self.port, backend, origin)


# HAProxy reads a number without a unit as milliseconds, nginx as seconds. Who moves from either
# would be wrong by a factor of a thousand without a word, so such a number is refused.
_UNITS: Final[Mapping[str, float]] = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"([0-9]{1,9})(us|ms|s|m|h|d)")
_LONGEST: Final = 86400.0
_MOST_TRIES: Final = 100
_TRUTHS: Final = {"true": True, "false": False}
_PATH_TYPES: Final = ("Prefix", "Exact")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]+/(?:\*|[a-z0-9!#$&^_.+-]+)")
_TCP_PORT: Final = re.compile(r"([0-9]{1,5})(?::([a-z0-9-]{1,15}))?")
_OBJECT: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_SIZE: Final = re.compile(r"([0-9]{1,12})([kmg]?)")
_BYTES: Final[Mapping[str, int]] = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_HSTS: Final = re.compile(r"([0-9]{1,4})d((?:\s+(?:include-subdomains|preload))*)")


def parse_text(text: str) -> str:
    """The text as it is: it has a grammar of its own."""
    return text


def parse_send_proxy(text: str) -> ProxyHeader:
    """The version of the PROXY protocol."""
    try:
        return ProxyHeader(text.strip())
    except ValueError:
        raise OptionError(f'"{text}" is none of {", ".join(ProxyHeader)}') from None


def parse_tries(text: str) -> int:
    """How often, from 1 to 100."""
    word = text.strip()
    if not (word.isascii() and word.isdigit() and len(word) <= 3 and 1 <= int(word) <= _MOST_TRIES):
        raise OptionError(f'"{text}" is not a whole number from 1 to {_MOST_TRIES}')
    return int(word)


def parse_duration(text: str) -> float:
    """Seconds, of a number and its unit: `250ms`, `5s`, `1m`; at most a day."""
    word = text.strip()
    if word == "0":
        return 0.0
    match = _DURATION.fullmatch(word)
    if match is None:
        raise OptionError(_no_duration(word))
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise OptionError(f'"{word}" is longer than a day')
    return seconds


def parse_timeout(text: str) -> float:
    """A duration that is not zero."""
    seconds = parse_duration(text)
    if seconds <= 0.0:
        raise OptionError("a timeout of zero lets nothing through; leave the option out for the default")
    return seconds


def parse_tcp(text: str) -> tuple[TcpPort, ...]:
    """`3306`, or `3306:mysql` with the name or number of the Service's port, and a host before it if there
    is to be one; several with commas."""
    return tuple(_parse_tcp_port(word.strip()) for word in text.split(","))


def parse_truth(text: str) -> bool:
    """`true` or `false`."""
    try:
        return _TRUTHS[text.strip().lower()]
    except KeyError:
        raise OptionError(f'"{text}" is neither true nor false') from None


def parse_hosts(text: str) -> tuple[str, ...]:
    """Host names with commas between: exact, or `*.` and the rest."""
    hosts = []
    for word in _words(text):
        try:
            hosts.append(read_host(word))
        except SpellingError as error:
            raise OptionError(str(error)) from None
    return tuple(dict.fromkeys(hosts))


def parse_paths(text: str) -> tuple[str, ...]:
    """Paths with commas between."""
    paths = _words(text)
    for path in paths:
        try:
            read_path(path, "Exact")
        except SpellingError as error:
            raise OptionError(str(error)) from None
    return tuple(dict.fromkeys(paths))


def parse_path_type(text: str) -> str:
    """`Prefix` or `Exact`, whatever the case."""
    word = text.strip().capitalize()
    if word not in _PATH_TYPES:
        raise OptionError(f'"{text}" is none of {", ".join(_PATH_TYPES)}')
    return word


def parse_codings(text: str) -> tuple[Coding, ...]:
    """Names of codings, with blanks or commas between."""
    words = text.replace(",", " ").split()
    unknown = [word for word in words if word not in tuple(Coding)]
    if unknown or not words:
        nearest = get_close_matches(unknown[0], Coding, 1, 0.5) if unknown else ()
        hint = f'; the nearest one is "{nearest[0]}"' if nearest else ""
        raise OptionError(f'"{" ".join(unknown)}" is no coding of {", ".join(Coding)}{hint}')
    return tuple(Coding(word) for word in dict.fromkeys(words))


def parse_types(text: str) -> tuple[str, ...]:
    """Media types, with blanks or commas between; `text/*` is all of a kind."""
    wrong = "is not a media type such as text/html or text/*"
    return words_of(
        text.lower(), _MEDIA_TYPE, wrong, "no media type; leave the option out for the usual ones"
    )


def words_of(text: str, form: re.Pattern[str], wrong: str, none: str) -> tuple[str, ...]:
    """Words with blanks or commas between, each once: what is said of one that has another form, and where
    there are none."""
    words = text.replace(",", " ").split()
    for word in words:
        if not form.fullmatch(word):
            raise OptionError(f'"{word[:60]}" {wrong}')
    if not words:
        raise OptionError(none)
    return tuple(dict.fromkeys(words))


def parse_size(text: str) -> int:
    """Bytes, of a number and `k`, `m` or `g`; 0: no limit."""
    word = text.strip().lower()
    match = _SIZE.fullmatch("0" if word == "unlimited" else word)
    if match is None:
        raise OptionError(f'"{text}" is not a size such as 512k, 10m or 1g, nor unlimited')
    return int(match[1]) * _BYTES[match[2]]


def parse_hsts(text: str) -> str:
    """`180d`, and if wanted `include-subdomains` and `preload`: the value of the field."""
    match = _HSTS.fullmatch(text.strip())
    if match is None:
        raise OptionError(f'"{text}" is not days and words such as 180d include-subdomains preload')
    words = match[2].split()
    value = f"max-age={int(match[1]) * 86400}"
    value += "; includeSubDomains" if "include-subdomains" in words else ""
    return value + ("; preload" if "preload" in words else "")


def parse_secret_name(text: str) -> str:
    """The name of a Secret."""
    word = text.strip()
    if not _OBJECT.fullmatch(word):
        raise OptionError(f'"{text[:60]}" is not the name of a Secret of the same namespace')
    return word


def parse_realm(text: str) -> str:
    """What a browser shows when it asks for a password."""
    word = text.strip()
    if not REALM.fullmatch(word):
        raise OptionError("it is no realm: up to 100 printable characters without quotes are expected")
    return word


def spelt(parse: Callable[[str], object]) -> Callable[[str], object]:
    """The parser of an option, of one that knows nothing of options."""

    def parse_option(text: str) -> object:
        try:
            return parse(text)
        except SpellingError as error:
            raise OptionError(str(error)) from None

    return parse_option


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.replace("\n", ",").split(",")]
    if not all(words):
        raise OptionError(f'"{text}" has an empty place')
    return words


def _parse_tcp_port(word: str) -> TcpPort:
    first, _, others = word.partition(":")
    host, port = (first, others) if "." in first else ("", word)
    match = _TCP_PORT.fullmatch(port)
    if match is None or not 1 <= int(match[1]) <= 65535:
        reason = "is not PORT or PORT:SERVICE-PORT, such as 3306 or 3306:mysql, nor that behind a host and :"
        raise OptionError(f'"{word}" {reason}')
    try:
        return TcpPort(int(match[1]), match[2] or "", read_host(host))
    except SpellingError as error:
        raise OptionError(str(error)) from None


def _no_duration(word: str) -> str:
    if word.isascii() and word.isdigit():
        return f'"{word}" has no unit; write {word}s for seconds or {word}ms for milliseconds'
    return f'"{word}" is not a duration such as 250ms, 5s or 1m'

"""What is written of persistence: `balance`, `hash-type` and `cookie`, in HAProxy's words.

Source: HAProxy configuration manual, 4.2.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from discovery.option_values import OptionError
from ingress.acl.error import AclError
from ingress.acl.expression import read_expression
from ingress.acl.sample import Type, can_cast
from ingress.acl.words import Word
from ingress.model.backend import Balance
from ingress.model.condition import Call, Expression
from ingress.model.persistence import Cookie, CookieMode, Hashed, HashType

BALANCES: Final = (*Balance, "source", "uri", "hdr(NAME)", "url_param NAME", "hash EXPRESSION")
_CALLED: Final = re.compile(r"(hdr|url_param)\(([^()\s]+)\)", re.ASCII)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
_DOMAIN: Final = re.compile(r"\.?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,20}", re.ASCII | re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"[!-:<-~]{1,200}", re.ASCII)
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_LONGEST: Final = 500
_FUNCTIONS: Final = frozenset({"sdbm", "djb2", "wt6", "crc32", "none", "avalanche"})
_FEW: Final = 16
"""Characters from which on the text that cookies are made with is hard to guess."""


def parse_balance(text: str) -> Balance | Hashed:
    """`roundrobin`, or what of a request decides: `source`, `uri`, `hdr(NAME)`, ..."""
    words = _words(text)
    if len(words) == 1 and words[0] in tuple(Balance):
        return Balance(words[0])
    if called := _CALLED.fullmatch(words[0]):
        words = [called[1], called[2], *words[1:]]
    read = _KEYS.get(words[0])
    if read is None:
        raise OptionError(f'unknown algorithm "{text.strip()}"; there are {", ".join(BALANCES)}')
    return Hashed(" ".join(text.split()), read(words[1:]))


def parse_hash_type(text: str) -> HashType:
    """`consistent` or `map-based`."""
    kind, *rest = _words(text)
    if kind not in tuple(HashType):
        raise OptionError(f'"{kind}" is none of {", ".join(HashType)}')
    if rest:
        known = f"{rest[0]}: the function of the hash is not for choosing" if rest[0] in _FUNCTIONS else ""
        raise OptionError(known or f'"{rest[0]}" is not expected behind {kind}')
    return HashType(kind)


def parse_cookie(text: str) -> Cookie:
    """`NAME insert` (or `rewrite`, `prefix`) and the options of HAProxy."""
    name, *words = _words(text)
    if not _TOKEN.fullmatch(name) or name.startswith("$"):
        raise OptionError("a cookie has a name of letters, digits and - _ . as its first word")
    said: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        _read_cookie_word(word, rest, said)
    if "mode" not in said:
        raise OptionError("insert, rewrite or prefix is missing behind the name")
    cookie = Cookie(" ".join([name, *words]), name, **said)
    for option in ("indirect", "postonly", "preserve"):
        if getattr(cookie, option) and cookie.mode is not CookieMode.INSERT:
            raise OptionError(f"{option} needs insert: {cookie.mode} changes what the server sets")
    return cookie


def parse_cookie_key(text: str) -> str:
    """The text that the values of cookies are made with."""
    key = text.strip()
    if len(key) < _FEW:
        raise OptionError(f"at least {_FEW} characters are needed, lest somebody guesses them")
    return key


def _words(text: str) -> list[str]:
    words = text.split()
    if not words:
        raise OptionError("it is empty")
    if len(text) > _LONGEST:
        raise OptionError(f"it is longer than {_LONGEST} characters")
    return words


# --- what decides


def _source(words: list[str]) -> Expression:
    _nothing_behind("source", words)
    return Expression(Call("src"))


def _uri(words: list[str]) -> Expression:
    fetch, converters = "path", []
    rest = iter(words)
    for word in rest:
        if word == "whole":
            fetch = "pathq"
        elif word == "depth":
            converters.append(Call("field", ("1", "/", str(_number(word, rest) + 1))))
        elif word == "len":
            converters.append(Call("bytes", ("0", str(_number(word, rest)))))
        # The host of a target in absolute form never counts here.
        elif word != "path-only":
            raise OptionError(f'"{word}" is not expected behind uri; there are whole, depth N, len N')
    return Expression(Call(fetch), tuple(converters))


def _header(words: list[str]) -> Expression:
    name = _name("hdr(NAME)", words)
    if "use_domain_only" in words:
        raise OptionError("use_domain_only is not served; write hash hdr(host),field(-2,.)")
    _nothing_behind("hdr", words[1:])
    return read_sample(f"hdr({name},1)")


def _parameter(words: list[str]) -> Expression:
    name = _name("url_param NAME", words)
    if "check_post" in words:
        raise OptionError("check_post is not served: the body is not looked into")
    _nothing_behind("url_param", words[1:])
    return read_sample(f"urlp({name})")


def _expression(words: list[str]) -> Expression:
    return read_sample(_name("hash EXPRESSION", [" ".join(words)] if words else []))


def read_sample(text: str) -> Expression:
    """A sample as it is written, such as `req.cook(session)`."""
    word = Word(text, 1, 1)
    try:
        reading = read_expression(word)
    except AclError as error:
        raise OptionError(error.message) from None
    if reading.end < len(text) or not can_cast(reading.gives, Type.BIN):
        raise OptionError("what decides has to be a sample such as req.cook(session) or hdr(host),lower")
    return reading.expression


def _name(form: str, words: list[str]) -> str:
    if not words:
        raise OptionError(f"{form} is expected")
    return words[0]


def _number(word: str, rest: Iterator[str]) -> int:
    number = next(rest, "")
    if not _COUNT.fullmatch(number):
        raise OptionError(f"{word} needs a number from 1 to 9999 behind it")
    return int(number)


def _nothing_behind(word: str, rest: list[str]) -> None:
    if rest:
        raise OptionError(f'"{rest[0]}" is not expected behind {word}')


_KEYS: Final[Mapping[str, Callable[[list[str]], Expression]]] = {
    "source": _source,
    "uri": _uri,
    "hdr": _header,
    "url_param": _parameter,
    "hash": _expression,
}


# --- the words of a cookie


def _read_cookie_word(word: str, rest: Iterator[str], said: dict[str, Any]) -> None:
    if word in tuple(CookieMode):
        if "mode" in said:
            raise OptionError(f"{word} cannot be together with {said['mode']}")
        said["mode"] = CookieMode(word)
    elif word in _FLAGS:
        said[word] = True
    elif word in _LISTS:
        field, form, meaning = _LISTS[word]
        value = next(rest, "")
        if not form.fullmatch(value):
            raise OptionError(f"{word} needs {meaning} behind it")
        said[field] = (*said.get(field, ()), value)
    elif word in _LIMITED:
        raise OptionError(
            f"{word} is not served; the cookie lasts as long as the browser runs, or as long as "
            "attr Max-Age=SECONDS says"
        )
    # The values are always made from the address.
    elif word != "dynamic":
        near = get_close_matches(word, _KNOWN, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_KNOWN)}"
        raise OptionError(f'unknown word "{word[:40]}"; {hint}')


_FLAGS: Final = ("indirect", "nocache", "postonly", "preserve", "httponly", "secure")
_LISTS: Final = {
    "domain": ("domains", _DOMAIN, "a domain such as .example.com"),
    "attr": ("attributes", _ATTRIBUTE, "an attribute such as SameSite=Strict"),
}
_LIMITED: Final = ("maxidle", "maxlife")
_KNOWN: Final = (*CookieMode, *_FLAGS, *_LISTS, "dynamic")

"""Traefik's sticky sessions: a cookie that names the server of a client."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Final

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_number, read_truth
from discovery.dialects.reading import unknown_option
from discovery.dialects.traefik import Options
from ingress.model.persistence import Cookie, CookieMode

STICKY: Final = "loadbalancer.sticky"
_COOKIE: Final = f"{STICKY}.cookie"
_NAME: Final = re.compile(r"[!#%&'*+.^_`|~0-9A-Za-z-][!#$%&'*+.^_`|~0-9A-Za-z-]{0,127}", re.ASCII)
_DOMAIN: Final = re.compile(r"\.?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,20}", re.ASCII | re.IGNORECASE)
_SAME_SITE: Final = {"none": "SameSite=None", "lax": "SameSite=Lax", "strict": "SameSite=Strict"}


def read_sticky(options: Options, service: str) -> tuple[Cookie | None, tuple[Complaint, ...]]:
    """The cookie that the options of a service ask for, and what of them cannot be honoured."""
    said = {name: text for name, text in options if name == STICKY or name.startswith(f"{STICKY}.")}
    words: dict[str, str] = {}
    complaints = []
    for option, text in said.items():
        try:
            words[option] = _word(option)(text)
        except ComplaintError as error:
            complaints.append(Complaint(option[:100], str(error), text[:200]))
    if complaints or not words or words.get(_COOKIE) == "false":
        return None, tuple(complaints)
    name = words.pop(f"{_COOKIE}.name", "") or default_name(service)
    end = [word for option, word in sorted(words.items()) if option != _COOKIE and word]
    cookie = Cookie(" ".join((name, "insert", *end)), name, CookieMode.INSERT, attributes=tuple(end))
    return cookie, ()


def default_name(service: str) -> str:
    """The name of the cookie of a service that gives it none, as Traefik makes it."""
    text = f"_TRAEFIK_BACKEND_{service}@consulcatalog"
    return f"_{sha1(text.encode(), usedforsecurity=False).hexdigest()[:5]}"


def _word(option: str) -> Callable[[str], str]:
    if option in _READERS:
        return _READERS[option]
    raise ComplaintError(unknown_option(option, _READERS)[0])


def _wanted(text: str) -> str:
    return "true" if read_truth(text) else "false"


def _flag(word: str) -> Callable[[str], str]:
    return lambda text: word if read_truth(text) else ""


def _cookie_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ComplaintError("it is not the name of a cookie")
    return text


def _same_site(text: str) -> str:
    if text.lower() not in _SAME_SITE:
        raise ComplaintError(f"it is none of {', '.join(_SAME_SITE)}")
    return _SAME_SITE[text.lower()]


def _age(text: str) -> str:
    age = read_number(text)
    # Traefik has no limit where it is 0, and an old one where it is less.
    return f"Max-Age={max(age, 0)}" if age else ""


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ComplaintError("it is not a domain")
    return f"Domain={text}"


def _path(text: str) -> str:
    if text != "/":
        raise ComplaintError("the cookie is for all paths: / is served alone")
    return ""


_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    _COOKIE: _wanted,
    f"{_COOKIE}.name": _cookie_name,
    f"{_COOKIE}.secure": _flag("Secure"),
    f"{_COOKIE}.httponly": _flag("HttpOnly"),
    f"{_COOKIE}.samesite": _same_site,
    f"{_COOKIE}.maxage": _age,
    f"{_COOKIE}.domain": _domain,
    f"{_COOKIE}.path": _path,
}

"""Parsers of the values of options about TLS."""

import re
from typing import Final

from discovery.names import SpellingError, read_host
from discovery.option_values import OptionError

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SECRET: Final = re.compile(rf"(?:({_LABEL})/)?([a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?)", re.ASCII)
_VERIFY: Final = ("on", "optional")


def parse_secret(text: str) -> tuple[str, str]:
    """`NAME` or `NAMESPACE/NAME` of a Secret; the namespace is empty where none is named."""
    match = _SECRET.fullmatch(text.strip())
    if match is None:
        raise OptionError(f'"{text}" is not the NAME of a Secret')
    return match[1] or "", match[2]


def parse_verify(text: str) -> str:
    """`on` or `optional`."""
    word = text.strip().lower()
    if word == "optional_no_ca":
        raise OptionError("a certificate that no authority of yours has signed says nothing; write optional")
    if word not in _VERIFY:
        raise OptionError(f'"{text}" is none of {", ".join(_VERIFY)}; leave auth-tls-secret out for neither')
    return word


def parse_sni(text: str) -> str:
    """`host`, `service`, or a name."""
    word = text.strip().lower()
    try:
        if word and not word.startswith("*"):
            return read_host(word)
    except SpellingError:
        pass
    raise OptionError(f'"{text}" is none of host, service and a name such as shop.example.com')

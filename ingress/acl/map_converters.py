"""Converters that look a sample up in a map file."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from ingress.acl.converter import Args, Beside, Converter, count
from ingress.acl.lists import read_file_name
from ingress.acl.matches import MATCHES
from ingress.acl.network import leading_address
from ingress.acl.sample import Client, Request, Type
from ingress.model.condition import Call, Match
from ingress.model.patterns import FileUse

_RULES: Final = {
    Match.STR: "is equal",
    Match.BEG: "begins with the longest key",
    Match.END: "ends with a key",
    Match.SUB: "contains a key",
    Match.DIR: "has a key as whole path elements",
    Match.DOM: "has a key as whole labels",
    Match.REG: "matches a regular expression",
    Match.INT: "is in a range",
    Match.IP: "is in the smallest network",
}
_EXAMPLES: Final = {
    Match.INT: "dst_port",
    Match.IP: "src",
    Match.DOM: "hdr(host)",
}
_GIVES: Final = {"": Type.STR, "_int": Type.INT, "_ip": Type.ADDRESS}
_USES: Final[dict[str, tuple[Match, str]]] = {}


def use_of(call: Call) -> FileUse | None:
    """How a converter looks into a file; None: it does not."""
    found = _USES.get(call.name)
    return None if found is None else FileUse(call.args[0], found[0], gives=found[1])


def _make(name: str, gives: Type, args: Args) -> Beside:
    count(args, 1, 2)
    read_file_name(args[0])
    use = use_of(Call(name, args))
    assert use is not None
    key, default = use.key, _default(gives, args[1]) if len(args) == 2 else None

    def look_up(sample: Any, request: Request, client: Client) -> Any:
        look = client.surroundings.files.get(key)
        value = None if look is None else look(sample)
        return default if value is None else value

    return Beside(look_up)


def _default(gives: Type, text: str) -> Any:
    if gives is Type.STR:
        return text.encode()
    value = leading_address(text.encode()) if gives is Type.ADDRESS else _number(text)
    if value is None:
        raise ValueError(f'the default "{text[:40]}" is no {gives}')
    return value


def _number(text: str) -> int | None:
    return int(text) if text.removeprefix("-").isdecimal() and len(text) <= 18 else None


def _row(name: str, match: Match, gives: Type, meaning: str) -> Converter:
    takes = MATCHES[match].takes
    assert takes is not None
    _USES[name] = match, "groups" if name == "map_regm" else gives.value
    fetch = _EXAMPLES.get(match, "path")
    test = {Type.STR: "-m str shop", Type.INT: "gt 5", Type.ADDRESS: "10.0.0.0/8"}[gives]
    usage = f"{name}(FILE[,DEFAULT])"
    make = partial(_make, name, gives)
    return Converter(usage, takes, gives, make, meaning, f"{fetch},{name}(configmap:routes/keys) {test}")


def _rows() -> Iterator[Converter]:
    first = (
        "The value of the first line of a map file whose key the sample equals; DEFAULT where there is none."
    )
    yield _row("map", Match.STR, Type.STR, first)
    for match, rule in _RULES.items():
        for suffix, gives in _GIVES.items():
            meaning = f"As `map`, where the sample {rule}; the value is {_article(gives)}."
            yield _row(f"map_{match}{suffix}", match, gives, meaning)
    meaning = "As `map_reg`; `\\1` in the value is the first group of the expression."
    yield _row("map_regm", Match.REG, Type.STR, meaning)


def _article(type_: Type) -> str:
    return f"an {type_}" if type_[0] in "ai" else f"a {type_}"


ROWS: Final[tuple[Converter, ...]] = tuple(_rows())

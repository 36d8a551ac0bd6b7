"""Header values as lists: parts between commas, and cookies."""

from collections.abc import Iterator, Sequence

_BLANK = b" \t"
_COMMA = ord(",")
_QUOTE = ord('"')


def parts(values: Sequence[bytes]) -> list[bytes]:
    """The parts of all values between commas outside of quotes, blanks trimmed; `a,` has two."""
    found: list[bytes] = []
    for value in values:
        if _COMMA not in value:
            found.append(value)
        elif _QUOTE not in value:
            found.extend(part.strip(_BLANK) for part in value.split(b","))
        else:
            found.extend(_quoted_parts(value))
    return found


def _quoted_parts(value: bytes) -> Iterator[bytes]:
    start = 0
    while True:
        end = unquoted(value, start, b",")
        yield value[start:end].strip(_BLANK)
        if end == len(value):
            return
        start = end + 1


def unquoted(value: bytes, start: int, ends: bytes) -> int:
    """Where the first of the characters `ends` outside of quotes stands, or the length of the value."""
    quoted = escaped = False
    for position in range(start, len(value)):
        byte = value[position]
        if escaped:
            escaped = False
        elif quoted:
            quoted = byte != 0x22
            escaped = byte == 0x5C
        elif byte == 0x22:
            quoted = True
        elif byte in ends:
            return position
    return len(value)


def cookies(values: Sequence[bytes], name: bytes) -> list[bytes]:
    """The values of the cookies of that name, in order, quotes kept."""
    found: list[bytes] = []
    for value in values:
        if value.find(name) < 0:
            continue
        if _QUOTE not in value and _COMMA not in value:
            found.extend(_plain_cookies(value, name))
        else:
            found.extend(cookie for part in parts((value,)) for cookie in _cookies(part, name))
    return found


def set_cookies(values: Sequence[bytes], name: bytes) -> list[bytes]:
    """The values of the cookies of that name that an answer sets: one a field, quotes kept."""
    found: list[bytes] = []
    for value in values:
        key, equal, rest = value.partition(b"=")
        if equal and key.strip(_BLANK) == name and len(value) > len(name) + 1 and not name.startswith(b"$"):
            cookie = rest.lstrip(_BLANK)
            found.append(cookie[: unquoted(cookie, 0, b",;")].rstrip(_BLANK))
    return found


def _plain_cookies(value: bytes, name: bytes) -> Iterator[bytes]:
    """What `_cookies` gives, where there are no quotes and no commas to heed."""
    pairs = value.split(b";")
    if len(pairs[-1]) <= len(name) + 1:
        pairs.pop()
    for pair in pairs:
        key, equal, cookie = pair.partition(b"=")
        if equal and key.strip(_BLANK) == name and not name.startswith(b"$"):
            yield cookie.strip(_BLANK)


def _cookies(part: bytes, name: bytes) -> Iterator[bytes]:
    # The bound is HAProxy's: what is too short to be `name=v` is not looked at, so a lone `a=` is no cookie.
    position = 0
    while position + len(name) + 1 < len(part):
        end = _name_end(part, position)
        if part[end : end + 1] != b"=":
            position = end + 1
            continue
        after = end + 1
        while part[after : after + 1] in (b" ", b"\t"):
            after += 1
        stop = unquoted(part, after, b",;")
        if part[position:end].strip(_BLANK) == name and not name.startswith(b"$"):
            yield part[after:stop].rstrip(_BLANK)
        position = stop + 1


def _name_end(part: bytes, start: int) -> int:
    """Where the `=` or `;` after a cookie's name stands, or the length of the part."""
    equal = part.find(b"=", start)
    semicolon = part.find(b";", start)
    ends = [end for end in (equal, semicolon) if end >= 0]
    return min(ends, default=len(part))

"""Hashes of passwords: the kinds that are known, and whether a password is the one that was hashed."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import md5, sha1
from hmac import compare_digest
from typing import Final, NamedTuple

from ingress.acl.crypt import find_crypt

LONGEST: Final = 512
"""Bytes of a password, as in libxcrypt."""
_BCRYPT_COST: Final = 14
_SHA_ROUNDS: Final = 500_000
"""Either takes about a second."""
_ALPHABET: Final = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_UNSALTED: Final = "{SHA}"


class Kind(NamedTuple):
    """One kind of hash."""

    form: re.Pattern[str]
    make: Callable[[bytes, bytes], bytes]
    """The hash of a password, with the salt and the cost of a hash there is."""
    cost: int = 0
    """The most that its first group may say."""


def _crypt(password: bytes, digest: bytes) -> bytes:
    crypt = find_crypt()
    return b"" if crypt is None else crypt(password, digest)


def _sha1(password: bytes, digest: bytes) -> bytes:
    return _UNSALTED.encode() + b64encode(sha1(password).digest())


def _apr1(password: bytes, digest: bytes) -> bytes:
    """Apache's variant of FreeBSD's MD5-based crypt (apr_md5.c)."""
    salt = digest.split(b"$")[2]
    inner = md5(password + salt + password).digest()
    text = password + b"$apr1$" + salt + (inner * (len(password) // 16 + 1))[: len(password)]
    bits = f"{len(password):b}" if password else ""
    text += b"".join(b"\0" if bit == "1" else password[:1] for bit in reversed(bits))
    state = md5(text).digest()
    for number in range(1000):
        odd = number & 1
        middle = (salt if number % 3 else b"") + (password if number % 7 else b"")
        state = md5((password if odd else state) + middle + (state if odd else password)).digest()
    return b"$apr1$%b$%b" % (salt, _in_letters(state))


def _in_letters(state: bytes) -> bytes:
    groups = [(state[at] << 16 | state[at + 6] << 8 | state[at + 12 if at < 4 else 5], 4) for at in range(5)]
    letters = bytearray()
    for number, count in (*groups, (state[11], 2)):
        letters += bytes(_ALPHABET[number >> 6 * place & 63] for place in range(count))
    return bytes(letters)


_SHA_CRYPT: Final = r"(?:rounds=([0-9]{{1,9}})\$)?[^$:\n]{{1,16}}\$[./0-9A-Za-z]{{{size}}}"
KINDS: Final[Mapping[str, Kind]] = {
    "bcrypt": Kind(re.compile(r"\$2[aby]\$([0-9]{2})\$[./0-9A-Za-z]{53}"), _crypt, _BCRYPT_COST),
    "SHA-256": Kind(re.compile(r"\$5\$" + _SHA_CRYPT.format(size=43)), _crypt, _SHA_ROUNDS),
    "SHA-512": Kind(re.compile(r"\$6\$" + _SHA_CRYPT.format(size=86)), _crypt, _SHA_ROUNDS),
    "MD5": Kind(re.compile(r"\$1\$[^$:\n]{1,8}\$[./0-9A-Za-z]{22}"), _crypt),
    "apr1": Kind(re.compile(r"\$apr1\$[^$:\n]{1,8}\$[./0-9A-Za-z]{22}"), _apr1),
    "SHA-1": Kind(re.compile(r"\{SHA\}[+/0-9A-Za-z]{27}="), _sha1),
}
"""By the names that people know them by."""


def check_digest(text: str) -> None:
    """ValueError if this is no hash that passwords can be compared with; the text does not show it."""
    kind, match = _kind_of(text)
    if kind is None or match is None:
        raise ValueError(f"the password is not hashed in a way that is known: {', '.join(KINDS)}")
    if kind.cost and int(match[1] or 0) > kind.cost:
        raise ValueError(f"the hash takes too long: its cost may be {kind.cost}, and is {int(match[1])}")
    if kind.make is _crypt and find_crypt() is None:
        raise ValueError("this machine has no crypt library (libcrypt), which such a hash needs")


def is_slow(digest: bytes) -> bool:
    """Whether comparing with this hash takes so long that nobody may wait for it."""
    return not digest.startswith(_UNSALTED.encode())


def is_password(password: bytes, digest: bytes) -> bool:
    """Whether the hash is that of this password."""
    kind, _ = _kind_of(digest.decode())
    if kind is None or b"\0" in password or len(password) > LONGEST:
        return False
    return compare_digest(kind.make(password, digest), digest)


def _kind_of(text: str) -> tuple[Kind | None, re.Match[str] | None]:
    for kind in KINDS.values():
        if match := kind.form.fullmatch(text):
            return kind, match
    return None, None

"""Hashes of passwords, as other programs make them."""

import pytest

from ingress.acl.digest import KINDS, check_digest, is_password, is_slow

LONG = "a password of more than sixteen bytes"
# openssl passwd -1|-5|-6|-apr1 -salt abcdefgh; libxcrypt for bcrypt; htpasswd -s.
MADE = [
    ("$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", "secret"),
    ("$1$abcdefgh$3/L9AqmLN1Gt0flWzcFyU.", LONG),
    ("$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.", "secret"),
    ("$5$abcdefgh$RySaHxD9jqctho8uBvMdaFTB.rbzKS0DgZyewLN2GGB", LONG),
    ("$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4", "secret"),
    (
        "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.",
        "secret",
    ),
    ("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret"),
    ("$apr1$abcdefgh$EJvhw845MtIPi.xyhIm.Y/", LONG),
    ("$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.", "x"),
    ("$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret"),
    ("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret"),
    ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret"),
]
BCRYPT = "abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
REFUSED = [
    ("secret", "not hashed"),
    ("", "not hashed"),
    ("{PLAIN}secret", "not hashed"),
    ("$y$j9T$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.", "not hashed"),
    ("$5$abcdefgh$gruCpC7V", "not hashed"),
    (f"$2y$31${BCRYPT}", "cost may be 14, and is 31"),
    ("$5$rounds=999999999$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4", "cost may be 500000"),
]


@pytest.mark.parametrize(("digest", "password"), MADE)
def test_the_password_that_was_hashed_is_known_and_no_other(digest: str, password: str) -> None:
    check_digest(digest)
    assert is_password(password.encode(), digest.encode())
    for other in (password + "x", password[:-1], password.upper(), "", password + "\0"):
        assert not is_password(other.encode(), digest.encode())


def test_every_kind_is_among_them() -> None:
    assert all(any(kind.form.fullmatch(digest) for digest, _ in MADE) for kind in KINDS.values())


def test_only_what_costs_nothing_is_compared_at_once() -> None:
    assert [digest for digest, _ in MADE if not is_slow(digest.encode())] == [MADE[-1][0]]


@pytest.mark.parametrize(("digest", "why"), REFUSED)
def test_what_is_no_hash_or_takes_too_long_is_refused_without_being_shown(digest: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        check_digest(digest)
    assert not digest or digest not in str(caught.value)


def test_a_very_long_password_costs_nothing() -> None:
    assert not is_password(b"a" * 10_000_000, MADE[6][0].encode())

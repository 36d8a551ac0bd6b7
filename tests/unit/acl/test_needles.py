"""A needle is looked for by the byte of it that is least common."""

import pytest

from ingress.acl.needle import needle


@pytest.mark.parametrize(
    ("text", "byte"),
    [(b"yes", b"y"), (b"test-", b"-"), (b"debug=", b"g"), (b"a\xc3\xa9", b"\xc3")],
)
def test_the_byte_is_of_the_text_and_no_commoner_than_the_others(text: bytes, byte: bytes) -> None:
    assert needle(text) == (byte[0], text)

"""The readers say what a second reading of the grammar says, of inputs that were found and of new ones."""

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import SEEDS, mutated
from tests.fuzz.targets import TARGETS

FOUND: dict[str, tuple[bytes, ...]] = {
    "request": (
        b"POST / HTTP/1.1\r\nHost: :80\r\n\r\n",
        b"GET http://b.e@xample/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://:80/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te, upgrade\r\nUpgrade: a\r\n\r\n",
    ),
    "response": (b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade:\r\n\r\n", b"HTTP/1.1 200\t\r\n\r\n"),
    "chunks": (
        b"1;" + b"x" * 251 + b"\r\na\r\n0\r\n\r\n",
        b"1;" + b"x" * 252 + b"\r\na\r\n0\r\n\r\n",
        b"1;" + b"x" * 253 + b"\r\na\r\n0\r\n\r\n",
        b"0;" + b"y" * 300 + b"\r\n\r\n",
    ),
}
"""Where the two readings, or an earlier one of them, did not agree."""

KEPT = [(name, data) for name in TARGETS for data in (*FOUND.get(name, ()), *SEEDS[name])]


@pytest.mark.parametrize(("name", "data"), KEPT)
def test_what_was_found_is_read_as_the_model_reads_it_at_every_split(name: str, data: bytes) -> None:
    for cut in range(len(data) + 1):
        TARGETS[name](data, cut)


@settings(max_examples=300, deadline=None, database=None)
@given(st.sampled_from(list(TARGETS)), st.integers(0, 1 << 32))
def test_mutated_messages_are_read_as_the_model_reads_them(name: str, seed: int) -> None:
    dice = Random(seed)
    for _ in range(10):
        TARGETS[name](mutated(dice, SEEDS[name]), dice.getrandbits(16))


PLACES = [(name, seed, at) for name in TARGETS for seed in SEEDS[name][:3] for at in range(len(seed))]


@pytest.mark.parametrize("byte", [*range(33), 44, 58, 59, 127, 128, 255])
def test_no_byte_in_any_place_makes_the_readings_differ(byte: int) -> None:
    for (name, seed, at), width in product(PLACES, (0, 1)):
        TARGETS[name](seed[:at] + bytes((byte,)) + seed[at + width :], at)


@settings(max_examples=300, deadline=None, database=None)
@given(st.sampled_from(list(TARGETS)), st.binary(max_size=80), st.integers(0, 80))
def test_any_bytes_at_all_are_read_as_the_model_reads_them(name: str, data: bytes, cut: int) -> None:
    TARGETS[name](data, cut)

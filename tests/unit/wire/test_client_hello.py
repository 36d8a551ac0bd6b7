"""The name in a ClientHello is found wherever the packets split, and nothing else passes for one."""

import contextlib
import gc
import ssl

import pytest

from ingress.wire.client_hello import LONGEST, LONGEST_NAME, ClientHello, HelloError, HelloReader


def hello(name: str | None) -> bytes:
    """What OpenSSL says first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def read_client_hello(data: bytes) -> ClientHello | None:
    """What a reader has when all of it has come at once."""
    return HelloReader().feed(data)


HELLO = hello("WWW.Example.com.")


@pytest.mark.parametrize("cut", range(len(HELLO)))
def test_the_name_is_found_once_the_hello_is_whole(cut: int) -> None:
    assert read_client_hello(HELLO[:cut]) is None
    found = read_client_hello(HELLO)
    assert found is not None
    assert (found.name, found.ticket_key) == ("www.example.com", b"")


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_pieces_that_it_comes_in_make_no_difference(size: int) -> None:
    reader = HelloReader()
    pieces = [HELLO[at : at + size] for at in range(0, len(HELLO), size)]
    found = [reader.feed(piece) for piece in pieces]
    assert found == [None] * (len(pieces) - 1) + [read_client_hello(HELLO)]
    assert reader.data == HELLO


def named(name: bytes) -> bytes:
    """A ClientHello of one extension, which names a host."""
    listed = b"\x00" + len(name).to_bytes(2) + name
    extension = b"\x00\x00" + (len(listed) + 2).to_bytes(2) + len(listed).to_bytes(2) + listed
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += len(extension).to_bytes(2) + extension
    message = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(message).to_bytes(2) + message


def test_a_name_that_no_host_can_have_is_refused() -> None:
    found = read_client_hello(named(b"a" * LONGEST_NAME))
    assert found is not None
    assert found.name == "a" * LONGEST_NAME
    with pytest.raises(HelloError):
        read_client_hello(named(b"a" * (LONGEST_NAME + 1)))


def test_a_client_may_name_no_host() -> None:
    found = read_client_hello(hello(None))
    assert found is not None
    assert found.name == ""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_hello_may_be_spread_over_many_records(size: int) -> None:
    message = HELLO[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    records = b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2) + piece for piece in pieces)
    found = read_client_hello(records)
    assert found is not None
    assert found.name == "www.example.com"
    assert read_client_hello(records[:-1]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x02\x01\x00\x10",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
        b"\x16" + bytes(LONGEST),
    ],
)
def test_what_is_no_hello_is_refused(data: bytes) -> None:
    with pytest.raises(HelloError):
        read_client_hello(data)


@pytest.mark.parametrize("at", range(len(HELLO)))
def test_a_byte_that_is_wrong_does_no_more_than_be_refused(at: int) -> None:
    for value in (0, 255):
        broken = HELLO[:at] + bytes([value]) + HELLO[at + 1 :]
        with contextlib.suppress(HelloError):
            read_client_hello(broken)


def test_a_hello_that_is_taken_is_kept_no_longer() -> None:
    reader = HelloReader()
    assert reader.feed(HELLO) is not None
    assert reader.take() == HELLO
    assert reader.data == b""
    assert not any(isinstance(each, bytes) and each for each in gc.get_referents(reader))

"""Both forms of the TLS of a client's connection do the same, against OpenSSL's client in memory."""

import gc
import resource
import ssl
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ingress.proxy.tls.context import Recipe, server_context
from ingress.proxy.tls.engine import RECORD, Engine
from tests.unit.proxy.conftest import LIBRARY
from tests.unit.proxy.tls_stage import TICKETS, believing, certificate

PAIR = certificate("a.example.com")
Begin = Callable[[], Engine]


@pytest.fixture(params=["ssl", "library"])
def begin(request: pytest.FixtureRequest) -> Begin:
    """What makes the engine of a connection."""
    context = server_context(Recipe([PAIR], None, TICKETS.current), LIBRARY)
    if request.param == "ssl":
        return lambda: Engine(context, True)
    quick = LIBRARY.beginning(context) if LIBRARY is not None else None
    if quick is None:
        pytest.skip("the engines of the library are not compiled")
    return quick


class Client:
    """The other end."""

    def __init__(self, context: ssl.SSLContext | None = None, session: ssl.SSLSession | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or believing()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, False, "a.example.com", session)

    def shake_hands(self, data: bytes = b"") -> bytes:
        """Go on with the handshake by these bytes: the bytes for the server."""
        self._incoming.write(data)
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._outgoing.read()

    def seal(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self._outgoing.read()

    def unseal(self, data: bytes) -> bytes:
        self._incoming.write(data)
        pieces = []
        with suppress(ssl.SSLWantReadError):
            while piece := self.tls.read(RECORD):
                pieces.append(piece)
        return b"".join(pieces)

    def say_goodbye(self) -> bytes:
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self._outgoing.read()


def connected(begin: Begin, client: Client) -> Engine:
    """The server's side of a complete handshake."""
    engine = begin()
    engine.feed(client.shake_hands())
    assert not engine.shake_hands()
    engine.feed(client.shake_hands(engine.take()))
    assert engine.shake_hands()
    client.unseal(engine.take())
    return engine


def test_a_handshake_is_the_same_however_its_bytes_come(begin: Begin) -> None:
    client, engine = Client(), begin()
    for _ in range(2):
        data, complete = client.shake_hands(engine.take()), False
        for byte in data:
            assert not complete
            engine.feed(bytes([byte]))
            complete = engine.shake_hands()
    assert complete
    assert not engine.pending


def test_both_ends_understand_each_other(begin: Begin) -> None:
    client = Client()
    engine = connected(begin, client)
    engine.feed(client.seal(b"a question"))
    assert engine.unseal() == b"a question"
    assert client.unseal(engine.seal(b"an answer")) == b"an answer"
    assert not engine.take()


def test_records_are_given_one_by_one(begin: Begin) -> None:
    client = Client()
    engine = connected(begin, client)
    whole = client.seal(b"one") + client.seal(b"two") + client.seal(b"three")
    engine.feed(whole[:-1])
    assert (engine.unseal(), engine.pending) == (b"one", True)
    assert (engine.unseal(), engine.pending) == (b"two", True)
    assert (engine.unseal(), engine.pending) == (None, False)
    engine.feed(whole[-1:] + client.seal(b"four"))
    assert (engine.unseal(), engine.pending) == (b"three", True)
    # More has come before the rest was looked at.
    engine.feed(client.seal(b"five"))
    assert (engine.unseal(), engine.unseal(), engine.unseal()) == (b"four", b"five", None)


@pytest.mark.parametrize("size", [1, RECORD, RECORD + 1, 200_000])
def test_bodies_of_any_size_go_both_ways(begin: Begin, size: int) -> None:
    client = Client()
    engine = connected(begin, client)
    body = bytes(number % 251 for number in range(size))
    sealed = client.seal(body)
    # More comes while what has come before waits.
    for at in range(0, len(sealed), 60_000):
        engine.feed(sealed[at : at + 60_000])
    got = b""
    while (piece := engine.unseal()) is not None:
        got += piece
    assert got == body
    assert client.unseal(engine.seal(body)) == body


def test_connections_do_not_hear_each_other(begin: Begin) -> None:
    clients = [Client() for _ in range(3)]
    engines = [connected(begin, client) for client in clients]
    whole = [client.seal(b"of %d" % number) for number, client in enumerate(clients)]
    for engine, data in zip(engines, whole, strict=True):
        engine.feed(data[:9])
        assert engine.unseal() is None
    for engine, data in zip(engines, whole, strict=True):
        engine.feed(data[9:])
    assert [engine.unseal() for engine in engines] == [b"of 0", b"of 1", b"of 2"]


def test_the_end_of_a_peer_is_told_behind_its_last_words(begin: Begin) -> None:
    client = Client()
    engine = connected(begin, client)
    engine.feed(client.seal(b"the last") + client.say_goodbye())
    assert (engine.unseal(), engine.unseal(), engine.unseal()) == (b"the last", b"", b"")
    assert client.unseal(engine.seal(b"yet an answer")) == b"yet an answer"


def test_a_peer_that_was_told_the_end_is_still_heard(begin: Begin) -> None:
    client = Client()
    engine = connected(begin, client)
    late = client.seal(b"too late")
    assert client.unseal(engine.say_goodbye()) == b""
    engine.feed(late)
    assert engine.unseal() == b"too late"


def test_what_nobody_has_sealed_costs_its_own_connection_only(begin: Begin) -> None:
    bad, good = Client(), Client()
    broken, whole = connected(begin, bad), connected(begin, good)
    sealed = bad.seal(b"some words")
    broken.feed(sealed[:-1] + bytes((sealed[-1] ^ 1,)))
    with pytest.raises(ssl.SSLError):
        broken.unseal()
    # The library's errors are of the thread, and not of a connection.
    whole.feed(good.seal(b"good words")[:-1])
    assert whole.unseal() is None
    with pytest.raises(ssl.SSLError, match=r"(?i)bad record mac"):
        bad.unseal(broken.take())


def test_a_handshake_that_fails_says_why(begin: Begin) -> None:
    context = believing()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    client, engine = Client(context), begin()
    engine.feed(client.shake_hands())
    with pytest.raises(ssl.SSLError):
        engine.shake_hands()
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake failure"):
        client.shake_hands(engine.take())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_is_known_what_was_agreed_on(begin: Begin, version: ssl.TLSVersion) -> None:
    context = believing()
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    first = Client(context)
    engine = connected(begin, first)
    name = "TLS_AES_128_GCM_SHA256" if version is ssl.TLSVersion.TLSv1_3 else "ECDHE-ECDSA-AES128-GCM-SHA256"
    assert (engine.protocol, engine.alpn, engine.resumed) == (first.tls.version(), "http/1.1", False)
    assert engine.cipher == name or LIBRARY is None
    assert engine.certificate is None


def records(data: bytes) -> int:
    """How many there are, whole ones alone."""
    count = 0
    while data:
        size = 5 + int.from_bytes(data[3:5])
        assert len(data) >= size
        data = data[size:]
        count += 1
    return count


def test_what_is_to_be_sent_waits_until_it_is_taken(begin: Begin) -> None:
    said = []
    for waits in (False, True):
        client, engine = Client(), begin()
        engine.feed(client.shake_hands())
        assert not engine.shake_hands()
        first = b"" if waits else engine.take()
        engine.feed(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError):
            engine.shake_hands()
        said.append(records(first + engine.take()))
        assert not engine.take()
    assert said[0] == said[1]


def test_nothing_is_sealed_for_a_peer_that_no_key_was_agreed_on_with(begin: Begin) -> None:
    with pytest.raises(ssl.SSLError):
        begin().seal(b"a secret")


def test_connections_that_are_over_leave_nothing_in_memory(begin: Begin) -> None:
    for _ in range(100):
        begin()
    before = resident()
    for _ in range(2000):
        begin()
    # Each would keep some 7 KB.
    assert resident() - before < 5 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_a_connection_has_a_hold_on_what_it_was_made_from() -> None:
    context = server_context(Recipe([PAIR], None, TICKETS.current), LIBRARY)
    quick = LIBRARY.beginning(context) if LIBRARY is not None else None
    if quick is None:
        pytest.skip("the engines of the library are not compiled")
    held = weakref.ref(context)
    engine = quick()
    del context, quick
    gc.collect()
    assert held() is not None
    del engine
    gc.collect()
    assert held() is None


def test_a_session_is_resumed(begin: Begin) -> None:
    context = believing()
    first = Client(context)
    connected(begin, first)
    assert connected(begin, Client(context, first.tls.session)).resumed


def test_before_the_handshake_no_cipher_was_agreed_on(begin: Begin) -> None:
    assert begin().cipher == ""


def test_without_alpn_nothing_was_agreed_on(begin: Begin) -> None:
    assert connected(begin, Client()).alpn == ""

"""What a source says first, held back from an assembly."""

import asyncio

import pytest

from discovery.assemble.assembly import Assembly
from discovery.source import Sink, Translation
from ingress.cli.first_word import FirstWord
from ingress.cli.plane import Plane
from ingress.model.backend import Backend
from ingress.model.change import PutListener
from ingress.model.listener import TcpListener
from ingress.model.route import Origin

ORIGIN = Origin("b", "service", "n", "db")
PORT = TcpListener(3306, "db", ORIGIN)


def test_what_a_source_says_before_it_has_synced_comes_in_one_piece() -> None:
    assembly = Assembly(("a", "b"))
    sink = FirstWord(assembly)
    sink.put(ORIGIN, Translation(listeners=(PORT,)))
    sink.put_backend("b", Backend("db"))
    assert not assembly.take_changes()
    sink.synced("b")
    assert PutListener(PORT) in assembly.take_changes()
    assert assembly.unsynced() == ("a",)


def test_what_is_gone_before_the_sync_was_never_there() -> None:
    assembly = Assembly(("a", "b"))
    sink = FirstWord(assembly)
    sink.put(ORIGIN, Translation(listeners=(PORT,)))
    sink.drop(ORIGIN)
    sink.drop_backend("b", "db")
    sink.synced("b")
    assert not assembly.take_changes()


def test_after_the_sync_all_is_handed_on_at_once() -> None:
    assembly = Assembly(("a", "b"))
    sink = FirstWord(assembly)
    sink.synced("b")
    sink.put(ORIGIN, Translation(listeners=(PORT,)))
    assert assembly.origins() == (ORIGIN,)
    sink.drop(ORIGIN)
    assert assembly.origins() == ()


class Halfway:
    """A source that says one thing and never syncs."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self, sink: Sink) -> None:
        sink.put(Origin(self.name, "service", "n", "db"), Translation(listeners=(PORT,)))


@pytest.mark.parametrize(("names", "told"), [(("a", "b"), 0), (("b",), 1)])
def test_only_beside_others_a_source_is_held_back(names: tuple[str, ...], told: int) -> None:
    plane = Plane([Halfway(name) for name in names], None)
    asyncio.run(plane.run("b"))
    assert len(plane.take_changes()) == told

"""Whatever happened on the way: the table is that of a fresh start."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from discovery.consul.instance import Instance
from discovery.consul.registry import RegistryOptions
from tests.unit.consul.conftest import Book, instance

Step = tuple[int, int, str]
"""A service, an instance of it, and what becomes of that."""
FATES = ("served", "heavy", "critical", "other host", "refers", "silent", "gone")


def made(service: int, number: int, fate: str) -> Instance:
    """An instance of a service. Which instance is older does not depend on when it was put."""
    wishes = {"enable": "true", "host": f"h{service}.org"}
    if fate == "other host":
        wishes["host"] = f"h{service + 1}.org"
    elif fate == "refers":
        wishes["use-backend"] = f"s{service // 2}"
    elif fate == "silent":
        wishes["enable"] = "false"
    weight = {"heavy": 5, "critical": 0}.get(fate, 1)
    named: dict[str, Any] = {name.replace("-", "_"): text for name, text in wishes.items()}
    return instance(f"i{number}", at=f"10.0.0.{number + 1}", weight=weight, created=number + 1, **named)


class Catalog:
    """What Consul would say, and a book that is told of each change."""

    def __init__(self) -> None:
        self.services: dict[int, dict[int, Instance]] = {}
        self.book = Book(RegistryOptions("consul"))
        self.book.complete()

    def play(self, steps: Iterable[Step]) -> None:
        for service, number, fate in steps:
            instances = self.services.setdefault(service, {})
            if fate == "gone":
                instances.pop(number, None)
            else:
                instances[number] = made(service, number, fate)
            self._tell(service)

    def _tell(self, service: int) -> None:
        if self.services[service]:
            self.book.put(f"s{service}", *self.services[service].values())
        else:
            del self.services[service]
            self.book.drop(f"s{service}")


def fresh(services: Mapping[int, Mapping[int, Instance]]) -> Book:
    """A book that is told only what there is in the end."""
    book = Book(RegistryOptions("consul"))
    for service in sorted(services):
        book.put(f"s{service}", *services[service].values())
    book.complete()
    return book


def told(book: Book) -> tuple[object, ...]:
    """All that a book says."""
    book.table.take_changes()
    hosts = {host.name: host for host in book.table.hosts()}
    return hosts, book.servers, book.problems, set(book.table.origins())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.sampled_from(FATES)), max_size=60))
def test_incremental_equals_full(steps: list[Step]) -> None:
    catalog = Catalog()
    catalog.play(steps)
    assert told(catalog.book) == told(fresh(catalog.services))


def test_1000_services_in_random_order_and_10000_changes_end_as_a_fresh_start() -> None:
    dice = random.Random(4)
    catalog = Catalog()
    first = [(service, number, "served") for service in range(1000) for number in range(2)]
    dice.shuffle(first)
    catalog.play(first)
    catalog.play((dice.randrange(1000), dice.randrange(2), dice.choice(FATES)) for _ in range(10_000))
    assert told(catalog.book) == told(fresh(catalog.services))
    assert len(catalog.book.routes) > 500

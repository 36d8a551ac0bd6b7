"""A change costs what it changes, whether there are ten objects or ten thousand."""

from time import perf_counter
from typing import Any

from discovery.assemble import Assembly

MANY = 10_000


def filled(facts: Any, count: int) -> Assembly:
    assembly = Assembly(("kubernetes",))
    for number in range(count):
        name = f"shop-{number}"
        origin = facts.origin(name)
        assembly.put(origin, facts.asks(origin, f"{name}.example.com/", backend=name))
        assembly.put_backend("kubernetes", facts.backend(name, *(f"10.0.0.{host}" for host in range(5))))
    assembly.take_changes()
    return assembly


def test_a_change_to_one_of_ten_thousand_is_one_message_and_as_cheap_as_to_one_of_ten(facts: Any) -> None:
    small, big = filled(facts, 10), filled(facts, MANY)
    assert best(facts, big) < 10 * best(facts, small)


def best(facts: Any, assembly: Assembly) -> float:
    """Seconds for one change of an object and one of its servers, at best."""
    origin = facts.origin("shop-7")
    times = []
    for turn in range(200):
        translation = facts.asks(origin, f"shop-7.example.com/{turn}", backend="shop-7")
        backend = facts.backend("shop-7", f"10.0.1.{turn}")
        start = perf_counter()
        assembly.put(origin, translation)
        assembly.put_backend("kubernetes", backend)
        changes = assembly.take_changes()
        times.append(perf_counter() - start)
        assert [type(change).__name__ for change in changes] == ["PutServers", "PutHost"]
    return min(times)

"""A flawed object keeps its last good version; one whose guard cannot be read is closed."""

from typing import Any

from discovery.assemble import Assembly
from ingress.model.backend import BackendSettings
from ingress.model.problem import Problem


def flaw(origin: Any, *, closes: bool = False) -> Problem:
    return Problem(origin, "headgate.dev/balance", "unknown algorithm", closes=closes)


def test_a_flawed_version_leaves_the_last_good_one_in_force(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/"))
    worker.apply(assembly.take_changes())
    assembly.put(shop, facts.asks(shop, "shop.example.com/new", problems=[flaw(shop)], flawed=True))
    assert assembly.take_changes() == []
    assert worker.owner("shop.example.com/") == "shop"
    assert assembly.held() == (shop,)
    assert [problem.reason for problem in assembly.problems()] == [
        "unknown algorithm; the last good version stays in force"
    ]


def test_the_next_good_version_is_in_force_at_once(assembly: Assembly, facts: Any, worker: Any) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/"))
    assembly.put(shop, facts.asks(shop, "shop.example.com/bad", problems=[flaw(shop)], flawed=True))
    assembly.put(shop, facts.asks(shop, "shop.example.com/good"))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/good") == "shop"
    assert (assembly.held(), assembly.problems()) == ((), ())


def test_a_flawed_version_counts_where_there_never_was_a_good_one(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    for path in ("one", "two"):
        assembly.put(shop, facts.asks(shop, f"shop.example.com/{path}", problems=[flaw(shop)], flawed=True))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/two") == "shop"
    assert worker.owner("shop.example.com/one") == ""
    assert [problem.reason for problem in assembly.problems()] == ["unknown algorithm"]


def test_a_guard_that_cannot_be_read_closes_the_route_whatever_was_good(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/"))
    closing = [flaw(shop, closes=True)]
    for flawed in (False, True):
        version = facts.asks(shop, "shop.example.com/", problems=closing, flawed=flawed, closed="unreadable")
        assembly.put(shop, version)
        worker.apply(assembly.take_changes())
        assert worker.hosts["shop.example.com"].routes[0].policy.closed == "unreadable"
        assert assembly.held() == ()


def test_after_a_closed_version_the_last_good_one_is_still_known(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/good"))
    assembly.put(shop, facts.asks(shop, "shop.example.com/", problems=[flaw(shop, closes=True)], closed="no"))
    assembly.put(shop, facts.asks(shop, "shop.example.com/bad", problems=[flaw(shop)], flawed=True))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/good") == "shop"
    assert worker.hosts["shop.example.com"].routes[0].policy.closed == ""


def test_an_object_made_anew_under_an_old_name_inherits_nothing(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "old.example.com/", created="2024"))
    assembly.put(
        shop, facts.asks(shop, "new.example.com/", created="2025", problems=[flaw(shop)], flawed=True)
    )
    worker.apply(assembly.take_changes())
    assert worker.hosts.keys() == {"new.example.com"}


def test_a_flawed_backend_keeps_its_settings_and_has_its_new_servers(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    good, fallback = BackendSettings(tries=7), BackendSettings()
    assembly.put_backend("kubernetes", facts.backend("shop", "10.0.0.1", settings=good))
    worker.apply(assembly.take_changes())
    assembly.put_backend(
        "kubernetes",
        facts.backend("shop", "10.0.0.2", settings=fallback),
        (flaw(facts.origin("shop")),),
        flawed=True,
    )
    worker.apply(assembly.take_changes())
    assert worker.backends["shop"].settings == good
    assert [server.host for server in worker.backends["shop"].servers] == ["10.0.0.2"]
    assert [problem.reason for problem in assembly.problems()] == [
        "unknown algorithm; the settings it had last stay in force"
    ]


def test_a_backend_stays_while_a_version_in_force_uses_it(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/", backend="old"))
    assembly.put_backend("kubernetes", facts.backend("old", "10.0.0.1"))
    worker.apply(assembly.take_changes())
    assembly.put(
        shop, facts.asks(shop, "shop.example.com/", backend="new", problems=[flaw(shop)], flawed=True)
    )
    assembly.drop_backend("kubernetes", "old")
    worker.apply(assembly.take_changes())
    assert worker.backends.keys() == {"old"}
    assembly.put(shop, facts.asks(shop, "shop.example.com/", backend="new"))
    worker.apply(assembly.take_changes())
    assert worker.backends == {}


def test_a_dropped_object_leaves_nothing_behind(assembly: Assembly, facts: Any) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/", problems=[flaw(shop)], flawed=True))
    assembly.take_changes()
    assembly.drop(shop)
    assembly.take_changes()
    assert (assembly.hosts(), assembly.problems(), assembly.origins()) == ((), (), ())

"""Who has a path that several objects ask for."""

from typing import Any

from discovery.assemble import Assembly
from discovery.source import LAST, Claim, Translation
from ingress.model.condition import Call, Condition, Criterion, Match, Term
from ingress.model.route import Origin, PathKind, Route

OLD, NEW = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"


def test_the_oldest_object_has_the_path_whatever_came_first(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    young, old = facts.origin("young"), facts.origin("old")
    assembly.put(young, facts.asks(young, "shop.example.com/", created=NEW))
    assembly.put(old, facts.asks(old, "shop.example.com/", created=OLD))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "old"


def test_the_loser_is_told_who_has_won_and_why(assembly: Assembly, facts: Any) -> None:
    young, old = facts.origin("young", "team-b"), facts.origin("old")
    assembly.put(young, facts.asks(young, "shop.example.com/blog", created=NEW))
    assembly.put(old, facts.asks(old, "shop.example.com/blog", created=OLD))
    assert [str(problem) for problem in assembly.problems()] == [
        "ingress team-b/young: prefix path /blog of host shop.example.com "
        "belongs to ingress team-a/old, which is older"
    ]


def test_the_loser_takes_over_when_the_winner_goes_and_has_no_problem_then(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    young, old = facts.origin("young"), facts.origin("old")
    assembly.put(old, facts.asks(old, "shop.example.com/", created=OLD))
    assembly.put(young, facts.asks(young, "shop.example.com/", created=NEW))
    worker.apply(assembly.take_changes())
    assembly.drop(old)
    changes = assembly.take_changes()
    worker.apply(changes)
    assert len(changes) == 1
    assert worker.owner("shop.example.com/") == "young"
    assert assembly.problems() == ()


def test_the_loser_takes_over_when_the_winner_asks_for_something_else(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    young, old = facts.origin("young"), facts.origin("old")
    assembly.put(old, facts.asks(old, "shop.example.com/", created=OLD))
    assembly.put(young, facts.asks(young, "shop.example.com/", created=NEW))
    assembly.put(old, facts.asks(old, "other.example.com/", created=OLD))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "young"
    assert worker.owner("other.example.com/") == "old"


def test_different_paths_of_one_host_are_no_conflict(assembly: Assembly, facts: Any, worker: Any) -> None:
    one, two = facts.origin("one"), facts.origin("two")
    assembly.put(one, facts.asks(one, "shop.example.com/"))
    assembly.put(two, facts.asks(two, "shop.example.com/blog"))
    worker.apply(assembly.take_changes())
    assert [worker.owner(f"shop.example.com/{path}") for path in ("", "blog")] == ["one", "two"]
    assert assembly.problems() == ()


def test_an_object_without_an_age_is_younger_than_all_others(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    ageless, dated = facts.origin("a"), facts.origin("z")
    assembly.put(ageless, facts.asks(ageless, "shop.example.com/"))
    assembly.put(dated, facts.asks(dated, "shop.example.com/", created=NEW))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "z"


def test_among_equals_the_first_source_counts_and_then_the_name(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    file = facts.origin("a", source="files")
    last, first = facts.origin("z"), facts.origin("b")
    for origin in (file, last, first):
        assembly.put(origin, facts.asks(origin, "shop.example.com/"))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "b"
    assembly.drop(first)
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "z"


def test_an_object_that_asks_twice_for_one_path_has_the_first(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    origin = facts.origin("shop")
    first = facts.asks(origin, "shop.example.com/", backend="first").claims
    second = facts.asks(origin, "shop.example.com/", backend="second").claims
    both = facts.asks(origin)
    assembly.put(origin, type(both)((*first, *second)))
    worker.apply(assembly.take_changes())
    assert worker.hosts["shop.example.com"].routes[0].backend == "first"
    assert [problem.reason for problem in assembly.problems()] == [
        "prefix path / of host shop.example.com is asked for twice; the first one counts"
    ]


def test_a_port_has_the_oldest_too(assembly: Assembly, facts: Any, worker: Any) -> None:
    young, old = facts.origin("young"), facts.origin("old")
    assembly.put(young, facts.asks(young, ports=(3306,), created=NEW))
    assembly.put(old, facts.asks(old, ports=(3306,), created=OLD))
    worker.apply(assembly.take_changes())
    assert worker.ports[3306].origin == old
    assert [str(problem) for problem in assembly.problems()] == [
        "ingress team-a/young: TCP port 3306 belongs to ingress team-a/old, which is older"
    ]
    assembly.drop(old)
    worker.apply(assembly.take_changes())
    assert worker.ports[3306].origin == young


def test_what_asks_to_be_last_comes_after_what_has_no_age(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    last, ageless = facts.origin("a"), facts.origin("z")
    assembly.put(last, facts.asks(last, "shop.example.com/", created=LAST))
    assembly.put(ageless, facts.asks(ageless, "shop.example.com/"))
    worker.apply(assembly.take_changes())
    assert worker.owner("shop.example.com/") == "z"


def test_one_path_under_different_conditions_is_no_conflict(assembly: Assembly, facts: Any) -> None:
    one, two = facts.origin("one"), facts.origin("two")
    for origin, fetch in ((one, "ssl_fc"), (two, "always_true"), (facts.origin("three"), "ssl_fc")):
        when = Condition(((Term((Criterion(Call(fetch), Match.BOOL),)),),))
        route = Route(PathKind.PREFIX, "/", "shop", origin, when=when)
        assembly.put(origin, Translation((Claim("shop.example.com", route),), created=OLD))
    assembly.take_changes()
    [host] = assembly.hosts()
    assert {route.origin.name for route in host.routes} == {"one", "two"}
    assert [str(problem) for problem in assembly.problems()] == [
        "ingress team-a/three: prefix path / of host shop.example.com under the same condition "
        "belongs to ingress team-a/one, which comes first by name"
    ]


def test_a_prefix_by_element_and_one_by_character_are_in_conflict(assembly: Assembly, facts: Any) -> None:
    old, young = facts.origin("old"), facts.origin("young")
    assembly.put(old, facts.asks(old, "shop.example.com/a", created=OLD))
    route = Route(PathKind.BEGINS, "/a", "shop", young)
    assembly.put(young, Translation((Claim("shop.example.com", route),), created=NEW))
    assert [str(problem) for problem in assembly.problems()] == [
        "ingress team-a/young: prefix path /a of host shop.example.com belongs to ingress team-a/old, "
        "which is older"
    ]


def conditional(origin: Origin, priority: int = 0) -> Translation:
    """A route that asks for TLS besides."""
    when = Condition(((Term((Criterion(Call("ssl_fc"), Match.BOOL),)),),))
    route = Route(PathKind.PREFIX, "/", "shop", origin, when=when, priority=priority)
    return Translation((Claim("shop.example.com", route),))


def test_a_path_that_two_sources_share_by_a_condition_is_told_to_both(assembly: Assembly, facts: Any) -> None:
    ours, theirs = facts.origin("ours"), facts.origin("theirs", source="files")
    assembly.put(ours, facts.asks(ours, "shop.example.com/", created=OLD))
    assembly.put(theirs, conditional(theirs))
    what = "prefix path / of host shop.example.com is asked for by ingress"
    assert [str(problem) for problem in assembly.problems()] == [
        f"ingress team-a/theirs: {what} team-a/ours of kubernetes too, which gets all that does not meet it",
        f"ingress team-a/ours: {what} team-a/theirs of files too, which gets what meets its condition",
    ]
    assembly.drop(theirs)
    assert assembly.problems() == ()
    assembly.put(theirs, conditional(theirs))
    assembly.drop(ours)
    assert assembly.problems() == ()


def test_a_route_with_a_condition_that_never_gets_a_request_is_told(assembly: Assembly, facts: Any) -> None:
    ours, theirs = facts.origin("ours"), facts.origin("theirs", source="files")
    assembly.put(ours, facts.asks(ours, "shop.example.com/", created=OLD))
    assembly.put(theirs, conditional(theirs, priority=1))
    assert [str(problem) for problem in assembly.problems()] == [
        "ingress team-a/theirs: prefix path / of host shop.example.com is asked for by ingress "
        "team-a/ours of kubernetes too, which gets all: its priority is higher"
    ]


def test_within_one_source_a_condition_on_a_path_of_another_is_meant(assembly: Assembly, facts: Any) -> None:
    plain, other = facts.origin("plain"), facts.origin("other")
    assembly.put(plain, facts.asks(plain, "shop.example.com/", created=OLD))
    assembly.put(other, conditional(other))
    assert assembly.problems() == ()

"""Rivals: why a route has a request, and why those that look as if they could have it have not."""

import pytest

from ingress.acl.grammar import parse_rules
from ingress.explain.rivals import Rival, hints, host_names, rivals
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.route.table import Table

HERE = "www.example.com"


def hosts(*paths: tuple[str, PathKind, str]) -> dict[str, Host]:
    """Hosts by name, of (host, kind, path)."""
    found: dict[str, list[Route]] = {}
    for host, kind, path in paths:
        origin = Origin("test", "ingress", "default", f"{kind}-{path}")
        found.setdefault(host, []).append(Route(kind, path, "backend", origin))
    return {name: Host(name, tuple(routes)) for name, routes in found.items()}


def decided(known: dict[str, Host], path: bytes) -> list[Rival]:
    """The rivals, after the table has decided; no condition holds."""
    table: Table[Route] = Table()
    for host in known.values():
        table.put(host, host.routes, [None if route.when is None else never for route in host.routes])
    winner = table.find(HERE.encode(), path) or table.decide(HERE.encode(), path, None, None)
    return rivals(known, HERE, path, winner, lambda _: False)


def never(request: object, client: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("rival", "path", "why"),
    [
        ((HERE, PathKind.PREFIX, "/blogs"), b"/blogsx", "prefixes are compared by element, and /blogsx is"),
        ((HERE, PathKind.EXACT, "/blog"), b"/blog/", "the slash at the end is the difference"),
        ((HERE, PathKind.EXACT, "/blog"), b"/blog/x", "it takes /blog exactly, and nothing else"),
        ((HERE, PathKind.PREFIX, "/Blog"), b"/blog", "upper and lower case differ"),
        ((HERE, PathKind.PREFIX, "/café"), b"/caf%c3%a9", "%XX is not decoded"),
        (("*.example.com", PathKind.EXACT, "/blog"), b"/blog", 'the host "www.example.com" is more exact'),
        (("", PathKind.FALLBACK, "/"), b"/blog", "it takes what no other route takes"),
        (("", PathKind.PREFIX, "/blog"), b"/blog", 'the host "www.example.com" is more exact'),
    ],
)
def test_a_route_that_looks_as_if_it_could_have_a_request_is_told_why_not(
    rival: tuple[str, PathKind, str], path: bytes, why: str
) -> None:
    winner, *losers = decided(hosts((HERE, PathKind.PREFIX, "/"), rival), path)
    assert (winner.route.path, winner.why) == ("/", "")
    assert [loser.route.path for loser in losers] == [rival[2]]
    assert why in losers[0].why


def test_a_longer_path_and_an_exact_one_go_before_others() -> None:
    known = hosts(
        (HERE, PathKind.PREFIX, "/a/b"), (HERE, PathKind.PREFIX, "/a"), (HERE, PathKind.EXACT, "/a/b")
    )
    winner, *losers = decided(known, b"/a/b")
    assert winner.route.kind is PathKind.EXACT
    assert [(loser.route.path, loser.why) for loser in losers] == [
        ("/a/b", "/a/b is exactly the path"),
        ("/a", "/a/b is exactly the path"),
    ]


def test_what_has_nothing_to_do_with_a_request_is_not_named() -> None:
    known = hosts((HERE, PathKind.PREFIX, "/a"), (HERE, PathKind.PREFIX, "/z"), (HERE, PathKind.EXACT, "/q"))
    assert len(decided(known, b"/a/x")) == 1


def test_where_there_is_nothing_at_all_it_says_who_tells_why() -> None:
    [hint] = hints([], {}, HERE)
    assert hint.startswith(
        "there are no routes at all; headgate check tells which objects are of another class"
    )
    assert [*hints([HERE], {}, HERE)] == []


def test_the_paths_of_the_host_are_named_where_none_takes_the_request() -> None:
    known = hosts((HERE, PathKind.PREFIX, "/z"), (HERE, PathKind.EXACT, "/q"))
    assert [*hints([HERE], known, HERE)] == [f"{HERE} takes exact /q, prefix /z"]
    many = hosts(*((HERE, PathKind.EXACT, f"/{number:02}") for number in range(23)))
    [hint] = hints([HERE], many, HERE)
    assert hint.endswith("exact /18, exact /19 and 3 more")


def test_a_name_of_more_labels_than_a_star_stands_for_gets_a_hint() -> None:
    assert [*hints(["*.example.com", HERE], {}, "a.b.example.com")] == [
        '"*.example.com" is there, but the star stands for one label alone'
    ]


def test_conditions_and_priorities_are_named() -> None:
    (when,) = [rule.condition for rule in parse_rules("deny if METH_POST", {})]
    origin = Origin("test", "ingress", "default", "web")
    posts = Route(PathKind.EXACT, "/a", "posts", origin, when=when)
    high = Route(PathKind.PREFIX, "/", "high", origin, priority=5)
    (_, *losers) = decided(
        {HERE: Host(HERE, (posts, high, Route(PathKind.EXACT, "/a", "low", origin)))}, b"/a"
    )
    assert sorted(loser.why for loser in losers) == [
        "it asks for more: if METH_POST",
        "it has priority 5, and the other has 0",
    ]


def test_the_names_of_a_host_come_in_the_order_of_the_table() -> None:
    assert host_names(HERE) == (HERE, "*.example.com", "**.example.com", "**.com", "")
    assert host_names("localhost") == ("localhost", "")

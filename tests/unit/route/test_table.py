"""Which route takes a request: the most specific host, then the exact path, then the longest prefix."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.model.route import Host, Origin, PathKind, Route
from ingress.route.table import Table

ORIGIN = Origin("test", "ingress", "ns", "name")


def host(name: str, *paths: str) -> Host:
    """`= /a` exact, `/a` prefix, `*` fallback."""
    return Host(name, tuple(map(route, paths)))


def route(path: str) -> Route:
    if path == "*":
        return Route(PathKind.FALLBACK, "/", "b", ORIGIN)
    if path.startswith("= "):
        return Route(PathKind.EXACT, path[2:], "b", ORIGIN)
    return Route(PathKind.PREFIX, path, "b", ORIGIN)


def written(route: Route) -> str:
    return {PathKind.EXACT: "= " + route.path, PathKind.FALLBACK: "*"}.get(route.kind, route.path)


def table(*hosts: Host) -> Table[str]:
    made: Table[str] = Table()
    for each in hosts:
        made.put(each, [f"{each.name} {written(route)}" for route in each.routes])
    return made


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/", "a /"),
        (b"/x", "a /"),
        (b"/blog", "a = /blog"),
        (b"/blog/", "a /blog"),
        (b"/blog/x", "a /blog"),
        (b"/blogx", "a /"),
        (b"/blog/new", "a /blog/new"),
        (b"/blog/new/", "a /blog/new"),
        (b"/blog/newer", "a /blog"),
        (b"/shop", "a /shop/"),
        (b"/shop/", "a /shop/"),
        (b"/shopping", "a /"),
        (b"//blog", "a /"),
        (b"/Blog", "a /"),
        (b"/%62log", "a /"),
        (b"*", "a /"),
    ],
)
def test_exact_comes_before_the_longest_prefix_by_element(path: bytes, expected: str) -> None:
    assert table(host("a", "/", "/blog", "= /blog", "/blog/new", "/shop/")).find(b"a", path) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"www.example.com", "www.example.com /"),
        (b"api.example.com", "*.example.com /"),
        (b"a.b.example.com", " /"),
        (b"b.www.example.com", " /"),
        (b"example.com", " /"),
        (b".example.com", " /"),
        (b"other", " /"),
        (b"", " /"),
    ],
)
def test_an_exact_host_comes_before_one_label_before_any_host(name: bytes, expected: str) -> None:
    made = table(host("", "/"), host("*.example.com", "/"), host("www.example.com", "/"))
    assert made.find(name, b"/x") == expected


def test_a_path_that_the_most_specific_host_does_not_take_is_the_next_ones() -> None:
    made = table(host("www.example.com", "/a"), host("*.example.com", "= /b"), host("", "/"))
    assert made.find(b"www.example.com", b"/a/x") == "www.example.com /a"
    assert made.find(b"www.example.com", b"/b") == "*.example.com = /b"
    assert made.find(b"www.example.com", b"/b/x") == " /"


def test_fallbacks_take_what_no_route_of_any_host_takes() -> None:
    made = table(host("www.example.com", "/a", "*"), host("*.example.com", "*"), host("", "/b", "*"))
    assert made.find(b"www.example.com", b"/b") == " /b"
    assert made.find(b"www.example.com", b"/c") == "www.example.com *"
    assert made.find(b"api.example.com", b"/c") == "*.example.com *"
    assert made.find(b"other", b"/c") == " *"


def test_nothing_takes_what_nobody_asked_for() -> None:
    made = table(host("www.example.com", "/a"))
    assert made.find(b"www.example.com", b"/b") is None
    assert made.find(b"www.example.com", b"*") is None
    assert made.find(b"other", b"/a") is None
    assert Table[str]().find(b"", b"/") is None


def test_a_host_is_replaced_whole_and_dropped_whole() -> None:
    made = table(host("a", "/x", "*"), host("*.b", "/x"), host("", "/x"))
    made.put(host("a", "/y"), ["new"])
    assert made.find(b"a", b"/y") == "new"
    assert made.find(b"a", b"/x") == " /x"
    assert made.find(b"a", b"/z") is None
    for name in ("a", "*.b", "", "unknown", "*.unknown"):
        made.drop(name)
    for asked in (b"a", b"c.b", b""):
        assert made.find(asked, b"/x") is None


def test_a_slash_at_the_end_makes_no_other_prefix_and_the_order_does_not_matter() -> None:
    for paths in (("/a", "/a/"), ("/a/", "/a")):
        assert table(host("h", *paths)).find(b"h", b"/a/x") == "h /a"


def test_a_path_beyond_ascii_is_taken_as_clients_send_it() -> None:
    made = table(host("h", "/stra\u00dfe", "= /100%"))
    assert made.find(b"h", b"/stra%C3%9Fe/1") == "h /stra\u00dfe"
    assert made.find(b"h", b"/100%") == "h = /100%"


def test_each_route_needs_its_target() -> None:
    with pytest.raises(ValueError, match="argument"):
        Table[str]().put(host("a", "/", "/x"), ["one"])


def test_thousands_of_slashes_cost_a_look_up_for_each_length_of_prefix_and_no_more() -> None:
    class Path(bytes):
        slices = 0

        def __getitem__(self, key: object) -> bytes:  # type: ignore[override]
            Path.slices += 1
            return bytes.__getitem__(self, key)  # type: ignore[call-overload, no-any-return]

    made = table(host("h", "/a", "/b", "/a/b", "= /c"))
    assert made.find(b"h", Path(b"/" * 8000)) is None
    assert Path.slices <= 4


names = st.sampled_from(["", "a.c", "b.c", "x.a.c", "*.c", "*.a.c", "c"])
paths = st.lists(st.sampled_from(["", "a", "b", "ab"]), max_size=4).map(lambda parts: "/" + "/".join(parts))
kinds = st.sampled_from(list(PathKind))
Routes = dict[str, dict[tuple[PathKind, str], str]]


def normal(pair: tuple[PathKind, str]) -> tuple[PathKind, str]:
    """What makes two routes of a host the same, so that there is one right answer."""
    kind, path = pair
    if kind is PathKind.FALLBACK:
        return kind, "/"
    return kind, path.removesuffix("/") if kind is PathKind.PREFIX else path


@st.composite
def routings(draw: st.DrawFn) -> list[Host]:
    made = []
    for name in draw(st.lists(names, unique=True, max_size=5)):
        pairs = draw(st.lists(st.tuples(kinds, paths), unique_by=normal, max_size=8))
        made.append(Host(name, tuple(Route(kind, path, "b", ORIGIN) for kind, path in pairs)))
    return made


def matching(hosts: Sequence[Host], name: str) -> list[Host]:
    wildcard = "*." + name.partition(".")[2] if name.partition(".")[0] and "." in name else None
    order = [name, wildcard, ""]
    return sorted((each for each in hosts if each.name in order), key=lambda each: order.index(each.name))


def takes(route: Route, path: str) -> tuple[bool, int] | None:
    """How well a route takes a path, written down as the Ingress documentation has it."""
    if route.kind is PathKind.EXACT:
        return (True, 0) if route.path == path else None
    prefix = route.path.removesuffix("/").split("/")
    if route.kind is PathKind.PREFIX and path.split("/")[: len(prefix)] == prefix:
        return False, len(prefix)
    return None


def naive(hosts: Sequence[Host], name: str, path: str) -> str | None:
    for each in matching(hosts, name):
        ranked = [(how, written(route)) for route in each.routes if (how := takes(route, path))]
        if ranked:
            return f"{each.name} {max(ranked)[1]}"
    for each in matching(hosts, name):
        for route in each.routes:
            if route.kind is PathKind.FALLBACK:
                return f"{each.name} *"
    return None


@settings(max_examples=400, deadline=None, database=None)
@given(routings(), st.sampled_from(["", "a.c", "b.c", "x.a.c", "c", ".c", "d"]), paths)
def test_the_table_finds_what_a_naive_search_finds(hosts: list[Host], name: str, path: str) -> None:
    assert table(*hosts).find(name.encode(), path.encode()) == naive(hosts, name, path)

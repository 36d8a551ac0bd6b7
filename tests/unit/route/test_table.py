"""Which route takes a request: the most specific host, then the exact path, then the longest prefix."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.model.condition import Condition, Term
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


names = st.sampled_from(["", "a.c", "b.c", "x.a.c", "*.c", "*.a.c", "c", "**.c", "**.a.c"])
paths = st.lists(st.sampled_from(["", "a", "b", "ab"]), max_size=4).map(lambda parts: "/" + "/".join(parts))
kinds = st.sampled_from(list(PathKind))
Routes = dict[str, dict[tuple[PathKind, str], str]]


def normal(pair: tuple[PathKind, str]) -> tuple[PathKind, str]:
    """What makes two routes of a host the same, so that there is one right answer."""
    kind, path = pair
    if kind is PathKind.FALLBACK:
        return kind, "/"
    if path == "/" and kind is PathKind.BEGINS:
        return PathKind.PREFIX, ""
    return kind, path.removesuffix("/") if kind is PathKind.PREFIX else path


@st.composite
def routings(draw: st.DrawFn) -> list[Host]:
    made = []
    for name in draw(st.lists(names, unique=True, max_size=5)):
        pairs = draw(st.lists(st.tuples(kinds, paths), unique_by=normal, max_size=8))
        made.append(Host(name, tuple(Route(kind, path, "b", ORIGIN) for kind, path in pairs)))
    return made


def matching(hosts: Sequence[Host], name: str) -> list[Host]:
    first, dot, rest = name.partition(".")
    order = [name]
    if first and dot:
        labels = rest.split(".")
        order += [f"*.{rest}", *("**." + ".".join(labels[at:]) for at in range(len(labels)))]
    order.append("")
    return sorted((each for each in hosts if each.name in order), key=lambda each: order.index(each.name))


def takes(route: Route, path: str) -> tuple[bool, int, bool] | None:
    """How well a route takes a path, written down as the Ingress documentation has it."""
    if route.kind is PathKind.EXACT:
        return (True, 0, False) if route.path == path else None
    if route.kind is PathKind.BEGINS:
        return (False, len(route.path), False) if path.startswith(route.path) else None
    prefix = route.path.removesuffix("/")
    if route.kind is PathKind.PREFIX and f"{path}/".startswith(f"{prefix}/"):
        return False, len(prefix) or 1, True
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


# --- conditions and priorities


def put(made: Table[str], name: str, *routes: Route) -> None:
    """Conditions hold for the requests that are their number."""
    conditions = [holding(route) for route in routes]
    made.put(Host(name, routes), [f"{name} {shown(route)}" for route in routes], conditions)


def holding(route: Route) -> Callable[[object, object], bool] | None:
    if route.when is None:
        return None
    wanted = route.when.alternatives[0][0].name
    return lambda request, client: request == wanted


def when(name: str) -> Condition:
    return Condition(((Term((), name=name),),))


def shown(route: Route) -> str:
    name = route.when.alternatives[0][0].name if route.when else ""
    return " ".join(filter(None, (route.kind, route.path, name, str(route.priority or ""))))


def a_route(kind: PathKind, path: str, name: str = "", priority: int = 0) -> Route:
    return Route(kind, path, "b", ORIGIN, when=when(name) if name else None, priority=priority)


def decide(made: Table[str], host: str, path: str, request: str = "") -> str | None:
    found = made.find(host.encode(), path.encode())
    return made.decide(host.encode(), path.encode(), request, None) if found is None else found


BEGINS, EXACT, PREFIX = PathKind.BEGINS, PathKind.EXACT, PathKind.PREFIX


def test_a_prefix_by_character_ends_anywhere() -> None:
    made = table()
    put(made, "a", a_route(BEGINS, "/blog"), a_route(PREFIX, "/blog/new"))
    assert [decide(made, "a", path) for path in ("/blo", "/blogs", "/blog/newer", "/blog/new/x")] == [
        None,
        "a begins /blog",
        "a begins /blog",
        "a prefix /blog/new",
    ]


def test_two_stars_stand_for_any_number_of_labels_and_come_after_one_star() -> None:
    made = table(host("**.c", "/"), host("**.b.c", "/"), host("*.b.c", "/x"))
    asked = {"a.b.c": "/", "x.a.b.c": "/", "a.c": "/", "c": "/", ".c": "/"}
    assert [made.find(name.encode(), b"/") for name in asked] == [
        "**.b.c /",
        "**.b.c /",
        "**.c /",
        None,
        None,
    ]
    assert made.find(b"a.b.c", b"/x") == "*.b.c /x"


def test_where_a_condition_does_not_hold_the_next_route_is_asked() -> None:
    made = table(host("", "/"))
    put(made, "a", a_route(PREFIX, "/x/y", "beta"), a_route(PREFIX, "/x"), a_route(PREFIX, "/x", "gamma"))
    assert decide(made, "a", "/x/y", "beta") == "a prefix /x/y beta"
    assert decide(made, "a", "/x/y", "gamma") == "a prefix /x gamma"
    assert decide(made, "a", "/x/y") == "a prefix /x"
    assert decide(made, "a", "/y", "beta") == " /"


def test_a_priority_decides_in_place_of_the_path() -> None:
    made = table()
    put(made, "a", a_route(BEGINS, "/x", priority=50), a_route(EXACT, "/x/y", priority=40))
    assert decide(made, "a", "/x/y") == "a begins /x 50"


def test_a_slash_at_the_end_of_a_prefix_hides_no_path_from_its_priority() -> None:
    made = table()
    put(made, "a", a_route(EXACT, "/x", priority=1), a_route(PREFIX, "/x/", priority=2))
    assert decide(made, "a", "/x") == "a prefix /x/ 2"
    put(made, "a", a_route(EXACT, "/", priority=1), a_route(PREFIX, "//", priority=2))
    assert decide(made, "a", "/") == "a prefix // 2"


def test_a_priority_decides_between_hosts_only_among_those_that_have_one() -> None:
    made = table(host("plain", "/"))
    put(made, "a", a_route(PREFIX, "/", priority=10))
    put(made, "", a_route(PREFIX, "/x", priority=20), a_route(PREFIX, "/", "beta", priority=30))
    assert decide(made, "a", "/") == "a prefix / 10"
    assert decide(made, "a", "/x") == " prefix /x 20"
    assert decide(made, "a", "/x", "beta") == " prefix / beta 30"
    assert decide(made, "plain", "/x", "beta") == "plain /"


def test_a_host_with_conditions_is_replaced_by_one_without_and_dropped() -> None:
    made = table()
    put(made, "a", a_route(PREFIX, "/", "beta"))
    put(made, "a", a_route(PREFIX, "/x"))
    assert decide(made, "a", "/", "beta") is None
    put(made, "a", a_route(PREFIX, "/", "beta"))
    made.drop("a")
    assert decide(made, "a", "/", "beta") is None
    assert decide(made, "a", "/x") is None


@pytest.mark.parametrize(
    ("higher", "lower", "taken"),
    [
        ((PREFIX, "//"), (BEGINS, "/"), "/a"),
        ((PREFIX, "/a/"), (BEGINS, "/a"), "/ab"),
        ((BEGINS, "/a/"), (PREFIX, "/a/"), "/a"),
    ],
)
def test_a_route_keeps_what_one_of_a_higher_priority_does_not_take(
    higher: tuple[PathKind, str], lower: tuple[PathKind, str], taken: str
) -> None:
    made = table()
    put(made, "", a_route(*higher, "", 2), a_route(*lower, "", 1))
    assert decide(made, "", taken) == f" {shown(a_route(*lower, '', 1))}"


def normal_with_condition(triple: tuple[PathKind, str, str]) -> tuple[PathKind, str, str]:
    return *normal(triple[:2]), triple[2]


@st.composite
def ranked_routings(draw: st.DrawFn) -> list[Host]:
    made = []
    for name in draw(st.lists(names, unique=True, max_size=4)):
        some = st.tuples(st.sampled_from([BEGINS, EXACT, PREFIX]), paths, st.sampled_from(["", "beta"]))
        triples = draw(st.lists(some, unique_by=normal_with_condition, max_size=6))
        numbers = draw(st.lists(st.integers(1, 40), unique=True, min_size=6, max_size=6))
        made.append(Host(name, tuple(a_route(*each, n) for each, n in zip(triples, numbers, strict=False))))
    return made


@settings(max_examples=400, deadline=None, database=None)
@given(
    ranked_routings(), st.sampled_from(["", "a.c", "x.a.c", "c", "d"]), paths, st.sampled_from(["", "beta"])
)
def test_the_highest_priority_of_all_hosts_that_take_the_request_has_it(
    hosts: list[Host], name: str, path: str, request: str
) -> None:
    made = table()
    for each in hosts:
        put(made, each.name, *each.routes)
    fits = [
        (route.priority, -at, f"{each.name} {shown(route)}")
        for at, each in enumerate(matching(hosts, name))
        for route in each.routes
        if takes(route, path) and (route.when is None or request == "beta")
    ]
    assert decide(made, name, path, request) == max(fits, default=(0, 0, None))[2]

"""Tags and meta, and the options they set."""

import pytest

from discovery.dialects.tags import Declaration, Wishes, gather, is_enabled, read
from ingress.model.backend import Balance
from ingress.model.route import Origin

ORIGIN = Origin("consul", "service", "", "web")


def declare(*tags: str, **meta: str) -> Declaration:
    return read(gather(tags, meta, "headgate"), ORIGIN, "headgate")


def problems(declaration: Declaration) -> list[str]:
    return [f"{problem.option}: {problem.reason}" for problem in declaration.problems]


def test_tags_of_others_are_passed_over() -> None:
    assert gather(("v1", "urlprefix-/x", "headgate", "headgates.host=x"), {"version": "2"}, "headgate") == ()


def test_a_tag_is_a_name_and_a_text_with_equals_signs_in_it() -> None:
    assert gather(("headgate.acl=a urlp(x) 1=2",), {}, "headgate") == (("acl", "a urlp(x) 1=2"),)


def test_tags_of_one_name_are_lines() -> None:
    tags = ("headgate.acl=a path /a", "headgate.acl=b path /b")
    assert gather(tags, {}, "headgate") == (("acl", "a path /a\nb path /b"),)


def test_meta_wins_over_tags() -> None:
    said = gather(("headgate.host=a.example.com",), {"headgate-host": "b.example.com"}, "headgate")
    assert said == (("host", "b.example.com"),)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("headgate-host", "host"),
        ("headgate_path_type", "path-type"),
        ("headgate-service-http-request", "service.http-request"),
        ("headgate-service-http-request-10-geo", "service.http-request.10-geo"),
        ("headgate-http-request", "http-request"),
        ("headgate-route-2-path-type", "route.2.path-type"),
        ("HEADGATE_ROUTE_10_HOST", "route.10.host"),
    ],
)
def test_the_keys_of_meta_have_dashes_for_dots(key: str, name: str) -> None:
    assert gather((), {key: "x"}, "headgate") == ((name, "x"),)


def test_the_order_of_tags_makes_no_difference() -> None:
    tags = ("headgate.host=a", "headgate.enable=true")
    assert gather(tags, {}, "headgate") == gather(reversed(tags), {}, "headgate")


@pytest.mark.parametrize(
    ("wishes", "default", "enabled"),
    [
        ((("enable", "true"),), False, True),
        ((("enable", "True"),), False, True),
        ((("enable", "false"),), True, False),
        ((("enable", "yes"),), True, False),
        ((), False, False),
        ((), True, True),
    ],
)
def test_an_instance_is_enabled_if_it_says_so(wishes: Wishes, default: bool, enabled: bool) -> None:
    assert is_enabled(wishes, default) is enabled


def test_values_are_those_of_the_table_of_options() -> None:
    found = declare("headgate.host=www.example.com, *.example.org", "headgate.path=/a,/b")
    assert found.routes[0].values == {"host": ("www.example.com", "*.example.org"), "path": ("/a", "/b")}
    assert declare("headgate.balance=leastconn").values == {"balance": Balance.LEAST_CONN}


def test_an_unknown_name_is_a_problem_with_the_nearest_one() -> None:
    found = declare("headgate.balanc=leastconn")
    assert problems(found) == ["headgate.balanc: unknown option; did you mean headgate.balance?"]


@pytest.mark.parametrize(
    "tag",
    [
        "headgate.http-requets=set-header X s3cr3t",
        "headgate.http-request set-header X s3cr3t",
        "headgate.route.1.http-request set-header X s3cr3t",
    ],
)
def test_a_problem_never_shows_a_text_in_which_secrets_may_stand(tag: str) -> None:
    (problem,) = declare(tag).problems
    assert "s3cr3t" not in f"{problem}{problem.value}"


def test_an_unknown_name_that_sounds_like_a_guard_closes_the_routes() -> None:
    assert declare("headgate.basic-auth=x").problems[0].closes
    assert not declare("headgate.bananas=x").problems[0].closes


def test_a_value_that_cannot_be_read_is_a_problem_with_the_reason() -> None:
    found = declare("headgate.timeout-server=5")
    assert "write 5s for seconds" in problems(found)[0]


def test_numbered_routes_come_in_the_order_of_their_numbers() -> None:
    found = declare("headgate.route.10.host=j", "headgate.route.2.host=b", "headgate.host=a")
    assert [route.prefix for route in found.routes] == [
        "headgate.",
        "headgate.route.2.",
        "headgate.route.10.",
    ]


def test_a_numbered_route_has_what_it_does_not_say_from_the_unnumbered_one() -> None:
    found = declare("headgate.host=a.example.com", "headgate.route.2.path=/x")
    assert found.routes[1].values == {"host": ("a.example.com",), "path": ("/x",)}


def test_a_guard_of_the_unnumbered_route_is_never_lost_in_a_numbered_one() -> None:
    found = declare(
        "headgate.acl=in src 10.0.0.0/8",
        "headgate.http-request=deny unless in",
        "headgate.use-backend=all",
        "headgate.route.1.host=b.example.com",
        "headgate.route.1.http-request=set-header X-A 1",
        "headgate.route.1.use-backend=own",
    )
    assert {
        field: value if field == "host" else str(value) for field, value in found.routes[0].values.items()
    } == {
        "acl": "in src 10.0.0.0/8",
        "http_request": "deny unless in\nset-header X-A 1",
        "use_backend": "own\nall",
        "host": ("b.example.com",),
    }


def test_without_a_place_the_unnumbered_tags_are_no_route() -> None:
    assert [
        route.prefix for route in declare("headgate.acl=a src 1.2.3.4", "headgate.route.1.path=/").routes
    ] == ["headgate.route.1."]
    assert declare("headgate.enable=true").routes == ()


def test_what_is_for_the_whole_service_is_refused_in_a_route() -> None:
    found = declare("headgate.route.1.balance=leastconn")
    assert problems(found) == ["headgate.route.1.balance: is for the whole service; write headgate.balance"]


def test_the_prefix_can_be_another() -> None:
    assert gather(("edge.host=a", "headgate.host=b"), {"edge-path": "/x"}, "edge") == (
        ("host", "a"),
        ("path", "/x"),
    )

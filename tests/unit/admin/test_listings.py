"""The listings of the API: their shapes, their filters, and their pages."""

from collections.abc import Callable
from typing import Any

import pytest

from ingress.admin.listings import LISTINGS

Ask = Callable[..., Any]


def items(ask: Ask, name: str, **query: str) -> list[dict[str, Any]]:
    answer = ask(f"/api/v1/{name}", params=query)
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json["items"]
    return found


@pytest.mark.parametrize("name", LISTINGS)
def test_every_item_has_all_fields_of_its_shape(ask: Ask, name: str) -> None:
    listed = items(ask, name)
    assert listed
    assert all(tuple(item) == LISTINGS[name].item.__struct_fields__ for item in listed)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_says_its_version_and_that_nothing_follows(ask: Ask, name: str) -> None:
    answer = ask(f"/api/v1/{name}").json
    assert (answer["version"], answer["next"]) == (17, None)


def test_routes_come_by_host_kind_and_path(ask: Ask) -> None:
    listed = [(item["host"], item["kind"], item["path"]) for item in items(ask, "routes")]
    assert listed == [
        ("shop.example.com", "exact", "/cart"),
        ("shop.example.com", "prefix", "/"),
        ("www.example.com", "prefix", "/"),
    ]


def test_a_route_shows_its_policy_without_arguments_and_its_counts_over_all_workers(ask: Ask) -> None:
    cart, shop, _ = items(ask, "routes")
    assert cart["closed"] == "acl: unreadable"
    assert shop["rules"] == ["deny", "set-header"]
    assert shop["use_backend"] == ["files:team-b/blog:80"]
    assert shop["responses"] == {"2xx": 10, "3xx": 0, "4xx": 0, "5xx": 2}
    assert (shop["bytes_out"], shop["seconds"]) == (1400, 3.0)
    assert shop["origin"] == {
        "source": "kubernetes",
        "kind": "ingress",
        "namespace": "team-a",
        "name": "shop",
    }


def test_a_backend_counts_its_servers_by_state(ask: Ask) -> None:
    blog, shop = items(ask, "backends")
    assert blog["servers"] == {"up": 0, "drain": 0, "down": 1}
    assert shop["servers"] == {"up": 1, "drain": 1, "down": 0}
    assert (shop["requests"], shop["in_flight"]) == (12, 2)
    assert shop["settings"]["balance"] == "roundrobin"
    assert "cookie_key" not in shop["settings"]


def test_a_server_says_its_state_and_why(ask: Ask) -> None:
    listed = {item["address"]: item for item in items(ask, "servers")}
    assert [(address, item["state"]) for address, item in listed.items()] == [
        ("[fd00::1]:80", "down"),
        ("10.0.0.1:8080", "up"),
        ("10.0.0.2:8080", "drain"),
    ]
    assert listed["[fd00::1]:80"]["reason"] == "unreachable"
    assert listed["[fd00::1]:80"]["out_in_workers"] == [1]
    assert (listed["10.0.0.1:8080"]["name"], listed["10.0.0.1:8080"]["requests"]) == ("shop-1", 12)


def test_a_source_says_how_long_ago_it_was_alive(ask: Ask) -> None:
    files, kubernetes = items(ask, "sources")
    assert (files["state"], files["age"]) == ("starting", None)
    assert (kubernetes["age"], kubernetes["problems"]) == (30.0, 1)
    assert kubernetes["parts"] == {"ingresses": "degraded"}


def test_a_dead_worker_is_listed(ask: Ask) -> None:
    alive, dead = items(ask, "workers")
    assert (alive["pid"], alive["applied"], alive["requests_total"]) == (4711, 17, 10)
    assert (dead["pid"], dead["starts"], dead["connected"]) == (0, 3, False)


def test_a_problem_names_object_option_and_effect(ask: Ask) -> None:
    (problem,) = items(ask, "problems")
    assert problem["origin"]["name"] == "shop"
    assert (problem["option"], problem["value"]) == ("headgate.dev/acl", "pth_beg")
    assert problem["closes"] is True


def test_of_a_certificate_nothing_but_name_hosts_and_end_is_shown(ask: Ask) -> None:
    (certificate,) = items(ask, "certificates")
    assert set(certificate) == {"name", "hosts", "not_after"}


@pytest.mark.parametrize(
    ("name", "query", "number"),
    [
        ("routes", {"host": "shop.example.com"}, 2),
        ("routes", {"host": "other"}, 0),
        ("routes", {"namespace": "team-b"}, 1),
        ("backends", {"namespace": "team-a"}, 1),
        ("servers", {"namespace": "team-a"}, 2),
        ("servers", {"backend": "files:team-b/blog:80"}, 1),
        ("problems", {"namespace": "team-b"}, 0),
        ("listeners", {"namespace": "team-a"}, 1),
        ("tcp-routes", {"namespace": "team-a"}, 1),
        ("tcp-routes", {"host": "other.example.com"}, 0),
        ("certificates", {"host": "shop.example.com"}, 1),
        ("certificates", {"host": "www.example.com"}, 0),
    ],
)
def test_a_filter_leaves_only_what_equals_it(ask: Ask, name: str, query: dict[str, str], number: int) -> None:
    assert len(items(ask, name, **query)) == number


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("limit", ["1", "2"])
def test_the_pages_of_a_listing_are_the_listing(ask: Ask, name: str, limit: str) -> None:
    found, query = [], {"limit": limit}
    for _ in range(10):
        answer = ask(f"/api/v1/{name}", params=query).json
        found += answer["items"]
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    assert found == items(ask, name)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "10001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"after": "x"}, "after"),
        ({"after": "[1]"}, "after"),
        ({"hots": "x"}, "namespace, host"),
    ],
)
def test_a_query_that_cannot_be_read_is_400_and_says_what_is_possible(
    ask: Ask, query: dict[str, str], word: str
) -> None:
    answer = ask("/api/v1/routes", params=query)
    assert answer.status == 400
    assert answer.headers["X-Headgate-Reason"] == "bad-request"
    assert word in answer.json["error"]


def test_the_status_adds_everything_up(ask: Ask) -> None:
    status = ask("/api/v1/status").json
    assert [status[name] for name in ("hosts", "routes", "backends", "servers", "problems")] == [
        2,
        3,
        2,
        3,
        1,
    ]
    assert (status["requests_total"], status["request_seconds_total"]) == (20, 0.06)
    assert status["answers"] == {"denied": 4}
    assert [pair for pair in status["durations"] if pair[1]] == [[0.005, 20]]
    assert status["durations"][-1] == [None, 0]

"""What services ask for, as a table."""

import random
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from discovery.consul.instance import Instance
from tests.unit.consul.conftest import Book, instance

MakeBook = Callable[..., Book]


def test_an_enabled_service_has_a_route_and_servers(book: Book) -> None:
    book.put("web", instance("web-2", at="10.0.0.2", weight=3), instance("web-1"))
    assert book.routes == {"www.example.com": ["prefix / -> consul:web"]}
    assert book.servers == {"consul:web": ["10.0.0.1:80 x1", "10.0.0.2:80 x3"]}
    assert book.problems == []


def test_hosts_and_paths_are_combined(book: Book) -> None:
    book.put("web", instance(enable="true", host="a.org,b.org", path="/x,/y", path_type="Exact"))
    assert book.routes == {
        "a.org": ["exact /x -> consul:web", "exact /y -> consul:web"],
        "b.org": ["exact /x -> consul:web", "exact /y -> consul:web"],
    }


def test_a_path_without_a_host_is_for_any_host(book: Book) -> None:
    book.put("web", instance(enable="true", path="/x"))
    assert book.routes == {"": ["prefix /x -> consul:web"]}


def test_an_instance_that_is_out_gets_nothing_and_the_route_stays(book: Book) -> None:
    book.put("web", instance("web-1", weight=0), instance("web-2", at="10.0.0.2"))
    assert book.servers == {"consul:web": ["10.0.0.2:80 x1"]}
    book.put("web", instance("web-1", weight=0))
    assert book.servers == {"consul:web": []}
    assert book.routes == {"www.example.com": ["prefix / -> consul:web"]}


def test_a_service_without_instances_keeps_its_routes_until_it_is_dropped(book: Book) -> None:
    book.put("web", instance(balance="leastconn", enable="true", host="a.org"))
    book.put("web")
    assert book.routes == {"a.org": ["prefix / -> consul:web"]}
    assert book.servers == {"consul:web": []}
    book.drop("web")
    assert (book.routes, book.servers) == ({}, {})


def test_an_instance_with_a_fault_costs_only_itself(book: Book) -> None:
    book.put("web", instance("web-1", port=0, fault="has port 0"), instance("web-2", at="10.0.0.2"))
    assert book.servers == {"consul:web": ["10.0.0.2:80 x1"]}
    assert book.problems == ["service web: address: web-1 on node n1 has port 0, so it gets no requests"]


def test_an_address_that_is_registered_twice_is_one_server(book: Book) -> None:
    book.put("web", instance("web-1", weight=1), instance("web-2", weight=5), instance("web-3", weight=0))
    assert book.servers == {"consul:web": ["10.0.0.1:80 x5"]}


def test_a_service_that_is_not_enabled_is_told_what_is_missing(book: Book) -> None:
    book.put("web", instance(host="a.org"))
    assert (book.routes, book.servers) == ({}, {})
    assert book.problems == [
        "service web: headgate.enable: is missing, so no requests come here; add the tag headgate.enable=true"
    ]


def test_a_service_that_says_false_is_left_in_peace(book: Book) -> None:
    book.put("web", instance(host="a.org", enable="false"))
    assert (book.routes, book.problems) == ({}, [])


def test_a_misspelt_truth_is_a_problem(book: Book) -> None:
    book.put("web", instance(host="a.org", enable="yes"))
    assert book.routes == {}
    assert book.problems == ["service web: headgate.enable: is neither true nor false"]


def test_exposed_by_default_needs_no_enable(make_book: MakeBook) -> None:
    book = make_book(exposed_by_default=True)
    book.put("web", instance(host="a.org"))
    assert book.routes == {"a.org": ["prefix / -> consul:web"]}


def test_an_instance_that_does_not_ask_for_requests_gets_none(book: Book) -> None:
    silent = replace(instance("web-2", at="10.0.0.2"), wishes=())
    book.put("web", instance("web-1"), silent, replace(silent, key=silent.key._replace(id="web-3")))
    assert book.servers == {"consul:web": ["10.0.0.1:80 x1"]}
    assert book.routes == {"www.example.com": ["prefix / -> consul:web"]}
    assert "web-2 on node n1 does not say it" in book.problems[0]


# --- instances that disagree


def test_what_most_instances_say_is_in_force_and_the_others_are_named(book: Book) -> None:
    old: dict[str, Any] = {"enable": "true", "host": "old.org"}
    new: dict[str, Any] = {"enable": "true", "host": "new.org"}
    book.put(
        "web", instance("1", **old), instance("2", at="10.0.0.2", **old), instance("3", created=0, **new)
    )
    assert list(book.routes) == ["old.org"]
    assert book.problems == [
        'service web: headgate.host: 3 on node n1 says "new.org"; in force is what most say: "old.org"'
    ]


def test_between_equals_those_that_were_there_first_are_in_force(book: Book) -> None:
    old = instance("2", created=5, enable="true", host="old.org")
    new = instance("1", created=9, enable="true", host="new.org")
    book.put("web", new, old)
    assert list(book.routes) == ["old.org"]


def test_instances_that_disagree_get_requests_all_the_same(book: Book) -> None:
    book.put("web", instance("1"), instance("2", at="10.0.0.2", enable="true", path="/x"))
    assert book.servers == {"consul:web": ["10.0.0.1:80 x1", "10.0.0.2:80 x1"]}


# --- mistakes


def test_a_mistake_keeps_the_last_good_version(book: Book) -> None:
    book.put("web", instance(enable="true", host="a.org", balance="leastconn"))
    book.put("web", instance(enable="true", host="not a host", balance="leastcon"))
    assert list(book.routes) == ["a.org"]
    assert "not a host" in book.problems[1]
    assert "leastcon" in book.problems[0]


def test_a_guard_that_cannot_be_read_closes_the_routes(book: Book) -> None:
    book.put("web", instance(enable="true", host="a.org", http_request="dney"))
    assert book.is_closed
    assert 'did you mean "deny"' in book.problems[0]


def test_an_unknown_guard_closes_every_route_of_the_service(book: Book) -> None:
    wishes = (("basic-auth", "x"), ("enable", "true"), ("host", "a.org"), ("route.2.host", "b.org"))
    book.put("web", replace(instance(), wishes=wishes))
    assert list(book.routes) == ["a.org", "b.org"]
    assert book.is_closed
    assert len(book.problems) == 1


def test_a_tcp_port_is_published(book: Book) -> None:
    book.put("db", instance(enable="true", tcp="3306"))
    book.table.take_changes()
    [listener] = book.table.listeners()
    assert (listener.port, listener.backend) == (3306, "consul:db")


def test_two_services_that_want_one_place_are_both_told(book: Book) -> None:
    book.put("b", instance())
    book.put("a", instance())
    assert book.routes == {"www.example.com": ["prefix / -> consul:a"]}
    assert any("service b" in problem for problem in book.problems)


# --- services that send requests to others


def test_a_rule_sends_requests_to_another_service(book: Book) -> None:
    book.put("blog", instance(at="10.0.0.7", enable="true"))
    book.put("web", instance(enable="true", host="a.org", use_backend="blog if { path_beg /blog }"))
    book.complete()
    assert book.servers == {"consul:blog": ["10.0.0.7:80 x1"], "consul:web": ["10.0.0.1:80 x1"]}
    book.table.take_changes()
    [host] = book.table.hosts()
    assert [rule.backend for rule in host.routes[0].policy.backends] == ["consul:blog"]
    assert book.problems == []


def test_a_service_that_is_missing_is_a_problem_only_when_all_are_known(book: Book) -> None:
    book.put("web", instance(enable="true", host="a.org", use_backend="blog"))
    assert book.problems == []
    assert "consul:blog" not in book.servers
    book.complete()
    assert "no service blog has a tag" in book.problems[0]
    assert book.servers["consul:blog"] == []


def test_a_service_that_appears_later_takes_the_problem_away(book: Book) -> None:
    book.complete()
    book.put("web", instance(enable="true", host="a.org", use_backend="blog"))
    assert len(book.problems) == 1
    book.put("blog", instance("blog-1", enable="true", path="/blog"))
    assert book.problems == []
    assert book.servers["consul:blog"] == ["10.0.0.1:80 x1"]
    book.drop("blog")
    assert len(book.problems) == 1
    assert book.servers["consul:blog"] == []
    book.drop("web")
    assert book.servers == {}


def test_a_service_that_does_not_take_requests_gets_none_from_others(book: Book) -> None:
    book.complete()
    book.put("admin", replace(instance("admin-1"), wishes=(("enable", "false"),)))
    book.put("web", instance(enable="true", host="a.org", use_backend="admin"))
    assert book.servers["consul:admin"] == []
    assert "headgate.enable=true" in book.problems[0]


# --- several datacentres


def test_the_best_datacentre_that_has_an_instance_serves(make_book: MakeBook) -> None:
    book = make_book(datacentres=("east", "west"))
    book.put("web", instance("e", at="10.1.0.1"), datacentre="east")
    book.put("web", instance("w", at="10.2.0.1"), datacentre="west")
    assert book.servers == {"consul:web": ["10.1.0.1:80 x1", "10.2.0.1:80 x1 in tier 1"]}
    book.put("web", instance("e", at="10.1.0.1", weight=0), datacentre="east")
    assert book.servers == {"consul:web": ["10.2.0.1:80 x1 in tier 1"]}
    book.drop("web", "east")
    assert book.routes == {"www.example.com": ["prefix / -> consul:web"]}
    book.drop("web", "west")
    assert book.routes == {}


def test_how_many_are_enough_is_told_to_the_workers(make_book: MakeBook) -> None:
    book = make_book(datacentres=("east", "west"), enough=3)
    book.put("web", instance(), datacentre="east")
    book.table.take_changes()
    assert [backend.enough for backend in book.table.backends()] == [3]


def test_the_settings_are_those_of_the_best_datacentre_that_has_the_service(make_book: MakeBook) -> None:
    book = make_book(datacentres=("east", "west"))
    book.put("web", instance(enable="true", host="west.org"), datacentre="west")
    assert list(book.routes) == ["west.org"]
    book.put("web", instance(enable="true", host="east.org", weight=0), datacentre="east")
    assert list(book.routes) == ["east.org"]


# --- cost and order


def test_a_change_of_one_service_tells_of_that_one_only(book: Book) -> None:
    for number in range(100):
        book.put(f"web{number}", instance(enable="true", host=f"h{number}.org"))
    book.table.take_changes()
    book.put("web7", instance(enable="true", host="h7.org"), instance("x", at="10.0.0.2", enable="true"))
    assert len(book.table.take_changes()) == 1


def random_instance(dice: random.Random, number: int) -> Instance:
    hosts = [f"h{dice.randrange(30)}.org", "*.example.com"]
    rules = ["", "s1 if { path /x }", "s2", "nobody"]
    wishes: dict[str, Any] = {
        "enable": dice.choice(["true", "true", "false", "perhaps"]),
        "host": dice.choice(hosts),
    }
    if rule := dice.choice(rules):
        wishes["use_backend"] = rule
    return instance(
        str(number), at=f"10.0.0.{number}", weight=dice.randrange(3), created=dice.randrange(5), **wishes
    )


def test_any_order_of_changes_ends_in_the_table_of_a_fresh_start(make_book: MakeBook) -> None:
    dice = random.Random(1)
    lived = make_book()
    facts: dict[str, list[Instance]] = {}
    lived.complete()
    for _ in range(1500):
        service = f"s{dice.randrange(40)}"
        if dice.random() < 0.2:
            lived.drop(service)
            facts.pop(service, None)
            continue
        facts[service] = [random_instance(dice, number) for number in range(1, dice.randrange(2, 6))]
        lived.put(service, *facts[service])
    fresh = make_book()
    for service in sorted(facts, key=lambda _: dice.random()):
        fresh.put(service, *facts[service])
    fresh.complete()
    assert lived.routes == fresh.routes
    assert lived.servers == fresh.servers
    assert lived.problems == fresh.problems

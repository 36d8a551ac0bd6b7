"""Which endpoints of a Service become servers."""

from collections.abc import Callable
from typing import Any

import pytest

MakeSlice = Callable[..., str]
SHOP = "test:team-a/shop:80"

READY = "{addresses: [10.0.0.1], conditions: {ready: true}}"
UNKNOWN = "{addresses: [10.0.0.2]}"
UNREADY = "{addresses: [10.0.0.3], conditions: {ready: false, serving: false}}"
LEAVING = "{addresses: [10.0.0.4], conditions: {ready: false, serving: true, terminating: true}}"
GONE = "{addresses: [10.0.0.5], conditions: {ready: false, serving: false, terminating: true}}"
OVERRIDDEN = "{addresses: [10.0.0.6], conditions: {ready: true, serving: false, terminating: true}}"
NOT_SERVING_YET = "{addresses: [10.0.0.7], conditions: {ready: false, serving: true}}"


@pytest.fixture
def servers(lab: Any, shop: tuple[str, str]) -> Callable[..., list[str]]:
    """The servers of the shop, of slices."""

    def of(*slices: str) -> list[str]:
        lab.apply(*shop, *slices)
        return list(lab.ear.servers(SHOP))

    return of


Servers = Callable[..., list[str]]


def test_ready_endpoints_are_servers_and_so_are_those_that_do_not_say(
    servers: Servers, make_slice: MakeSlice
) -> None:
    assert servers(make_slice(READY, UNKNOWN)) == ["10.0.0.1:8080", "10.0.0.2:8080"]


def test_endpoints_that_are_neither_ready_nor_leaving_are_no_servers(
    servers: Servers, make_slice: MakeSlice
) -> None:
    assert servers(make_slice(READY, UNREADY, GONE, NOT_SERVING_YET)) == ["10.0.0.1:8080"]


def test_ready_is_believed_even_of_endpoints_that_do_not_serve(
    servers: Servers, make_slice: MakeSlice
) -> None:
    assert servers(make_slice(OVERRIDDEN)) == ["10.0.0.6:8080"]


def test_endpoints_that_leave_drain_beside_ready_ones(servers: Servers, make_slice: MakeSlice) -> None:
    assert servers(make_slice(LEAVING, READY)) == ["10.0.0.1:8080", "10.0.0.4:8080 drain"]


def test_endpoints_that_leave_are_used_when_no_slice_has_a_ready_one(
    servers: Servers, make_slice: MakeSlice
) -> None:
    assert servers(make_slice(LEAVING), make_slice(UNREADY, name="shop-2")) == ["10.0.0.4:8080"]


def test_a_ready_endpoint_of_another_slice_makes_those_that_leave_drain(
    servers: Servers, make_slice: MakeSlice
) -> None:
    got = servers(make_slice(LEAVING), make_slice(READY, name="shop-2"))
    assert got == ["10.0.0.1:8080", "10.0.0.4:8080 drain"]


def test_serving_left_out_means_as_ready(servers: Servers, make_slice: MakeSlice) -> None:
    old_api = "{addresses: [10.0.0.8], conditions: {ready: false, terminating: true}}"
    assert servers(make_slice(old_api)) == []


def test_an_endpoint_in_two_slices_is_one_server(servers: Servers, make_slice: MakeSlice) -> None:
    assert servers(make_slice(READY), make_slice(READY, name="shop-2")) == ["10.0.0.1:8080"]


@pytest.mark.parametrize("swap", [False, True])
def test_of_two_copies_that_disagree_the_ready_one_counts(
    servers: Servers, make_slice: MakeSlice, swap: bool
) -> None:
    leaving = "{addresses: [10.0.0.1], conditions: {ready: false, serving: true, terminating: true}}"
    first, second = (leaving, READY) if swap else (READY, leaving)
    got = servers(make_slice(first, UNKNOWN), make_slice(second, name="shop-2"))
    assert got == ["10.0.0.1:8080", "10.0.0.2:8080"]


def test_slices_are_joined_by_their_label_and_never_by_name(servers: Servers, make_slice: MakeSlice) -> None:
    foreign = make_slice(UNKNOWN, name="shop-9").replace("service-name: shop", "service-name: other")
    assert servers(make_slice(READY, name="nothing-like-it"), foreign) == ["10.0.0.1:8080"]


def test_only_the_first_address_of_an_endpoint_counts(servers: Servers, make_slice: MakeSlice) -> None:
    assert servers(make_slice("{addresses: [10.0.0.1, 10.0.0.2]}")) == ["10.0.0.1:8080"]


def test_an_endpoint_without_addresses_is_no_server(servers: Servers, make_slice: MakeSlice) -> None:
    assert servers(make_slice("{addresses: []}", READY)) == ["10.0.0.1:8080"]


def test_the_name_of_the_pod_is_the_name_of_the_server(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    lab.apply(*shop, make_slice("{addresses: [10.0.0.1], targetRef: {kind: Pod, name: shop-x7, uid: u}}"))
    assert [server.name for server in lab.ear.backends[SHOP][0].servers] == ["shop-x7"]


# --- ports


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("{name: http, port: 9000}", ["10.0.0.1:9000"]),
        ("{name: other, port: 9000}, {name: http, port: 9001}", ["10.0.0.1:9001"]),
        ("{name: http, port: 9000, protocol: UDP}", []),
        ("{name: other, port: 8080}", []),
        ("{port: 8080}", []),
        ("{name: http}", ["10.0.0.1:8080"]),
    ],
)
def test_the_port_of_a_slice_is_found_by_its_name(
    servers: Servers, make_slice: MakeSlice, ports: str, expected: list[str]
) -> None:
    assert servers(make_slice(READY, ports=ports)) == expected


def test_no_ports_at_all_means_no_servers(servers: Servers, make_slice: MakeSlice) -> None:
    assert servers(make_slice(READY).replace("ports: [{name: http, port: 8080}]", "ports: null")) == []


def test_slices_may_have_different_numbers_for_one_name(servers: Servers, make_slice: MakeSlice) -> None:
    got = servers(make_slice(READY), make_slice(READY, name="shop-2", ports="{name: http, port: 9000}"))
    assert got == ["10.0.0.1:8080", "10.0.0.1:9000"]


def test_an_unnamed_port_matches_an_unnamed_port(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    ingress, service = shop
    lab.apply(ingress, service.replace("name: http, ", ""), make_slice(READY, ports="{name: '', port: 8080}"))
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]


def test_endpoints_stay_for_a_while_when_a_port_is_renamed(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    ingress, service = shop
    lab.apply(ingress, service, make_slice(READY))
    lab.apply(service.replace("name: http", "name: web"))
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]
    lab.wait(9.9)
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]
    lab.wait(0.2)
    assert lab.ear.servers(SHOP) == []
    lab.apply(make_slice(UNKNOWN, ports="{name: web, port: 8080}"))
    assert lab.ear.servers(SHOP) == ["10.0.0.2:8080"]


def test_endpoints_stay_when_the_slices_hear_of_the_rename_first(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    lab.apply(*shop, make_slice(READY))
    lab.apply(make_slice(READY, ports="{name: web, port: 8080}"))
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]


def test_what_left_during_a_rename_does_not_stay(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    ingress, service = shop
    lab.apply(ingress, service, make_slice(READY, UNKNOWN))
    lab.apply(service.replace("name: http", "name: web"))
    lab.apply(make_slice(READY))
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]


def test_nothing_stays_when_a_port_gets_another_target_with_its_name(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    ingress, service = shop
    lab.apply(ingress, service, make_slice(READY))
    lab.apply(service.replace("name: http", "name: web").replace("8080", "9090"))
    assert lab.ear.servers(SHOP) == []


# --- families


def test_a_pod_with_both_families_is_one_server(
    lab: Any, make_lab: Callable[..., Any], shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    pod = "targetRef: {kind: Pod, name: a, uid: uid-a}"
    slices = (
        make_slice(f"{{addresses: [10.0.0.1], {pod}}}"),
        make_slice(
            f"{{addresses: ['FD00::1'], {pod}}}", "{addresses: ['fd00::2']}", name="shop-6", family="IPv6"
        ),
    )
    assert lab.apply(*shop, *slices).servers(SHOP) == ["10.0.0.1:8080", "[fd00::2]:8080"]
    _, service = shop
    lab.apply(service.replace("spec:", "spec:\n  ipFamilies: [IPv6, IPv4]"))
    assert lab.ear.servers(SHOP) == ["[fd00::1]:8080", "[fd00::2]:8080"]
    told = make_lab(family="IPv4").apply(*shop, *slices)
    assert told.servers(SHOP) == ["10.0.0.1:8080", "[fd00::2]:8080"]


# --- topology


def hinted(number: int, zones: str = "", nodes: str = "") -> str:
    """An endpoint with hints."""
    hints = f"forZones: [{zones}], forNodes: [{nodes}]"
    return f"{{addresses: [10.0.0.{number}], hints: {{{hints}}}}}"


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ([hinted(1, "{name: a}"), hinted(2, "{name: b}")], [1]),
        ([hinted(1, "{name: a}, {name: b}"), hinted(2, "{name: a}")], [1, 2]),
        ([hinted(1, "{name: b}"), hinted(2, "{name: c}")], [1, 2]),
        ([hinted(1, "{name: a}"), hinted(2)], [1, 2]),
        ([hinted(1, "{name: a}", "{name: n1}"), hinted(2, "{name: a}", "{name: n2}")], [2]),
        ([hinted(1, "{name: a}", "{name: n1}"), hinted(2, "{name: b}", "{name: n3}")], [1]),
        ([hinted(1, "{name: b}", "{name: n2}"), hinted(2, "{name: a}")], [2]),
    ],
)
def test_hints_count_when_every_endpoint_has_one_and_one_is_for_us(
    make_lab: Callable[..., Any],
    shop: tuple[str, str],
    make_slice: MakeSlice,
    endpoints: list[str],
    expected: list[int],
) -> None:
    lab = make_lab(zone="a", node="n2")
    one_each = [make_slice(each, name=f"shop-{i}") for i, each in enumerate(endpoints)]
    assert lab.apply(*shop, *one_each).servers(SHOP) == [f"10.0.0.{n}:8080" for n in expected]


def test_without_a_place_hints_are_passed_over(servers: Servers, make_slice: MakeSlice) -> None:
    assert len(servers(make_slice(hinted(1, "{name: a}"), hinted(2, "{name: b}")))) == 2


def test_those_that_leave_are_used_whatever_their_zone(
    make_lab: Callable[..., Any], shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    leaving = LEAVING.replace("addresses", "hints: {forZones: [{name: b}]}, addresses")
    assert make_lab(zone="a").apply(*shop, make_slice(leaving)).servers(SHOP) == ["10.0.0.4:8080"]


# --- addresses that are refused


@pytest.mark.parametrize(
    ("address", "family"),
    [
        ("127.0.0.1", "IPv4"),
        ("169.254.169.254", "IPv4"),
        ("0.0.0.0", "IPv4"),
        ("::1", "IPv6"),
        ("fe80::1", "IPv6"),
        ("::ffff:127.0.0.1", "IPv6"),
        ("::ffff:169.254.169.254", "IPv6"),
        ("::", "IPv6"),
        ("10.0.0.256", "IPv4"),
        ("10.0.0", "IPv4"),
        ("fd00::1", "IPv4"),
        ("10.0.0.1", "IPv6"),
        ("www.example.com", "FQDN"),
    ],
)
def test_addresses_that_reach_into_this_machine_or_are_none_are_refused_aloud(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice, address: str, family: str
) -> None:
    ear = lab.apply(*shop, make_slice(f"{{addresses: ['{address}']}}", family=family))
    assert ear.servers(SHOP) == []
    assert len(ear.problems) == 1
    assert ear.problems[0].startswith("endpointslice team-a/shop-1: endpoints: ")
    lab.apply(make_slice(READY))
    assert not ear.problems


def test_loopback_is_allowed_where_it_is_asked_for(
    make_lab: Callable[..., Any], shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    lab = make_lab(allow_loopback=True)
    assert lab.apply(*shop, make_slice("{addresses: [127.0.0.1]}")).servers(SHOP) == ["127.0.0.1:8080"]


# --- what is not said twice


def test_a_slice_that_only_differs_in_its_version_is_not_heard_of(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    lab.apply(*shop, make_slice(READY))
    before = lab.ear.calls.copy()
    lab.apply(make_slice(READY).replace("metadata: {", "metadata: {resourceVersion: '7', "))
    lab.apply(make_slice(READY, UNREADY))
    assert lab.ear.calls == before


def test_a_slice_that_moves_to_another_service_leaves_the_first(
    lab: Any, shop: tuple[str, str], make_slice: MakeSlice
) -> None:
    lab.apply(*shop, make_slice(READY))
    lab.apply(make_slice(READY).replace("service-name: shop", "service-name: other"))
    assert lab.ear.servers(SHOP) == []

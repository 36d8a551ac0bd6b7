"""What an earlier process knew: its backends stay live, and unread things are not taken for gone."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from discovery.source import Unread
from ingress.model.route import Origin

SHOP = Origin("test", "ingress", "team-a", "shop")
BACKEND = "test:team-a/old:8080"
EARLIER = {SHOP: frozenset({BACKEND})}
OLD_SERVICE = "kind: Service\nmetadata: {name: old}\nspec: {ports: [{port: 8080}]}\n"
OLD_SLICE = """
kind: EndpointSlice
metadata: {name: old-1, labels: {kubernetes.io/service-name: old}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.0.0.7]}]
"""


@pytest.fixture
def successor(make_lab: Callable[..., Any]) -> Any:
    return make_lab(earlier=EARLIER)


def flawed(ingress: str) -> str:
    manifest = yaml.safe_load(ingress)
    manifest["metadata"]["annotations"] = {"headgate.dev/http-request": "dney"}
    manifest["spec"]["rules"][0]["host"] = "not a host"
    return yaml.safe_dump(manifest)


def test_a_flawed_object_keeps_the_live_servers_of_its_last_good_version(
    successor: Any, shop: tuple[str, str]
) -> None:
    ear = successor.apply(flawed(shop[0]), shop[1], OLD_SERVICE, OLD_SLICE)
    assert ear.objects[SHOP].flawed
    assert ear.servers(BACKEND) == ["10.0.0.7:8080"]
    ear = successor.apply(OLD_SLICE.replace("10.0.0.7", "10.0.0.8"))
    assert ear.servers(BACKEND) == ["10.0.0.8:8080"]


def test_a_mended_object_lets_go_of_them(successor: Any, shop: tuple[str, str]) -> None:
    successor.apply(flawed(shop[0]), shop[1], OLD_SERVICE, OLD_SLICE)
    assert successor.apply(shop[0]).backends.keys() == {"test:team-a/shop:80"}


def test_an_object_that_is_gone_is_dropped_with_its_backends(successor: Any) -> None:
    successor.ear.objects[SHOP] = None
    ear = successor.apply(OLD_SERVICE, OLD_SLICE)
    assert ear.objects == {}
    assert ear.backends == {}


def test_an_unread_object_is_not_dropped_and_its_servers_stay_live(successor: Any) -> None:
    successor.cluster.unread = Unread(objects=frozenset({SHOP}))
    ear = successor.apply(OLD_SERVICE, OLD_SLICE)
    assert ear.servers(BACKEND) == ["10.0.0.7:8080"]
    assert ear.calls["drop"] == 0
    ear.objects[SHOP] = None
    successor.cluster.unread = Unread()
    assert successor.wait(0).objects == {}


def test_of_an_unread_service_nothing_is_said_until_it_can_be_read(
    make_lab: Callable[..., Any], shop: tuple[str, str], make_slice: Callable[..., str]
) -> None:
    backend = "test:team-a/shop:80"
    lab = make_lab(earlier={SHOP: frozenset({backend})})
    lab.cluster.unread = Unread(namespaces=frozenset({"team-a"}))
    assert lab.apply(shop[0]).backends == {}
    assert lab.apply(shop[1]).backends == {}
    assert lab.apply(make_slice("{addresses: [10.0.0.1]}")).servers(backend) == ["10.0.0.1:8080"]


def test_what_turns_out_to_be_empty_is_said_when_it_can_be_read(
    make_lab: Callable[..., Any], shop: tuple[str, str]
) -> None:
    backend = "test:team-a/shop:80"
    lab = make_lab(earlier={SHOP: frozenset({backend})})
    lab.cluster.unread = Unread(namespaces=frozenset({"team-a"}))
    assert lab.apply(*shop).backends == {}
    lab.cluster.unread = Unread()
    assert lab.wait(0).servers(backend) == []


def test_a_backend_that_no_earlier_process_knew_is_told_even_if_it_is_unread(
    make_lab: Callable[..., Any], shop: tuple[str, str]
) -> None:
    lab = make_lab()
    lab.cluster.unread = Unread(everything=True)
    assert lab.apply(shop[0]).servers("test:team-a/shop:80") == []


def test_an_unread_object_that_is_said_to_be_gone_is_dropped(successor: Any) -> None:
    successor.cluster.unread = Unread(everything=True)
    successor.apply(OLD_SERVICE, OLD_SLICE)
    successor.ear.objects[SHOP] = None
    assert successor.delete("ingresses", "shop").objects == {}


def test_an_object_that_is_ours_no_longer_is_dropped_whatever_is_unread(
    successor: Any, shop: tuple[str, str]
) -> None:
    successor.cluster.unread = Unread(everything=True)
    successor.ear.objects[SHOP] = None
    assert successor.apply(shop[0].replace("headgate", "nginx")).objects == {}


def test_the_default_backend_is_a_setting_and_never_unread(make_lab: Callable[..., Any]) -> None:
    settings = Origin("test", "settings", "", "default-backend")
    lab = make_lab(earlier={settings: frozenset({BACKEND})}, default_backend="team-a/old:8080")
    lab.cluster.unread = Unread(everything=True)
    assert lab.apply(OLD_SERVICE, OLD_SLICE).objects[settings].claims[0].route.backend == BACKEND

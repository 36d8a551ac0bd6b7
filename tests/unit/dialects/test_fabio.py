"""fabio's tags: what they come to as services come, change and go."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from msgspec.structs import replace

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.fabio import Tag, read_place, read_tag
from discovery.dialects.networks import outside
from ingress.acl.network import contains, read_network
from ingress.model.backend import ProxyHeader, ServerTls
from ingress.model.route import PathKind
from tests.unit.dialects.conftest import Lab, backend, servers

MakeLab = Callable[..., Lab]


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab("fabio")


def instance(*tags: str, at: str = "10.0.0.1:80", **facts: Any) -> dict[str, Any]:
    return {"tags": tags, "at": at, **facts}


ROOT = "urlprefix-www.example.com/"
BACKEND = "consul:www.example.com/"


@pytest.mark.parametrize(
    ("tag", "source", "options"),
    [
        ("urlprefix-/a", "/a", ()),
        ("  urlprefix-WWW.Example.com/A  ", "www.example.com/A", ()),
        ("urlprefix-a.io/ strip=/x  host=y", "a.io/", (("host", "y"), ("strip", "/x"))),
        ("urlprefix-$DC.io/${DC}/$other/x", "dc1.io/dc1//x", ()),
        ("urlprefix-:80 proto=tcp", ":80", (("proto", "tcp"),)),
        ("urlprefix-a.io/ proto=http proto=tcp", "a.io/", (("proto", "tcp"),)),
    ],
)
def test_a_tag_is_a_route_and_options(tag: str, source: str, options: tuple[tuple[str, str], ...]) -> None:
    assert read_tag(tag, "dc1") == Tag(source, options)


def test_tags_of_others_are_none_of_fabios() -> None:
    assert read_tag("traefik.enable=true", "") is None
    assert read_tag("v1", "") is None


def test_a_path_is_a_prefix_by_character() -> None:
    assert read_place("/a", ()).kind is PathKind.BEGINS


@pytest.mark.parametrize("source", ["a.io", "a.io:80/", "a?.io/", "a.io/x y", "1.2.3.4/"])
def test_a_place_that_cannot_be_served_is_refused(source: str) -> None:
    with pytest.raises(ComplaintError):
        read_place(source, ())


def test_what_is_outside_of_networks_and_inside_is_all_there_is() -> None:
    networks = [ip_network(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/32", "255.0.0.0/8")]
    rest = outside(networks)
    for text in ("10.1.2.3", "9.255.255.255", "11.0.0.0", "0.0.0.0", "0.0.0.1", "255.1.1.1", "::1"):
        address = ip_address(text)
        assert any(address in each for each in networks) != any(address in each for each in rest)
    assert outside([ip_network("0.0.0.0/0"), ip_network("::/0")]) == ()


def test_an_ipv4_address_is_not_outside_for_being_written_as_one_of_ipv6() -> None:
    rest = contains(list(map(read_network, map(str, outside([ip_network("10.0.0.0/8")])))))
    assert not rest(ip_address("10.1.1.1").packed)
    assert not rest(ip_address("::ffff:10.1.1.1").packed)
    assert rest(ip_address("11.1.1.1").packed)
    assert rest(ip_address("fd00::1").packed)


def test_services_of_one_route_share_it(lab: Lab) -> None:
    lab.put("web", instance(ROOT))
    lab.put("next", instance(f"{ROOT} weight=0.25", at="10.0.0.2:80"))
    assert servers(lab, BACKEND) == ["10.0.0.1:80 x3", "10.0.0.2:80 x1"]
    lab.drop("next")
    assert servers(lab, BACKEND) == ["10.0.0.1:80 x1"]


def test_an_instance_without_the_tag_gets_nothing_of_the_route(lab: Lab) -> None:
    lab.put("web", instance(ROOT), instance(ROOT, "urlprefix-/beta", at="10.0.0.2:80"))
    assert servers(lab, BACKEND) == ["10.0.0.1:80 x1", "10.0.0.2:80 x1"]
    assert servers(lab, "consul:/beta") == ["10.0.0.2:80 x1"]


def test_where_nobody_can_be_sent_to_the_route_stays_until_the_service_is_gone(lab: Lab) -> None:
    lab.put("web", instance(ROOT, status="critical"))
    assert "www.example.com prefix / -> " in lab.text()
    assert servers(lab, BACKEND) == []
    lab.put("web")
    assert "www.example.com prefix / -> " in lab.text()
    lab.drop("web")
    assert lab.text() == ""


def test_who_is_held_back_serves_where_nobody_else_does(lab: Lab) -> None:
    [held] = lab.instances({"tags": (ROOT,), "at": "10.0.0.1:80"})
    held = replace(held, weight=0, held=2)
    lab.registry.put("", "web", {held.key: held})
    lab.registry.flush()
    assert servers(lab, BACKEND) == ["10.0.0.1:80 x2"]
    [well] = lab.instances({"id": "well", "tags": (ROOT,), "at": "10.0.0.2:80"})
    lab.registry.put("", "web", {held.key: held, well.key: well})
    lab.registry.flush()
    assert servers(lab, BACKEND) == ["10.0.0.2:80 x1"]


def test_a_tag_that_is_taken_away_takes_its_route_along(lab: Lab) -> None:
    lab.put("web", instance(ROOT, "urlprefix-/a"))
    lab.put("web", instance(ROOT))
    assert "/a" not in lab.text()


def test_a_share_cannot_be_zero_for_all(lab: Lab) -> None:
    lab.put("web", instance(f"{ROOT} weight=1"), instance(ROOT, at="10.0.0.2:80"))
    assert servers(lab, BACKEND) == ["10.0.0.1:80 x1"]
    lab.put("web", instance(f"{ROOT} weight=1", status="critical"), instance(ROOT, at="10.0.0.2:80"))
    assert servers(lab, BACKEND) == ["10.0.0.2:80 x1"]


def test_an_option_that_cannot_be_read_keeps_the_last_good_version(lab: Lab) -> None:
    lab.put("web", instance(f"{ROOT} strip=/a"))
    lab.put("web", instance(f"{ROOT} strip=a?b"))
    assert "value=/a" in lab.text()
    assert "the last good version stays in force" in lab.text()


def test_without_the_dialect_the_tags_mean_nothing(make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.put("web", instance(ROOT))
    assert lab.text() == ""


def test_servers_are_verified_by_the_authorities_of_the_settings(make_lab: MakeLab) -> None:
    lab = make_lab("fabio", authority="ca")
    lab.put("web", instance(f"{ROOT} proto=https"))
    assert backend(lab, BACKEND).settings.tls == ServerTls(verify=True, authority="ca")
    lab.put("web", instance(f"{ROOT} proto=https tlsskipverify=true"))
    assert backend(lab, BACKEND).settings.tls == ServerTls()


def test_the_proxy_protocol_is_for_tcp(lab: Lab) -> None:
    lab.put("db", instance("urlprefix-:3306 proto=tcp pxyproto=true"))
    assert backend(lab, "consul::3306").settings.send_proxy is ProxyHeader.V1
    assert "problem" not in lab.text()
    lab.put("web", instance(f"{ROOT} pxyproto=true"))
    assert backend(lab, BACKEND).settings.send_proxy is ProxyHeader.OFF
    assert "pxyproto: counts only beside proto=tcp" in lab.text()


@pytest.mark.parametrize(
    ("options", "tls"),
    [
        ("", None),
        ("proto=http tlsskipverify=true", None),
        ("proto=https", ServerTls(verify=True)),
        ("proto=https tlsskipverify=true", ServerTls()),
    ],
)
def test_servers_are_spoken_to_as_the_protocol_says(lab: Lab, options: str, tls: ServerTls | None) -> None:
    lab.put("web", instance(f"{ROOT} {options}"))
    assert backend(lab, BACKEND).settings.tls == tls
    assert "problem" not in lab.text()


def test_a_name_of_our_own_is_wished_for_once_until_the_last_tag_is_gone(make_lab: MakeLab) -> None:
    lab = make_lab("fabio", registers=True)
    lab.put("web", instance(f"{ROOT} register=edge"))
    lab.put("shop", instance("urlprefix-shop.example.com/ register=edge", "urlprefix-/x register=shop"))
    assert lab.registry.aliases.keys() == {"edge", "shop"}
    assert "problem" not in lab.text()
    lab.drop("shop")
    assert {name: alias.owner.name for name, alias in lab.registry.aliases.items()} == {"edge": "web"}
    lab.put("web", instance(ROOT))
    assert lab.registry.aliases == {}


def test_a_name_that_cannot_be_found_by_dns_costs_the_name_alone(make_lab: MakeLab) -> None:
    lab = make_lab("fabio", registers=True)
    lab.put("web", instance(f"{ROOT} register=a/b"))
    assert lab.registry.aliases == {}
    assert f"problem: service web: {ROOT}: register: is no name" in lab.text()
    assert servers(lab, BACKEND)


def test_without_an_address_to_register_no_name_is_wished_for(lab: Lab) -> None:
    lab.put("web", instance(f"{ROOT} register=edge"))
    assert lab.registry.aliases == {}
    assert "register: nothing is registered in Consul unless --consul-register" in lab.text()
    assert servers(lab, BACKEND)

"""Keys with routes in YAML, and with fabio's commands: what they come to."""

from collections.abc import Callable
from typing import Any

import pytest

from discovery.dialects.fabio_commands import Add, Delete, Weigh, read_commands
from discovery.dialects.yaml_route import read_route
from ingress.model.route import Origin
from tests.unit.dialects.conftest import Lab, servers

MakeLab = Callable[..., Lab]
OWNER = Origin("consul", "key", "", "fabio/config")
ROOT = "www.example.com/"
BACKEND = f"consul:{ROOT}"


def put(lab: Lab, **keys: str) -> None:
    lab.registry.keys.put({f"edge/{key}": text.encode() for key, text in keys.items()})
    lab.registry.flush()


def instance(*tags: str, at: str = "10.0.0.1:80", **facts: Any) -> dict[str, Any]:
    return {"tags": tags, "at": at, **facts}


# --- YAML


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    lab = make_lab()
    lab.registry.complete()
    return lab


def test_a_key_has_the_options_of_tags_and_its_own_servers(lab: Lab) -> None:
    text = """
host: [a.example.com, b.example.com]
path: /x
balance: leastconn
tries: 2
http-request:
- deny if { src 10.0.0.0/8 }
- set-header X-A 1
servers:
- 10.0.0.7:80
- {address: "[fd00::1]:81", weight: 3}
route: {2: {host: c.example.com}}
"""
    put(lab, shop=text)
    assert lab.text() == (
        """a.example.com prefix /x -> consul:key/edge/shop
  deny if { src -m ip 10.0.0.0/8 }
  set-header name=X-A value=1
b.example.com prefix /x -> consul:key/edge/shop
  deny if { src -m ip 10.0.0.0/8 }
  set-header name=X-A value=1
c.example.com prefix /x -> consul:key/edge/shop
  deny if { src -m ip 10.0.0.0/8 }
  set-header name=X-A value=1
backend consul:key/edge/shop of edge/shop balance=leastconn tries=2
  10.0.0.7:80  x1
  [fd00::1]:81  x3
"""
    )


def test_a_key_leads_to_a_service_once_that_is_enabled(lab: Lab) -> None:
    put(lab, shop="host: a.example.com\nservice: web\n")
    assert "consul:web" in lab.text()
    assert "no service web has a tag that begins with headgate" in lab.text()
    lab.put("web", instance("headgate.enable=true"))
    assert servers(lab, "consul:web") == ["10.0.0.1:80 x1"]
    assert "problem" not in lab.text()
    put(lab)
    assert "a.example.com" not in lab.text()


def test_a_key_that_cannot_be_read_any_more_keeps_its_last_good_version(lab: Lab) -> None:
    put(
        lab,
        shop="host: a.example.com\nservers: [10.0.0.7:80]\n",
        other="host: b.example.com\nservers: [10.0.0.8:80]",
    )
    put(lab, shop="host: [", other="host: c.example.com\nservers: [10.0.0.8:80]")
    assert "a.example.com prefix /" in lab.text()
    assert "c.example.com prefix /" in lab.text()
    assert "key edge/shop" in lab.text()
    assert servers(lab, "consul:key/edge/shop") == ["10.0.0.7:80 x1"]


def test_a_guard_that_cannot_be_read_closes_the_routes_of_the_key(lab: Lab) -> None:
    put(lab, shop="host: a.example.com\nservers: [10.0.0.7:80]\nhttp-request: dney\n")
    assert "closed: key edge/shop" in lab.text()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "one mapping"),
        ("- a", "one mapping"),
        ("host: a\nhost: b", "twice"),
        ("host: a", "either service or servers"),
        ("service: a\nservers: [10.0.0.1:80]", "either service or servers"),
        ("servers: []", "a list of ADDRESS:PORT"),
        ("servers: [name:80]", "IP address"),
        ("servers: [10.0.0.1]", "IP address"),
        ("servers: ['10.0.0.1:']", "no port"),
        ("servers: [{address: '10.0.0.1:80', wait: 1}]", "nothing else"),
        ("servers: [{address: '10.0.0.1:80', weight: -1}]", "weight"),
        ("servers: ['10.0.0.1:80']\nhost: {a: {b: {c: {d: 1}}}}", "a text, a number"),
        ("host: &a [*a]", "referred to"),
        ("host: [[a]]\nservice: a", "a text, a number"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_what_cannot_be_read_of_a_key_is_said(text: str, reason: str) -> None:
    [complaint, *_] = read_route(text.encode()).complaints
    assert reason in complaint.reason


# --- fabio's commands


def commanded(lab: Lab, *lines: str) -> Lab:
    [keys] = lab.registry.commands
    keys.put({"fabio/config": "\n".join(lines).encode()})
    lab.registry.flush()
    return lab


@pytest.fixture
def fabio(make_lab: MakeLab) -> Lab:
    lab = make_lab("fabio")
    lab.put("web", instance(f"urlprefix-{ROOT}", "v1"), instance(f"urlprefix-{ROOT}", "v2", at="10.0.0.2:80"))
    return lab


def test_commands_are_read_as_fabio_does() -> None:
    text = """
# comment
// another
route add web WWW.example.com/a http://10.0.0.1:80/ weight 0.5 tags "a, b" opts "strip=/a proto=http"
route  add  web /r https://other.example.com/x opts "redirect=301"
route del web
route del web /a http://10.0.0.1:80/
route del tags "a,b"
route del web tags "a"
route weight web /a weight 0.1
route weight /a weight 0.1 tags "a"
"""
    commands, complaints = read_commands(text, OWNER)
    assert complaints == ()
    ab, a = frozenset("ab"), frozenset("a")
    assert commands == (
        Add(OWNER, "web", "www.example.com/a", "10.0.0.1", 80, 0.5, ab, (("strip", "/a"),)),
        Add(OWNER, "web", "/r", "", 0, options=(("redirect", "301,https://other.example.com/x"),)),
        Delete("web"),
        Delete("web", "/a", ("10.0.0.1", 80)),
        Delete(tags=ab),
        Delete("web", tags=a),
        Weigh("/a", 0.1, "web"),
        Weigh("/a", 0.1, tags=a),
    )


@pytest.mark.parametrize(
    "line",
    [
        "route",
        "route add web",
        "route add web /a 10.0.0.1:80",
        "route add web /a http://name:80/",
        "route add web /a http://10.0.0.1:80/path",
        "route add web /a http://10.0.0.1:80/ weight half",
        "route weight /a weight 1",
        "route del",
        "route move web",
    ],
)
def test_a_line_that_cannot_be_read_costs_itself_alone(line: str) -> None:
    commands, complaints = read_commands(f"route del web\n{line}\nroute del api", OWNER)
    assert commands == (Delete("web"), Delete("api"))
    assert [complaint.option for complaint in complaints] == ["line 2"]


def test_a_share_is_divided_among_those_that_are_meant(fabio: Lab) -> None:
    commanded(fabio, f'route weight web {ROOT} weight 0.1 tags "v2"')
    assert servers(fabio, BACKEND) == ["10.0.0.1:80 x9", "10.0.0.2:80 x1"]
    commanded(fabio)
    assert servers(fabio, BACKEND) == ["10.0.0.1:80 x1", "10.0.0.2:80 x1"]


def test_commands_are_carried_out_in_order(fabio: Lab) -> None:
    add, delete = f"route add web {ROOT} http://10.0.0.9:80/", "route del web"
    assert servers(commanded(fabio, delete, add), BACKEND) == ["10.0.0.9:80 x1"]
    assert "www.example.com" not in commanded(fabio, add, delete).text()


def test_a_redirect_by_command_has_no_server(fabio: Lab) -> None:
    text = commanded(fabio, 'route add x r.example.com/ https://$host$path opts "redirect=301"').text()
    assert "r.example.com prefix / -> consul:r.example.com/ unless" in text
    assert "redirect kind=location to=https://%[hdr(host)]%[path] code=301" in text


def test_a_command_that_cannot_be_read_is_a_problem_of_its_key(fabio: Lab) -> None:
    text = commanded(fabio, "route del web", "rout add").text()
    assert (
        "problem: key fabio/config: line 2: a line begins with route add, route del or route weight" in text
    )
    assert "www.example.com" not in text

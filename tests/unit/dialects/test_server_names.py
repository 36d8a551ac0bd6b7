"""Hosts whose TLS is relayed by name: what the tags of each dialect come to."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ingress.model.backend import ProxyHeader
from tests.unit.dialects.conftest import Lab, backend

MakeLab = Callable[..., Lab]
DB = "db.example.com"
OWN = ("headgate.enable=true", f"headgate.host={DB}", "headgate.ssl-passthrough=true")
ROUTER = "traefik.tcp.routers.db"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab("fabio", "traefik", entry_points=(("pg", "5432"),))


def put(lab: Lab, *tags: str, service: str = "db", **facts: Any) -> Sequence[str]:
    """The lines of what is in force when a service has these tags."""
    lab.put(service, {"tags": tags, "at": "10.0.0.1:443", **facts})
    return lab.text().splitlines()


def traefik(rule: str, *options: str) -> tuple[str, ...]:
    """The tags of a router."""
    return ("traefik.enable=true", f"{ROUTER}.rule={rule}", *(f"{ROUTER}.{option}" for option in options))


def relayed(lines: Sequence[str]) -> list[str]:
    return [line.removeprefix("tls of ") for line in lines if line.startswith("tls of ")]


def problems(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith("problem")]


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (OWN, "consul:db"),
        ((f"urlprefix-{DB}/ proto=tcp",), f"consul:{DB}/"),
        ((f"urlprefix-{DB}/ proto=tcp+sni",), f"consul:{DB}/"),
        (traefik(f"HostSNI(`{DB}`)", "tls.passthrough=true"), "consul:db@traefik-tcp"),
        (traefik("HostSNI(`DB.example.com.`)", "tls=true", "tls.passthrough=true"), "consul:db@traefik-tcp"),
    ],
)
def test_a_host_is_relayed_in_the_words_of_each_dialect(lab: Lab, tags: tuple[str, ...], name: str) -> None:
    lines = put(lab, *tags)
    assert relayed(lines) == [f"{DB} on https relayed -> {name}"]
    assert problems(lines) == []
    lab.drop("db")
    assert lab.text() == ""


def test_all_hosts_of_our_own_route_are_relayed_and_plain_http_is_sent_to_https(lab: Lab) -> None:
    hosts = f"headgate.host={DB},*.example.org"
    lines = put(lab, *OWN[:1], hosts, *OWN[2:])
    assert relayed(lines) == [
        "*.example.org on https relayed -> consul:db",
        f"{DB} on https relayed -> consul:db",
    ]
    lab.table.take_changes()
    assert [route.policy.https for host in lab.table.hosts() for route in host.routes] == [True, True]


def test_a_numbered_route_may_be_relayed_alone(lab: Lab) -> None:
    lines = put(
        lab,
        *("headgate.enable=true", "headgate.host=www.example.com"),
        *(f"headgate.route.2.host={DB}", "headgate.route.2.ssl-passthrough=true"),
    )
    assert relayed(lines) == [f"{DB} on https relayed -> consul:db"]
    assert problems(lines) == []


@pytest.mark.parametrize(
    "guard",
    [
        "headgate.http-request=deny unless { src 10.0.0.0/8 }",
        "headgate.tcp-request=connection reject unless { src 10.0.0.0/8 }",
    ],
)
def test_what_keeps_requests_out_is_never_gone_around(lab: Lab, guard: str) -> None:
    lines = put(lab, *OWN, guard)
    assert relayed(lines) == []
    [problem] = problems(lines)
    assert problem.startswith("problem that closes: service db: headgate.ssl-passthrough: nothing that is")
    assert any(line.startswith("  closed: ") for line in lines)


def test_neither_are_the_rules_of_the_service(lab: Lab) -> None:
    lines = put(lab, *OWN, "headgate.service.http-request=deny unless { src 10.0.0.0/8 }")
    assert relayed(lines) == []
    assert problems(lines) == [
        f"problem: service db: host {DB} on the HTTPS listeners is not relayed: the rules of consul:db could "
        "not be asked"
    ]
    assert relayed(put(lab, *OWN)) == [f"{DB} on https relayed -> consul:db"]


def test_without_a_host_nothing_is_relayed(lab: Lab) -> None:
    lines = put(lab, OWN[0], OWN[2], "headgate.path=/")
    assert relayed(lines) == []
    assert "a host is needed" in problems(lines)[0]


def test_options_that_count_for_nothing_are_told(lab: Lab) -> None:
    lines = put(lab, *OWN, "headgate.path=/blog", "headgate.hsts=180d")
    assert relayed(lines) == [f"{DB} on https relayed -> consul:db"]
    assert "paths cannot be seen" in problems(lines)[0] + problems(lines)[1]
    assert any("ssl-redirect alone" in problem for problem in problems(lines))


def test_our_own_word_for_a_port_may_name_the_host(lab: Lab) -> None:
    lines = put(lab, "headgate.enable=true", f"headgate.tcp={DB}:5432, 3306")
    assert relayed(lines) == [f"{DB} on port 5432 ended and relayed -> consul:db"]
    assert [line for line in lines if line.startswith("tcp ")] == [
        "tcp 3306 -> consul:db",
        "tcp 5432 -> ",
    ]
    assert problems(lines) == []
    lines = put(lab, "headgate.enable=true", f"headgate.tcp={DB}:5432:pg")
    assert f"write {DB}:5432" in problems(lines)[0]


def test_what_cannot_be_read_leaves_the_last_good_version(lab: Lab) -> None:
    put(lab, *OWN)
    lines = put(lab, *OWN[:2], "headgate.ssl-passthrough=perhaps")
    assert relayed(lines) == [f"{DB} on https relayed -> consul:db"]
    assert "the last good version stays in force" in problems(lines)[0]


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        (f"urlprefix-{DB}/path proto=tcp", "paths cannot be seen in what is relayed; write HOST/"),
        ("urlprefix-/ proto=tcp+sni", "a host is needed"),
        (f"urlprefix-{DB} proto=tcp+sni", "write HOST/ for TCP by the name"),
        (f"urlprefix-{DB}/ proto=tcp allow=ip:10.0.0.0/8", "allow and deny are not possible for TCP"),
    ],
)
def test_what_cannot_be_had_by_name_is_refused_of_fabio(lab: Lab, tag: str, reason: str) -> None:
    lines = put(lab, tag)
    assert relayed(lines) == []
    assert reason in problems(lines)[0]


def test_fabios_star_is_for_all_labels_and_its_proxy_protocol_is_spoken(lab: Lab) -> None:
    lines = put(lab, "urlprefix-*.example.com/ proto=tcp+sni pxyproto=true")
    assert relayed(lines) == ["**.example.com on https relayed -> consul:*.example.com/"]
    assert problems(lines) == []
    assert backend(lab, "consul:*.example.com/").settings.send_proxy is ProxyHeader.V1


@pytest.mark.parametrize(
    ("rule", "options", "expected"),
    [
        ("HostSNI(`a.io`) || HostSNI(`b.io`)", ("tls=true",), ["a.io on https ended", "b.io on https ended"]),
        ("HostSNI(`*`)", ("tls.passthrough=true",), ["any host on https"]),
        ("HostSNI(`*.a.io`)", ("tls.certresolver=le",), ["*.a.io on https ended"]),
        ("HostSNI(`a.io`)", ("tls=true", "tls.passthrough=false"), ["a.io on https ended"]),
        ("HostSNI(`a.io`)", ("tls=true", "entrypoints=pg"), ["a.io on port 5432 ended"]),
        (
            "HostSNI(`a.io`)",
            ("tls.passthrough=true", "entrypoints=pg,websecure"),
            ["a.io on https", "a.io on port 5432"],
        ),
    ],
)
def test_a_router_of_traefik_with_tls_is_for_names(
    lab: Lab, rule: str, options: tuple[str, ...], expected: list[str]
) -> None:
    lines = put(lab, *traefik(rule, *options))
    found = [
        line.removesuffix(" relayed -> consul:db@traefik-tcp").removesuffix(" and") for line in relayed(lines)
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "options", "reason"),
    [
        ("HostSNI(`a.io`)", ("entrypoints=pg",), "a name can only be seen where there is TLS"),
        ("HostSNIRegexp(`^a`)", ("tls=true",), "HostSNIRegexp is not served"),
        ("HostSNI(`a.io`) && ALPN(`h2`)", ("tls=true",), "ALPN is not served"),
        ("ClientIP(`10.0.0.1`)", ("tls=true",), "ClientIP is not served for TCP"),
        ("!HostSNI(`a.io`)", ("tls=true",), "!HostSNI is not served there"),
        (
            "HostSNI(`a.io`)",
            ("tls=true", "entrypoints=web"),
            "the router wants TLS, its entry points have none",
        ),
        ("HostSNI(`a.io`)", ("tls=true", "middlewares=m"), "middlewares are not possible for TCP"),
        ("HostSNI(`1.2.3.4`)", ("tls=true",), "is an address, not a host name"),
    ],
)
def test_what_cannot_be_had_by_name_is_refused_of_traefik(
    lab: Lab, rule: str, options: tuple[str, ...], reason: str
) -> None:
    lines = put(lab, *traefik(rule, *options))
    assert relayed(lines) == []
    assert any(reason in problem for problem in problems(lines)), problems(lines)


def test_the_priority_of_a_tcp_router_is_told_to_count_for_nothing(lab: Lab) -> None:
    lines = put(lab, *traefik("HostSNI(`a.io`)", "tls=true", "priority=10"))
    assert relayed(lines) == ["a.io on https ended and relayed -> consul:db@traefik-tcp"]
    assert "priority: counts for nothing" in problems(lines)[0]

"""Traefik's tags: what they come to as services come, change and go."""

from collections.abc import Callable
from typing import Any

import pytest

from discovery.consul.traefik_draft import Draft
from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_substitute
from discovery.source import Translation
from ingress.model.backend import BackendSettings, ProxyHeader, ServerTls
from tests.unit.dialects.conftest import Lab, backend, servers

MakeLab = Callable[..., Lab]
ENABLE = "traefik.enable=true"
RULE = "traefik.http.routers.web.rule=Host(`www.example.com`)"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab("traefik")


def instance(*tags: str, at: str = "10.0.0.1:80", **facts: Any) -> dict[str, Any]:
    return {"tags": (ENABLE, *tags), "at": at, **facts}


def test_services_of_one_name_are_one_backend_over_all_consul_services(lab: Lab) -> None:
    tag = "traefik.http.services.shop.loadbalancer.passhostheader=true"
    lab.put("shop-v1", instance(RULE, tag))
    lab.put("shop-v2", instance(RULE, tag, at="10.0.0.2:80"))
    assert servers(lab, "consul:shop@traefik") == ["10.0.0.1:80 x1", "10.0.0.2:80 x1"]
    assert "problem" not in lab.text()
    lab.drop("shop-v1")
    assert servers(lab, "consul:shop@traefik") == ["10.0.0.2:80 x1"]


def test_what_most_instances_say_of_a_router_is_in_force(lab: Lab) -> None:
    other = "traefik.http.routers.web.rule=Host(`new.example.com`)"
    lab.put("web", instance(RULE), instance(RULE, at="10.0.0.2:80"), instance(other, at="10.0.0.3:80"))
    text = lab.text()
    assert "www.example.com prefix /" in text
    assert "new.example.com" not in text
    assert "i3 on node n3 of service web say something else; in force is what most say" in text
    assert len(servers(lab, "consul:web@traefik")) == 3


def test_each_instance_has_the_port_and_weight_of_its_own_tags(lab: Lab) -> None:
    server = "traefik.http.services.web.loadbalancer.server"
    lab.put(
        "web", instance(RULE, f"{server}.port=81"), instance(RULE, f"{server}.weight=5", at="10.0.0.2:80")
    )
    assert servers(lab, "consul:web@traefik") == ["10.0.0.1:81 x1", "10.0.0.2:80 x5"]
    assert "problem" not in lab.text()


def test_a_middleware_that_another_service_declares_is_found_whenever_it_comes(lab: Lab) -> None:
    lab.put("web", instance(RULE, "traefik.http.routers.web.middlewares=add"))
    assert "closed" in lab.text()
    lab.put("other", instance("traefik.http.middlewares.add.addprefix.prefix=/x"))
    assert "closed" not in lab.text()
    assert "set-target part=path value=/x%[path]" in lab.text()
    lab.put("other", instance("traefik.http.middlewares.add.addprefix.prefix=/y"))
    assert "value=/y%[path]" in lab.text()
    lab.drop("other")
    assert "closed" in lab.text()


def test_a_service_costs_no_more_for_what_it_shares_with_others(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(number: int) -> None:
        router = f"traefik.http.routers.r{number}"
        shared = "traefik.http.middlewares.add.addprefix.prefix=/x"
        tags = (f"{router}.rule=Host(`h{number}.io`)", f"{router}.middlewares=add", shared)
        lab.put(f"s{number}", instance(*tags))

    for number in range(100, 150):
        put(number)
    read = []
    finish = Draft.finish

    def counted(draft: Draft) -> Translation:
        read.append(draft)
        return finish(draft)

    monkeypatch.setattr(Draft, "finish", counted)
    put(150)
    assert len(read) == 1


def test_where_nobody_can_be_sent_to_the_router_stays_until_the_service_is_gone(lab: Lab) -> None:
    lab.put("web", instance(RULE, status="critical"))
    assert "www.example.com prefix / at 23" in lab.text()
    lab.put("web")
    assert "www.example.com prefix / at 23" in lab.text()
    lab.drop("web")
    assert lab.text() == ""


def test_a_service_that_says_nothing_has_its_name_for_host_if_all_are_exposed(make_lab: MakeLab) -> None:
    lab = make_lab("traefik", exposed_by_default=True)
    lab.put("my_web", {"tags": ()})
    assert "my-web prefix / at 14 -> consul:my-web@traefik" in lab.text()
    lab.put("my_web", {"tags": ("traefik.enable=false",)})
    assert "prefix /" not in lab.text()


def test_a_rule_that_cannot_be_read_any_more_keeps_the_last_good_version(lab: Lab) -> None:
    lab.put("web", instance(RULE))
    lab.put("web", instance("traefik.http.routers.web.rule=Host(`x"))
    assert "www.example.com prefix /" in lab.text()
    assert "the last good version stays in force" in lab.text()


@pytest.mark.parametrize(
    ("written", "made"),
    [("/a/$1", "/a/\\1"), ("${1}x", "\\1x"), ("$$1", "$1"), ("a\\b", "a\\\\b"), ("$0", "\\0")],
)
def test_groups_are_written_as_in_go(written: str, made: str) -> None:
    assert read_substitute(written) == made


@pytest.mark.parametrize("written", ["$name", "$1x", "${10}"])
def test_groups_that_have_no_number_are_refused(written: str) -> None:
    with pytest.raises(ComplaintError):
        read_substitute(written)


def test_servers_are_spoken_to_over_tls_where_an_instance_says_so(lab: Lab) -> None:
    tag = "traefik.http.services.web.loadbalancer.server.scheme"
    lab.put("web", instance(RULE, f"{tag}=http"))
    assert backend(lab, "consul:web@traefik").settings.tls is None
    lab.put("web", instance(RULE, f"{tag}=http"), instance(RULE, f"{tag}=https", at="10.0.0.2:80"))
    assert backend(lab, "consul:web@traefik").settings.tls == ServerTls(verify=True)
    lab.put("web", instance(RULE, f"{tag}=h2c"))
    assert '"h2c" is not served; there are http and https' in lab.text()


def test_servers_are_verified_by_the_authorities_of_the_settings(make_lab: MakeLab) -> None:
    lab = make_lab("traefik", authority="ca")
    lab.put("web", instance(RULE, "traefik.http.services.web.loadbalancer.server.scheme=https"))
    assert backend(lab, "consul:web@traefik").settings.tls == ServerTls(verify=True, authority="ca")


TCP = ("traefik.tcp.routers.db.rule=HostSNI(`*`)", "traefik.tcp.routers.db.entrypoints=5432")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("server.tls=true", BackendSettings(tls=ServerTls(verify=True))),
        ("server.tls=false", BackendSettings()),
        ("proxyprotocol.version=1", BackendSettings(send_proxy=ProxyHeader.V1)),
        ("proxyprotocol.version=2", BackendSettings(send_proxy=ProxyHeader.V2)),
    ],
)
def test_tcp_servers_are_spoken_to_as_the_tags_say(lab: Lab, tag: str, expected: BackendSettings) -> None:
    lab.put("db", instance(*TCP, f"traefik.tcp.services.db.loadbalancer.{tag}"))
    assert backend(lab, "consul:db@traefik-tcp").settings == expected


def test_a_version_of_the_proxy_protocol_that_is_unknown_closes_the_port(lab: Lab) -> None:
    lab.put("db", instance(*TCP, "traefik.tcp.services.db.loadbalancer.proxyprotocol.version=3"))
    assert '"3" is no version of the PROXY protocol; there are 1 and 2' in lab.text()
    assert "tcp 5432" not in lab.text()


STICKY = "traefik.http.services.web.loadbalancer.sticky.cookie"


def test_a_sticky_cookie_keeps_clients_on_their_servers(lab: Lab) -> None:
    words = ("=true", ".name=SRV", ".secure=true", ".httponly=true", ".samesite=lax", ".maxage=60", ".path=/")
    lab.put("web", instance(RULE, *(STICKY + word for word in words)))
    assert str(backend(lab, "consul:web@traefik").settings.cookie) == (
        "SRV insert HttpOnly Max-Age=60 SameSite=Lax Secure"
    )
    assert "problem" not in lab.text()


def test_a_sticky_cookie_without_a_name_has_the_one_that_traefik_gives_it(lab: Lab) -> None:
    lab.put("web", instance(RULE, f"{STICKY}=true"))
    cookie = backend(lab, "consul:web@traefik").settings.cookie
    assert cookie is not None
    assert cookie.name == "_79351"


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (".samesite=always", "it is none of none, lax, strict"),
        (".name=a;b", "it is not the name of a cookie"),
        (".path=/app", "the cookie is for all paths"),
        (".domain=a b", "it is not a domain"),
        (".expires=1", "unknown option"),
    ],
)
def test_what_cannot_be_honoured_of_a_sticky_cookie_is_told(lab: Lab, word: str, why: str) -> None:
    lab.put("web", instance(RULE, f"{STICKY}=true", STICKY + word))
    assert why in lab.text()
    assert backend(lab, "consul:web@traefik").settings.cookie is None


def test_a_sticky_cookie_that_is_not_wanted_is_not_set(lab: Lab) -> None:
    lab.put("web", instance(RULE, f"{STICKY}=false"))
    assert backend(lab, "consul:web@traefik").settings.cookie is None

"""A Service says how its servers are spoken to over TLS."""

from base64 import b64encode
from typing import Any

import pytest

from discovery.server_tls import UNREADABLE
from ingress.model.backend import ServerTls
from tests.unit.kubernetes_translate.test_certificates import DAY, make_pair
from tests.unit.kubernetes_translate.test_client_certificates import Authority, secret

BACKEND = "test:team-a/shop:80"
SVC = "shop.team-a.svc"
CA = "test:team-a/servers-ca"


def service(said: dict[str, str], *, app: str = "") -> str:
    pairs = ", ".join(f'headgate.dev/{name}: "{text}"' for name, text in said.items())
    app = f", appProtocol: {app}" if app else ""
    return f"""
kind: Service
metadata: {{name: shop, annotations: {{{pairs}}}}}
spec: {{ports: [{{name: http, port: 80, targetPort: 8080{app}}}]}}
"""


def tls(lab: Any) -> ServerTls | None:
    settings: Any = lab.ear.backends[BACKEND][0].settings
    return settings.tls  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("said", "app", "expected"),
    [
        ({}, "", None),
        ({}, "http", None),
        ({}, "https", ServerTls(name=SVC)),
        ({"server-ssl": "false"}, "https", None),
        ({"server-ssl": "true"}, "", ServerTls(name=SVC)),
        ({"server-ssl": "true", "server-ssl-verify": "true"}, "", ServerTls(verify=True, name=SVC)),
        ({"server-ssl": "true", "server-ssl-sni": "host"}, "", ServerTls(of_host=True)),
        ({"server-ssl": "true", "server-ssl-sni": "shop.internal"}, "", ServerTls(name="shop.internal")),
        (
            {"server-ssl-ca-secret": "servers-ca"},
            "https",
            ServerTls(verify=True, authority=CA, name=SVC),
        ),
        (
            {"server-ssl": "true", "server-ssl-ca-secret": "servers-ca", "server-ssl-verify": "false"},
            "",
            ServerTls(authority=CA, name=SVC),
        ),
    ],
)
def test_servers_are_spoken_to_as_the_annotations_or_the_port_say(
    lab: Any, shop: tuple[str, str], said: dict[str, str], app: str, expected: ServerTls | None
) -> None:
    lab.apply(shop[0], service(said, app=app), secret(Authority().pem, name="servers-ca"))
    assert tls(lab) == expected
    assert not lab.ear.problems


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"server-ssl": "yes"}, 'server-ssl: "yes" is neither true nor false'),
        ({"server-sll": "true"}, "server-sll: unknown option; did you mean headgate.dev/server-ssl?"),
        ({"server-ssl": "true", "server-ssl-sni": "*.a"}, 'server-ssl-sni: "*.a" is none of host, service'),
        ({"server-ssl": "true", "server-ssl-ca-secret": "b/ca"}, '"b/ca" is in another namespace'),
    ],
)
def test_what_cannot_be_read_is_never_plain_text(
    lab: Any, shop: tuple[str, str], said: dict[str, str], reason: str
) -> None:
    lab.apply(shop[0], service(said))
    assert tls(lab) == UNREADABLE
    assert any(reason in problem for problem in lab.ear.problems)


def test_another_mistake_does_not_close_it(lab: Any, shop: tuple[str, str]) -> None:
    lab.apply(shop[0], service({"server-hots": "true"}))
    assert tls(lab) is None


def test_options_without_effect_are_a_problem(lab: Any, shop: tuple[str, str]) -> None:
    lab.apply(shop[0], service({"server-ssl-verify": "true"}))
    assert tls(lab) is None
    assert lab.ear.problems == [
        "service team-a/shop: headgate.dev/server-ssl-verify: has no effect without server-ssl: true"
    ]


def test_the_secrets_are_told_and_go_with_the_service(lab: Any, shop: tuple[str, str]) -> None:
    chain, key = make_pair(lab.time - DAY, lab.time + 365 * DAY, "headgate")
    data = f"tls.crt: {b64encode(chain).decode()}, tls.key: {b64encode(key).decode()}"
    said = {"server-ssl": "true", "server-ssl-ca-secret": "servers-ca", "server-ssl-secret": "us"}
    lab.apply(
        shop[0],
        service(said),
        secret(Authority().pem, name="servers-ca"),
        f"kind: Secret\nmetadata: {{name: us}}\ndata: {{{data}}}\n",
    )
    shown = lab.ear.certificates["test:team-a/us"]
    assert (shown.to_servers, shown.hosts, shown.key) == (True, (), key)
    assert lab.ear.claims["test:team-a/us"] == ()
    assert tls(lab) == ServerTls(verify=True, authority=CA, name=SVC, certificate="test:team-a/us")
    assert lab.cluster.wanted_secrets() == {("team-a", "servers-ca"), ("team-a", "us")}
    lab.delete("services", "shop")
    assert not lab.ear.certificates
    assert not lab.ear.authorities

"""Ingresses whose TLS is relayed undecrypted."""

from typing import Any

import pytest

from tests.unit.kubernetes_translate.conftest import Lab

HOST = "shop.example.com"
BACKEND = "test:team-a/shop:80"


def annotated(ingress: str, **annotations: str) -> str:
    """The Ingress with these annotations of ours."""
    said = ", ".join(f"headgate.dev/{name.replace('_', '-')}: '{text}'" for name, text in annotations.items())
    return ingress.replace("metadata: {name: shop,", f"metadata: {{name: shop, annotations: {{{said}}},")


def relayed(lab: Lab) -> list[str]:
    """`shop.example.com -> test:team-a/shop:80`."""
    routes = (route for each in lab.ear.objects.values() for route in each.tcp_routes)
    return [f"{route.host} -> {route.backend}" for route in routes if not route.ended and not route.port]


def test_the_hosts_are_relayed_to_the_backend_and_plain_http_is_sent_to_https(
    lab: Lab, shop: tuple[str, str]
) -> None:
    ear = lab.apply(annotated(shop[0], ssl_passthrough="true"), shop[1])
    assert relayed(lab) == [f"{HOST} -> {BACKEND}"]
    assert ear.problems == []
    [claim] = [claim for each in ear.objects.values() for claim in each.claims]
    assert claim.route.policy.https is True
    lab.apply(annotated(shop[0], ssl_passthrough="false"))
    assert relayed(lab) == []


def test_plain_http_may_stay_plain(lab: Lab, shop: tuple[str, str]) -> None:
    ear = lab.apply(annotated(shop[0], ssl_passthrough="true", ssl_redirect="false"), shop[1])
    [claim] = [claim for each in ear.objects.values() for claim in each.claims]
    assert claim.route.policy.https is False
    assert relayed(lab) == [f"{HOST} -> {BACKEND}"]


def test_of_several_backends_none_is_meant(lab: Lab, shop: tuple[str, str]) -> None:
    path = "{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}"
    two = shop[0].replace(
        path, f"{path}, {path.replace('path: /', 'path: /api').replace('name: shop', 'name: api')}"
    )
    ear = lab.apply(
        annotated(two, ssl_passthrough="true"), *shop[1:], shop[1].replace("name: shop", "name: api")
    )
    assert relayed(lab) == []
    assert ear.problems == [
        "ingress team-a/shop: headgate.dev/ssl-passthrough: host shop.example.com has several backends, and "
        "nothing in what is relayed tells which is meant"
    ]


@pytest.mark.parametrize(
    "guard",
    [
        {"http_request": "deny if { src 10.0.0.0/8 }"},
        {"auth_secret": "users"},
        {"auth_tls_secret": "ca"},
        {"auth_url": "http://auth.example.com/"},
        {"limit_rps": "5"},
    ],
)
def test_a_guard_is_never_gone_around(lab: Lab, shop: tuple[str, str], guard: dict[str, Any]) -> None:
    lab.apply(annotated(shop[0], ssl_passthrough="true", **guard), shop[1])
    assert relayed(lab) == []
    policies = {claim.route.policy for each in lab.ear.objects.values() for claim in each.claims}
    assert all(policy.closed for policy in policies)

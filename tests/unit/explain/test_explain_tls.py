"""`headgate explain` tells which certificates clients have to show, and how servers are spoken to."""

from base64 import b64encode
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingress.cli.explain import explain
from tests.unit.proxy.tls_stage import signed

MANIFESTS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: team-a
  annotations: {headgate.dev/auth-tls-secret: clients-ca, headgate.dev/auth-tls-verify: "VERIFY"}
spec:
  tls: [{hosts: [shop.example.com], secretName: shop-tls}]
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata:
  name: shop
  namespace: team-a
  annotations: {headgate.dev/server-ssl: "true", headgate.dev/server-ssl-ca-secret: servers-ca}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: shop-1, namespace: team-a, labels: {kubernetes.io/service-name: shop}}
addressType: IPv4
ports: [{port: 8443}]
endpoints: [{addresses: [10.1.1.1], conditions: {ready: true}}]
"""


def secret(name: str, values: dict[str, bytes]) -> str:
    """As a document of YAML."""
    data = ", ".join(f"{key}: {b64encode(value).decode()}" for key, value in values.items())
    head = f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: team-a}}"
    return f"{head}\ndata: {{{data}}}\n"


def text(folder: Path, url: str, verify: str) -> str:
    """The account of a request for these manifests."""
    authority, own = signed("Authority", authority=True), signed("shop.example.com")
    (folder / "shop.yaml").write_text(
        MANIFESTS.replace("VERIFY", verify)
        + secret("clients-ca", {"ca.crt": authority.pem})
        + secret("servers-ca", {"ca.crt": authority.pem})
        + secret("shop-tls", {"tls.crt": own.pem, "tls.key": own.key_pem})
    )
    result = CliRunner().invoke(explain, [url, "--manifests", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("verify", "verb"), [("on", "have to"), ("optional", "may")])
def test_the_certificate_that_clients_are_asked_for_is_told(tmp_path: Path, verify: str, verb: str) -> None:
    told = text(tmp_path, "https://shop.example.com/", verify)
    asked = (
        f"Clients {verb} show a certificate that files:team-a/clients-ca has signed; this one shows none.\n"
    )
    assert asked in told
    assert ("\nHeadgate answers (certificate-required):\n" in told) is (verify == "on")


def test_how_servers_are_spoken_to_is_told(tmp_path: Path) -> None:
    told = text(tmp_path, "https://shop.example.com/", "optional")
    how = "as shop.team-a.svc, verified by files:team-a/servers-ca"
    assert f"\nIts servers are spoken to over TLS, {how}.\nIts servers, by roundrobin:\n" in told


def relayed_text(folder: Path, url: str) -> str:
    """The account of a connection to an Ingress whose TLS is relayed."""
    option = 'headgate.dev/auth-tls-secret: clients-ca, headgate.dev/auth-tls-verify: "VERIFY"'
    manifests = MANIFESTS.replace(option, 'headgate.dev/ssl-passthrough: "true"')
    (folder / "shop.yaml").write_text(manifests)
    result = CliRunner().invoke(explain, [url, "--manifests", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_tells_that_a_host_is_relayed(tmp_path: Path) -> None:
    assert relayed_text(tmp_path, "https://shop.example.com/a") == (
        "A connection over TLS for shop.example.com, from 127.0.0.1\n\n"
        "By the name that it asks for (SNI) it is relayed undecrypted, as ingress team-a/shop says.\n"
        "No request is seen, and no rules are asked.\n\n"
        "The backend is files:team-a/shop:80, that of the route.\n"
        "Its servers, by roundrobin:\n"
        "  10.1.1.1:8443, weight 1: can be chosen\n"
    )


def test_plain_http_for_such_a_host_is_a_request_like_others(tmp_path: Path) -> None:
    told = relayed_text(tmp_path, "http://shop.example.com/a")
    assert "GET /a HTTP/1.1 for shop.example.com" in told
    assert "308" in told

"""`headgate explain`: manifests and a request in, the account of it out."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingress.cli.explain import explain
from ingress.explain import stage

MANIFESTS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: headgate}
spec: {controller: headgate.dev/ingress-controller}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: team-a
  annotations:
    headgate.dev/acl: |
      internal src 10.0.0.0/8 192.168.0.0/16
      admin path_beg /admin/
      canary cook(canary) always
    headgate.dev/http-request: |
      deny deny_status 404 if admin !internal
      redirect scheme https code 301 if { path /plain } !{ ssl_fc }
      tarpit if { path /slow }
      reject if { path /closed }
      set-header X-Client %[src]
      set-var(txn.team) str(blue)
      set-path /v2%[path] if { path_beg /api/ }
    headgate.dev/use-backend: canary:80 if canary
    headgate.dev/use-server: "%[hdr(x-server)] if { hdr(x-server) -m found }"
    headgate.dev/http-response: set-header X-Status %[status]
    headgate.dev/http-after-response: set-header X-Frame-Options DENY
spec:
  ingressClassName: headgate
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
      - {path: /blog, pathType: Exact, backend: {service: {name: canary, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: closed
  namespace: team-a
  annotations: {headgate.dev/http-request: dney}
spec:
  ingressClassName: headgate
  rules:
  - host: closed.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: form
  namespace: team-a
  annotations: {headgate.dev/http-request: "deny if { req.body_param(a) 1 }"}
spec:
  rules:
    - host: form.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: team-a}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: canary, namespace: team-a}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: shop-1, namespace: team-a, labels: {kubernetes.io/service-name: shop}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.1.1.1], conditions: {ready: true}, targetRef: {kind: Pod, name: shop-1-a}}]
"""


class Explain:
    """The command on one folder."""

    def __init__(self, folder: Path) -> None:
        (folder / "shop.yaml").write_text(MANIFESTS)
        self._manifests = ("--manifests", str(folder))

    def text(self, *words: str) -> str:
        """The account as text."""
        result = CliRunner().invoke(explain, [*words, *self._manifests], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def told(self, *words: str) -> dict[str, Any]:
        """The account as JSON says it."""
        told: dict[str, Any] = json.loads(self.text(*words, "--json"))
        return told

    def rule(self, start: str, *words: str) -> dict[str, Any]:
        """What is told of the rule that begins so."""
        [rule] = [rule for rule in self.told(*words)["rules"] if rule["text"].startswith(start)]
        return dict(rule)


@pytest.fixture
def explained(tmp_path: Path) -> Explain:
    return Explain(tmp_path)


def test_a_request_is_told_from_its_route_to_what_the_server_gets(explained: Explain) -> None:
    text = explained.text("shop.example.com/api/x?y=1", "--client", "10.2.3.4", "-H", "Cookie: a=b")
    assert text.startswith("GET /api/x?y=1 HTTP/1.1 for shop.example.com, from 10.2.3.4\n")
    for line in (
        "The route is shop.example.com prefix / of ingress team-a/shop.",
        '     -> X-Client: "10.2.3.4"',
        "     -> txn.team: blue",
        "     -> target: /v2/api/x?y=1",
        "The backend is files:team-a/shop:80, that of the route.",
        "  10.1.1.1:8080 (shop-1-a), weight 1: can be chosen",
        "  GET /v2/api/x?y=1 HTTP/1.1",
        "  Cookie: a=b",
        "  X-Client: 10.2.3.4",
        "  X-Forwarded-For: 10.2.3.4",
        "A bare 200 of the server becomes:",
        "  X-Status: 200",
    ):
        assert f"\n{line}\n" in text, line


def test_every_acl_of_a_rule_is_told_with_its_samples_and_what_matched(explained: Explain) -> None:
    rule = explained.rule("deny", "shop.example.com/admin/x", "--client", "192.168.7.9")
    assert rule["acls"] == [
        {
            "name": "admin",
            "tests": [
                {
                    "text": "path_beg /admin/",
                    "samples": ["/admin/x"],
                    "matched": "/admin/",
                    "holds": True,
                }
            ],
            "holds": True,
        },
        {
            "name": "internal",
            "tests": [
                {
                    "text": "src 10.0.0.0/8 192.168.0.0/16",
                    "samples": ["192.168.7.9"],
                    "matched": "192.168.0.0/16",
                    "holds": True,
                }
            ],
            "holds": True,
        },
    ]
    assert (rule["asked"], rule["holds"]) == (True, False)


def test_what_follows_a_decision_is_told_as_not_asked(explained: Explain) -> None:
    told = explained.told("shop.example.com/admin/x")
    assert (told["status"], told["reason"], told["answered"]) == (404, "denied", True)
    assert "sent" not in told
    asked = {rule["text"].split()[0]: rule["asked"] for rule in told["rules"]}
    assert asked["deny"] is asked["set-header"] is True  # the last set-header is about every answer
    assert asked["set-path"] is asked["files:team-a/canary:80"] is False
    assert told["answer"][0] == "HTTP/1.1 404 Not Found"


def test_another_backend_is_told_with_the_rule_that_chose_it(explained: Explain) -> None:
    told = explained.told("shop.example.com/", "-H", "Cookie: canary=always")
    assert told["backend"] == "files:team-a/canary:80"
    assert told["chosen_by"] == "files:team-a/canary:80 if canary"
    assert (told["status"], told["reason"]) == (503, "no-endpoints")


def test_a_rule_that_names_a_server_is_told_with_the_name(explained: Explain) -> None:
    rule = explained.rule("%[hdr(x-server)]", "http://shop.example.com/", "-H", "X-Server: shop-0")
    assert (rule["family"], rule["holds"]) == ("use-server", True)
    assert rule["effect"] == "names the server %[hdr(x-server)]"


def test_a_route_that_looks_better_is_told_why_it_lost(explained: Explain) -> None:
    text = explained.text("shop.example.com/blog/x")
    place = "shop.example.com exact /blog of ingress team-a/shop"
    assert f"  not {place}: it takes /blog exactly, and nothing else\n" in text


@pytest.mark.parametrize(
    ("url", "status", "effect"),
    [
        ("https://shop.example.com/plain", 200, ""),
        ("shop.example.com/plain", 301, "answers 301, Location: https://shop.example.com/plain"),
        ("shop.example.com/closed", 0, "closes the connection without an answer"),
    ],
)
def test_what_ends_a_request_is_told(explained: Explain, url: str, status: int, effect: str) -> None:
    told = explained.told(url)
    assert told.get("status", 0) == status
    effects = [
        rule.get("effect", "") for rule in told["rules"] if rule["text"].startswith(("redirect", "reject"))
    ]
    assert effect in effects


def test_a_closed_route_says_why(explained: Explain) -> None:
    text = explained.text("closed.example.com/")
    assert "It is closed: ingress team-a/closed: headgate.dev/http-request line 1, column 1: " in text
    assert "Headgate answers (route-closed):\n  HTTP/1.1 503" in text


def test_what_no_route_takes_gets_a_hint(explained: Explain) -> None:
    text = explained.text("www.shop.example.com/")
    assert "No route takes it." in text
    assert 'there is no host "www.shop.example.com"; the nearest name is "shop.example.com"' in text


def test_what_is_no_request_is_told_with_the_refusal(explained: Explain) -> None:
    told = explained.told("shop.example.com/", "-H", "Content-Length: +3")
    assert (told["status"], told["reason"]) == (400, "bad-request")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ftp://a.org/",), "is no URL"),
        (("http://a.org:99999/",), '"http://a.org:99999/" is no URL such as '),
        (("http://[::1/",), '"http://[::1/" is no URL such as '),
        (("shop.example.com", "-H", "no header"), "is no header line"),
        (("shop.example.com", "-H", "a: b\r\nc: d"), "is no header line"),
        (("shop.example.com", "-X", "G T"), "is no method"),
        (("shop.example.com", "--client", "10.1"), "10.1"),
    ],
)
def test_what_cannot_be_asked_is_refused(explained: Explain, words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(explain, [*words, "--manifests", "."])
    assert result.exit_code == 2
    assert said in result.output


def test_without_anything_to_ask_the_sources_are_named() -> None:
    result = CliRunner().invoke(explain, ["shop.example.com"])
    assert result.exit_code == 2
    assert "--manifests" in result.output


def test_rules_that_wait_for_a_body_are_told_with_it_or_say_that_it_is_missing(
    explained: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "PATIENCE", 0.1)
    url = ("form.example.com/", "-X", "POST")
    rule = explained.rule("deny", *url, "--data", "a=1&b=2")
    assert (rule["asked"], rule["holds"]) == (True, True)
    assert rule["acls"][0]["tests"][0]["samples"] == ["1"]
    assert "POST" in explained.text(*url)
    missing = explained.text(*url, "-H", "Content-Length: 7")
    assert "The rules wait for the body" in missing
    assert "No answer is given." in missing


SCOPES = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: edge, namespace: infra}
data: {http-request: "set-header X-Edge 1", http-after-response: "set-header X-Edge 2"}
---
apiVersion: v1
kind: Service
metadata:
  name: guarded
  namespace: team-a
  annotations: {headgate.dev/http-request: "deny deny_status 429 if { path /busy }"}
spec: {ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: guarded
  namespace: team-a
  annotations: {headgate.dev/http-request: "set-header X-Own 1"}
spec:
  ingressClassName: headgate
  rules:
  - host: guarded.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: guarded, port: {number: 80}}}}]}
"""


def test_a_request_that_no_route_takes_is_told_with_the_rules_for_all(tmp_path: Path) -> None:
    explained = Explain(tmp_path)
    (tmp_path / "scopes.yaml").write_text(SCOPES)
    settings = tmp_path / "headgate.conf"
    settings.write_text("platform-rules: infra/edge\n")
    told = explained.told("garded.example.com/a", "--config", str(settings))
    assert "route" not in told
    assert (told["status"], told["reason"], told.get("backend", "")) == (404, "no-route", "")
    assert [rule["scope"] for rule in told["rules"]] == ["platform", "platform"]
    assert "servers" not in told
    assert any("X-Edge" in line for line in told["answer"])
    text = explained.text("garded.example.com/a", "--config", str(settings))
    assert "No route takes it." in text
    assert 'the nearest name is "guarded.example.com"' in text


def test_the_rules_of_all_scopes_are_told_in_the_order_in_which_they_are_asked(tmp_path: Path) -> None:
    explained = Explain(tmp_path)
    (tmp_path / "scopes.yaml").write_text(SCOPES)
    settings = tmp_path / "headgate.conf"
    settings.write_text("platform-rules: infra/edge\n")
    told = explained.told("guarded.example.com/busy", "--config", str(settings))
    assert [
        (rule.get("scope", "route"), rule["family"], rule.get("effect", "")) for rule in told["rules"]
    ] == [
        ("platform", "http-request", 'X-Edge: "1"'),
        ("route", "http-request", 'X-Own: "1"'),
        ("backend", "http-request", "answers 429"),
        ("platform", "http-after-response", 'X-Edge: "2"'),
    ]
    assert told["status"] == 429
    text = explained.text("guarded.example.com/busy", "--config", str(settings))
    titles = [line for line in text.splitlines() if line.startswith("Rules about")]
    assert titles == [
        "Rules about the request, of the platform:",
        "Rules about the request:",
        "Rules about the request, of the backend:",
        "Rules about every answer, of the platform:",
    ]

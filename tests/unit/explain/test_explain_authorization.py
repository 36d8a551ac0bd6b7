"""`headgate explain` where somebody else says who may pass: of a request that is played nobody is asked."""

from pathlib import Path

import pytest

from tests.unit.explain.test_explain import Explain

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: guarded
  namespace: team-a
  annotations:
    headgate.dev/auth-url: http://127.0.0.1:9/verify
    headgate.dev/auth-response-headers: X-User
    headgate.dev/limit-rps: "10"
    headgate.dev/http-request: |
      deny if { path /shut }
      set-header X-Own 1
spec:
  ingressClassName: headgate
  rules:
  - host: guarded.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
"""


@pytest.fixture
def explained(tmp_path: Path) -> Explain:
    (tmp_path / "guarded.yaml").write_text(INGRESS)
    return Explain(tmp_path)


def test_it_tells_who_would_be_asked_and_goes_on_as_if_the_request_might_pass(explained: Explain) -> None:
    text = explained.text("guarded.example.com/cart", "-H", "X-User: root")
    assert "authorize at http://127.0.0.1:9/verify" in text
    assert (
        "would ask http://127.0.0.1:9/verify; nobody is asked here, and the request is taken to pass" in text
    )
    assert "limit-rate 10/1s burst 50 by src\n     -> counts the request, which is within the limit" in text
    assert "A bare 200 of the server becomes:" in text
    assert "root" not in text.partition("The server gets:")[2]


def test_who_is_refused_in_front_is_not_asked_about(explained: Explain) -> None:
    account = explained.told("guarded.example.com/shut")
    asked = {rule["text"].split()[0]: rule["asked"] for rule in account["rules"]}
    assert asked == {"limit-rate": True, "deny": True, "authorize": False, "set-header": False}

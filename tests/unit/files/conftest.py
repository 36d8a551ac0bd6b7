"""Manifests as people write them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: team-a
spec:
  rules:
  - host: {name}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {{service: {{name: {name}, port: {{number: 80}}}}}}
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: team-a}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {name}-1
  namespace: team-a
  labels: {{kubernetes.io/service-name: {name}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{address}]}}]
"""


@pytest.fixture
def ingress() -> Callable[[str], str]:
    return lambda name: INGRESS.format(name=name)


@pytest.fixture
def shop() -> Callable[..., str]:
    """An Ingress with its Service and one endpoint."""
    return lambda name="shop", address="127.0.0.1": (
        INGRESS.format(name=name) + SERVICE.format(name=name, address=address)
    )


@pytest.fixture
def replace() -> Callable[[Path, str], None]:
    """Write a file aside and move it into its place, as careful programs do."""

    def replace(path: Path, text: str) -> None:
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(text)
        os.replace(aside, path)

    return replace

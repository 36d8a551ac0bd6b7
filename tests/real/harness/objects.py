"""Kubernetes objects as the tests write them: only what matters, the rest by default."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

Json = dict[str, Any]
NETWORKING = "networking.k8s.io/v1"
DISCOVERY = "discovery.k8s.io/v1"
CLASS = "headgate"
CONTROLLER = "headgate.dev/ingress-controller"


class Endpoint(Struct, frozen=True):
    """A pod as an EndpointSlice shows it."""

    address: str
    ready: bool = True
    terminating: bool = False
    serving: bool = True


def namespace(name: str) -> Json:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def ingress_class(name: str = CLASS, controller: str = CONTROLLER) -> Json:
    """A class that is ours."""
    return {
        "apiVersion": NETWORKING,
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": controller},
    }


def ingress(where: str, name: str, host: str, service: str, **extra: Any) -> Json:
    """One host whose every path goes to one service. Extra: `annotations`, `tls` (a Secret's name)."""
    backend = {"service": {"name": service, "port": {"number": 80}}}
    path = {"path": extra.get("path", "/"), "pathType": "Prefix", "backend": backend}
    spec: Json = {"ingressClassName": CLASS, "rules": [{"host": host, "http": {"paths": [path]}}]}
    if "tls" in extra:
        spec["tls"] = [{"hosts": [host], "secretName": extra["tls"]}]
    return {
        "apiVersion": NETWORKING,
        "kind": "Ingress",
        "metadata": {"namespace": where, "name": name, "annotations": extra.get("annotations", {})},
        "spec": spec,
    }


def service(where: str, name: str, annotations: Json | None = None) -> Json:
    """A service with one unnamed port, 80."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": where, "name": name, "annotations": annotations or {}},
        "spec": {"ports": [{"port": 80, "protocol": "TCP"}]},
    }


def endpoint_slice(where: str, of: str, endpoints: Iterable[Endpoint], suffix: str = "1") -> Json:
    """A slice of a service's endpoints, all on port 80."""
    return {
        "apiVersion": DISCOVERY,
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": where,
            "name": f"{of}-{suffix}",
            "labels": {"kubernetes.io/service-name": of},
        },
        "addressType": "IPv4",
        "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
        "endpoints": [in_slice(endpoint) for endpoint in endpoints],
    }


def in_slice(endpoint: Endpoint) -> Json:
    """An endpoint as a slice has it."""
    conditions = {
        "ready": endpoint.ready,
        "serving": endpoint.serving,
        "terminating": endpoint.terminating,
    }
    return {"addresses": [endpoint.address], "conditions": conditions}


def secret(where: str, name: str, values: Mapping[str, bytes]) -> Json:
    """A Secret of no particular type."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": where, "name": name},
        "stringData": {key: value.decode() for key, value in values.items()},
    }


def configmap(where: str, name: str, data: Mapping[str, str]) -> Json:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": where, "name": name},
        "data": dict(data),
    }


def tls_secret(where: str, name: str, chain: bytes, key: bytes) -> Json:
    """A certificate and its key."""
    data = {"tls.crt": chain.decode(), "tls.key": key.decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"namespace": where, "name": name},
        "stringData": data,
    }

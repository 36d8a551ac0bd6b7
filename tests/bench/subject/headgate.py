"""Headgate on a folder of manifests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import structs

from tests.bench.site import REFUSED_AGENT, Route, Site
from tests.bench.subject.subject import Subject
from tests.real.harness import objects

ROOT = Path(__file__).resolve().parents[3]
ACL = f"is_bot hdr_sub(user-agent) -i {REFUSED_AGENT}"
RULES = "deny if is_bot"
NAMESPACE = "site"


PLAIN = ROOT / ".cache/bench-plain/bin/python"
"""An environment of the interpreter that is measured on, with the sources as they are."""
COMPILED = ROOT / ".cache/bench-compiled/bin/python"
"""An environment of its own, with the compiled wheel."""


def headgate_compiled(site: Site, port: int, admin: int) -> Subject:
    """The same from the compiled wheel."""
    plain = headgate(site, port, admin)
    return structs.replace(
        plain,
        name="Headgate, compiled",
        command=[str(COMPILED), *plain.command[1:]],
        version=[str(COMPILED), "--version"],
        shown=[],
        env={},
    )


def headgate(site: Site, port: int = 18080, admin: int = 19900) -> Subject:
    """One worker, as the files are; the access log goes to a file, metrics are on as always."""
    options = ["--manifests", "manifests", "--http", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}"]
    options += ["--workers", "1", "--access-log", "headgate.log", "--trusted-proxy", "127.0.0.1/32"]
    return Subject(
        "Headgate",
        [str(PLAIN), "-m", "ingress.main", "run", *options],
        port,
        {f"manifests/{host}.yaml": manifest(site, host) for host in site.host_names()},
        [f"manifests/{site.host_names()[0]}.yaml"],
        [str(PLAIN), "--version"],
        {"PYTHONPATH": str(ROOT)},
    )


def manifest(site: Site, host: str) -> str:
    """One host: its Ingress, and the Service and slice of each path. JSON is YAML too."""
    texts = [json.dumps(one) for one in documents(site, host)]
    return "\n---\n".join(texts) + "\n"


def documents(site: Site, host: str) -> Iterator[dict[str, Any]]:
    """The objects of one host."""
    routes = site.routes_of(host)
    yield ingress(host, routes)
    for route in routes:
        yield objects.service(NAMESPACE, route.service)
        yield endpoint_slice(site, route.service)


def ingress(host: str, routes: list[Route]) -> dict[str, Any]:
    """An Ingress with all paths of a host and the deny rule."""
    paths = [
        {
            "path": route.path,
            "pathType": "Prefix",
            "backend": {"service": {"name": route.service, "port": {"number": 80}}},
        }
        for route in routes
    ]
    return {
        "apiVersion": objects.NETWORKING,
        "kind": "Ingress",
        "metadata": {
            "namespace": NAMESPACE,
            "name": host.partition(".")[0],
            "annotations": {"headgate.dev/acl": ACL, "headgate.dev/http-request": RULES},
        },
        "spec": {"rules": [{"host": host, "http": {"paths": paths}}]},
    }


def endpoint_slice(site: Site, service: str) -> dict[str, Any]:
    """The servers as a slice, which has one port for all of them."""
    addresses = [server.partition(":")[0] for server in site.servers]
    return {
        "apiVersion": objects.DISCOVERY,
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": NAMESPACE,
            "name": f"{service}-1",
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
        "ports": [{"name": "", "port": int(site.servers[0].partition(":")[2]), "protocol": "TCP"}],
    }

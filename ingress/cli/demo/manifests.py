"""The demo's manifests: a folder that is changed as a user or a cluster would change it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

HOST: Final = "shop.localhost"
SHOP: Final = "shop"
BLOG: Final = "blog"

GUARD: Final = {
    "headgate.dev/acl": "url_admin path_beg /admin\n",
    "headgate.dev/http-request": "deny deny_status 403 if url_admin\n",
}
GUARD_AND_BLOG: Final = {
    "headgate.dev/acl": "url_admin path_beg /admin\nurl_blog  path_beg /blog\n",
    "headgate.dev/http-request": "deny deny_status 403 if url_admin\n",
    "headgate.dev/use-backend": "blog:80 if url_blog\n",
}


class Manifests:
    """The folder. Each change is one rename or removal, so nobody ever reads half a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_services(self) -> None:
        """The Services."""
        for name in (SHOP, BLOG):
            self._write(f"service-{name}", service(name))

    def write_ingress(self, annotations: Mapping[str, str]) -> None:
        """The Ingress, with these annotations."""
        self._write("ingress", ingress(annotations))

    def list_endpoint(self, service_name: str, server: str, port: int) -> None:
        """A server takes part from now on."""
        self._write(f"endpoint-{server}", endpoint_slice(service_name, server, port))

    def unlist_endpoint(self, server: str) -> None:
        """It takes part no more."""
        (self.folder / f"endpoint-{server}.yaml").unlink(missing_ok=True)

    def _write(self, name: str, manifest: Mapping[str, object]) -> None:
        hidden = self.folder / f".{name}.new"
        hidden.write_text(yaml.safe_dump(manifest, sort_keys=False, default_style=None))
        os.replace(hidden, self.folder / f"{name}.yaml")


def ingress(annotations: Mapping[str, str]) -> dict[str, object]:
    """An Ingress that sends a host's requests to the shop."""
    backend = {"service": {"name": SHOP, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": SHOP, "annotations": dict(annotations)},
        "spec": {"rules": [{"host": HOST, "http": {"paths": [path]}}]},
    }


def service(name: str) -> dict[str, object]:
    """A Service."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }


def endpoint_slice(service_name: str, server: str, port: int) -> dict[str, object]:
    """An EndpointSlice of one server: on one address each has a port of its own, so a slice of its own."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": server, "labels": {"kubernetes.io/service-name": service_name}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
    }

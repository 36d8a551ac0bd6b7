"""Caddy with the routes of a site."""

import json
from collections.abc import Sequence
from typing import Any

from tests.bench.site import REFUSED_AGENT, Site
from tests.bench.subject.subject import Subject
from tests.bench.subject.traefik import ROOT

PROGRAM = ROOT / ".cache" / "bench-venv" / "bin" / "caddy"
KEPT = 64
"""Connections to each server that a service keeps; by itself it keeps 32, fewer than the load has."""


def caddy(site: Site, port: int, admin: int) -> Subject:
    """One thread; log to a file, metrics on."""
    return Subject(
        "Caddy",
        [str(PROGRAM), "run", "--config", "caddy.json"],
        port,
        {
            "caddy.json": json.dumps(configuration(site, port, admin)),
            "caddy.head": json.dumps(configuration(Site(1, 1, site.servers), port, admin), indent=1),
        },
        ["caddy.head"],
        [str(PROGRAM), "version"],
        # It wants to write where it keeps certificates.
        {"GOMAXPROCS": "1", "XDG_DATA_HOME": ".", "XDG_CONFIG_HOME": "."},
    )


def configuration(site: Site, port: int, admin: int) -> dict[str, Any]:
    """All of it. The rule is asked first; a host is a route with a route for each path below it."""
    bot = {"match": [{"header": {"User-Agent": [f"*{REFUSED_AGENT}*"]}}], "handle": [_status(403)]}
    server = {
        "listen": [f"127.0.0.1:{port}"],
        "routes": [bot, *(_host(site, host) for host in site.host_names()), {"handle": [_status(404)]}],
        "automatic_https": {"disable": True},
        "trusted_proxies": {"source": "static", "ranges": ["127.0.0.1/32"]},
        "logs": {},
    }
    writer = {"output": "file", "filename": "caddy.log", "roll": False}
    return {
        "admin": {"listen": f"127.0.0.1:{admin}", "config": {"persist": False}},
        "logging": {"logs": {"default": {"writer": writer, "encoder": {"format": "json"}}}},
        "apps": {"http": {"servers": {"site": server}, "metrics": {}}},
    }


def _status(code: int) -> dict[str, Any]:
    return {"handler": "static_response", "status_code": code}


def _host(site: Site, host: str) -> dict[str, Any]:
    routes = [_path(route.path, site.servers) for route in site.routes_of(host)]
    return {
        "match": [{"host": [host]}],
        "handle": [{"handler": "subroute", "routes": routes}],
    }


def _path(path: str, servers: Sequence[str]) -> dict[str, Any]:
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": server} for server in servers],
        "transport": {"protocol": "http", "keep_alive": {"max_idle_conns_per_host": KEPT}},
    }
    return {"match": [{"path": [path, f"{path}/*"]}], "handle": [proxy], "terminal": True}

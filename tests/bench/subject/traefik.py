"""Traefik with the routes of a site, from a file."""

import json
from pathlib import Path
from typing import Any

from tests.bench.site import Site
from tests.bench.subject.subject import Subject

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / ".cache" / "bench-venv" / "bin" / "traefik"
STATIC = """\
entryPoints:
  site: {{address: "127.0.0.1:{port}", forwardedHeaders: {{trustedIPs: ["127.0.0.1/32"]}}}}
  metrics: {{address: "127.0.0.1:{metrics}"}}
serversTransport: {{maxIdleConnsPerHost: 1000}}
providers: {{file: {{filename: routes.yaml, watch: false}}}}
accessLog: {{filePath: traefik.log, format: json, bufferingSize: 128}}
metrics: {{prometheus: {{entryPoint: metrics}}}}
log: {{level: ERROR}}
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
"""


def traefik(site: Site, port: int, metrics: int) -> Subject:
    """One thread; log to a file through a buffer, metrics on. It cannot deny, so it does not."""
    static = STATIC.format(port=port, metrics=metrics)
    return Subject(
        "Traefik",
        [str(PROGRAM), "--configfile=traefik.yaml"],
        port,
        {"traefik.yaml": static, "routes.yaml": json.dumps(dynamic(site))},
        ["traefik.yaml"],
        [str(PROGRAM), "version"],
        {"GOMAXPROCS": "1"},
    )


def dynamic(site: Site) -> dict[str, Any]:
    """Routers and services."""
    routers: dict[str, Any] = {
        route.service: {
            "rule": f"Host(`{route.host}`) && PathPrefix(`{route.path}`)",
            "service": route.service,
        }
        for route in site.routes()
    }
    servers = [{"url": f"http://{address}"} for address in site.servers]
    services = {route.service: {"loadBalancer": {"servers": servers}} for route in site.routes()}
    return {"http": {"routers": routers, "services": services}}

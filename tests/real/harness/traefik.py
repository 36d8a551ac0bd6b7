"""A real Traefik of the tests, that takes its routes from the same Consul."""

import json
from pathlib import Path
from urllib.request import urlopen

from tests.real.harness.binaries import binary
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.daemon import Daemon

ADDRESS = "10.244.0.1"
PORT = 8000
TLS_PORT = 8443
PG_PORT = 5433
API = 8001


class Traefik:
    """One Traefik; its entry points are `web`, without TLS, `websecure`, and `pg` for TCP."""

    def __init__(self, folder: Path):
        options = [
            f"--entrypoints.web.address={ADDRESS}:{PORT}",
            f"--entrypoints.websecure.address={ADDRESS}:{TLS_PORT}",
            f"--entrypoints.pg.address={ADDRESS}:{PG_PORT}",
            f"--entrypoints.traefik.address=127.0.0.1:{API}",
            "--api.insecure=true",
            "--ping=true",
            f"--providers.consulcatalog.endpoint.address={AGENT}",
            "--providers.consulcatalog.exposedbydefault=false",
            "--providers.consulcatalog.refreshinterval=200ms",
            "--providers.providersthrottleduration=50ms",
            "--global.checknewversion=false",
            "--log.level=WARN",
        ]
        self.daemon = Daemon("traefik", [binary("traefik"), *options], folder / "traefik.log")

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.daemon.start()
        self.daemon.wait_until(self.is_ready)

    def is_ready(self) -> bool:
        """Whether `/ping` answers."""
        try:
            with urlopen(f"http://127.0.0.1:{API}/ping", timeout=1.0):
                return True
        except OSError:
            return False

    def routers(self) -> set[str]:
        """The names of the routers that it serves."""
        with urlopen(f"http://127.0.0.1:{API}/api/http/routers?per_page=1000", timeout=5.0) as answer:
            return {router["name"] for router in json.load(answer) if router["status"] == "enabled"}

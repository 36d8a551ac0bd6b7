"""Headgate and Traefik on a Consul on loopback."""

import sys

from tests.bench.subject.headgate import ROOT
from tests.bench.subject.subject import Subject
from tests.bench.subject.traefik import PROGRAM
from tests.real.harness.consul import ADDRESS as AGENT

ADDRESS = "10.244.0.1"
HTTPS = 8501
"""The port at which the agent speaks TLS, if it does."""


def headgate_on(authority: bytes = b"") -> Subject:
    """One worker, state kept on disk, log and metrics on; over TLS, if it is told whom to trust."""
    secure = ["--consul", f"https://localhost:{HTTPS}", "--consul-ca-file", "ca.pem"]
    options = secure if authority else ["--consul", f"http://{AGENT}"]
    options += ["--http", f"{ADDRESS}:80", "--workers", "1"]
    options += ["--access-log", "headgate.log", "--state-dir", "state"]
    command = [sys.executable, "-m", "ingress.main", "run", *options]
    version = [sys.executable, "--version"]
    files = {"state/.keep": "", "ca.pem": authority.decode()}
    return Subject("Headgate", command, 80, files, [], version, {"PYTHONPATH": str(ROOT)}, ADDRESS)


def traefik_on(*, watch: bool) -> Subject:
    """Its catalog provider as it comes, or with `watch`; log and metrics on."""
    provider = "--providers.consulcatalog"
    options = [
        f"--entrypoints.web.address={ADDRESS}:80",
        f"{provider}.endpoint.address={AGENT}",
        f"{provider}.exposedbydefault=false",
        f"{provider}.watch={str(watch).lower()}",
        "--accesslog.filepath=traefik.log",
        "--metrics.prometheus=true",
        "--log.level=ERROR",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]
    program = str(PROGRAM)
    return Subject("Traefik", [program, *options], 80, {}, [], [program, "version"], {}, ADDRESS)

"""Headgate and Traefik on a Consul on loopback."""

import sys

from tests.bench.subject.headgate import ROOT
from tests.bench.subject.subject import Subject
from tests.bench.subject.traefik import PROGRAM
from tests.real.harness.consul import ADDRESS as AGENT

ADDRESS = "10.244.0.1"


def headgate_on() -> Subject:
    """One worker, state kept on disk, log and metrics on."""
    options = ["--consul", f"http://{AGENT}", "--http", f"{ADDRESS}:80", "--workers", "1"]
    options += ["--access-log", "headgate.log", "--state-dir", "state"]
    command = [sys.executable, "-m", "ingress.main", "run", *options]
    version = [sys.executable, "--version"]
    files = {"state/.keep": ""}
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

"""The ingress controllers on a real API server: Headgate and Traefik, each owning the class of the tests."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from tests.bench.subject.headgate import ROOT
from tests.bench.subject.subject import Subject
from tests.bench.subject.traefik import PROGRAM
from tests.real.harness import objects
from tests.real.harness.cluster import ADMIN_TOKEN, HOST, PORT, Cluster

ADDRESS = "10.244.0.1"


def headgate_on(cluster: Cluster) -> Subject:
    """One worker, state kept on disk, log and metrics on."""
    options = ["--kubeconfig", str(cluster.kubeconfig()), "--http", f"{ADDRESS}:80", "--workers", "1"]
    options += ["--access-log", "headgate.log", "--state-dir", "state"]
    return Subject(
        "Headgate",
        [sys.executable, "-m", "ingress.main", "run", *options],
        80,
        {"state/.keep": ""},
        [],
        [sys.executable, "--version"],
        {"PYTHONPATH": str(ROOT)},
        ADDRESS,
    )


def traefik_on(cluster: Cluster) -> Subject:
    """Its Ingress provider as it comes, log and metrics on."""
    provider = "--providers.kubernetesingress"
    options = [
        f"--entrypoints.web.address={ADDRESS}:80",
        f"{provider}.endpoint=https://{HOST}:{PORT}",
        f"{provider}.token={ADMIN_TOKEN}",
        f"{provider}.certauthfilepath={cluster.certificate}",
        "--accesslog.filepath=traefik.log",
        "--metrics.prometheus=true",
        "--log.level=ERROR",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]
    return Subject("Traefik", [str(PROGRAM), *options], 80, {}, [], [str(PROGRAM), "version"], {}, ADDRESS)


ON_CLUSTER: Final[Mapping[str, Callable[[Cluster], Subject]]] = {
    "Headgate": headgate_on,
    "Traefik": traefik_on,
}
CONTROLLERS: Final[Mapping[str, str]] = {
    "Headgate": objects.CONTROLLER,
    "Traefik": "traefik.io/ingress-controller",
}


def subject_on(cluster: Cluster, name: str) -> Subject:
    """The controller of that name; the class of the tests is its own from now on."""
    # The controller of a class cannot be changed, so the class is made anew.
    cluster.admin.delete(objects.ingress_class())
    cluster.admin.apply(objects.ingress_class(controller=CONTROLLERS[name]))
    return ON_CLUSTER[name](cluster)

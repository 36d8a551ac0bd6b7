"""A cluster with thousands of Ingresses; made once, and kept as the data folder of etcd."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.result import ROOT
from tests.real.harness import objects
from tests.real.harness.api import Api, path_of
from tests.real.harness.cluster import Cluster
from tests.real.harness.objects import Endpoint

NAMESPACE = "crowd"
PORT = 8000
"""The port of all endpoints of the crowd; the pods of a row are on port 80."""
ENDPOINTS = 5
WRITERS = 8
SNAPSHOTS = ROOT / ".cache" / "bench-etcd"


def host(number: int) -> str:
    """The host of an Ingress of the crowd."""
    return f"crowd-{number}.example.com"


def address(number: int) -> str:
    """The address of an endpoint; all of 10.244.0.0/16 is ours."""
    return f"10.244.{1 + number // 250}.{1 + number % 250}"


def members(number: int) -> Iterator[objects.Json]:
    """An Ingress, its Service and a slice of five endpoints that nobody else has."""
    name = f"crowd-{number}"
    yield objects.service(NAMESPACE, name)
    endpoints = [Endpoint(address(number * ENDPOINTS + index)) for index in range(ENDPOINTS)]
    slice_ = objects.endpoint_slice(NAMESPACE, name, endpoints)
    slice_["ports"] = [{"name": "", "port": PORT, "protocol": "TCP"}]
    yield slice_
    yield objects.ingress(NAMESPACE, name, host(number), name)


def start(folder: Path, count: int) -> Cluster:
    """A running cluster with so many Ingresses."""
    snapshot = SNAPSHOTS / str(count)
    if snapshot.exists():
        shutil.copytree(snapshot, folder / "etcd")
    cluster = Cluster(folder)
    cluster.start()
    if not snapshot.exists():
        fill(cluster.admin, count)
        keep(cluster, snapshot)
    return cluster


def fill(api: Api, count: int) -> None:
    """Write all objects."""
    print(f"bench: writing {count} Ingresses to an API server", file=sys.stderr, flush=True)
    api.apply(objects.ingress_class(), objects.namespace(NAMESPACE))
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(lambda number: write(api, number), range(count), chunksize=50):
            pass


def write(api: Api, number: int) -> None:
    """Create the objects of one member."""
    for one in members(number):
        create(api, one)


def create(api: Api, object_: dict[str, Any]) -> None:
    """A plain POST, which costs the API server less than an apply."""
    path = path_of(object_["kind"], object_["apiVersion"], object_["metadata"]["namespace"])
    api.call("POST", path, object_)


def keep(cluster: Cluster, snapshot: Path) -> None:
    """Keep the data for the next run; both servers are stopped for that, and started again."""
    cluster.server.kill()
    cluster.etcd.stop()
    unfinished = snapshot.with_name(f".{snapshot.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(cluster.folder / "etcd", unfinished)
    unfinished.rename(snapshot)
    cluster.etcd.start()
    cluster.start_server()

"""Where replicas keep their shifts alike, from settings."""

import asyncio
import os
import socket
from typing import Final

from discovery.shift.record_store import RecordStore
from ingress.model.settings import Settings

CLUSTER: Final = "kubernetes:"
KEY: Final = "consul:"


def record_store(settings: Settings) -> RecordStore | None:
    """The store that the settings name; None: each replica goes on by itself."""
    place = settings.shift_record
    if place.startswith(CLUSTER) and settings.kubernetes is not None:
        return _in_cluster(settings.kubernetes.kubeconfig, place.removeprefix(CLUSTER))
    if place.startswith(KEY) and settings.consul.url:
        return _in_consul(settings, place.removeprefix(KEY))
    return None


def replica_name() -> str:
    """A name that no other process has, and that people can make something of."""
    return f"{socket.gethostname()}-{os.urandom(3).hex()}"


def _in_cluster(kubeconfig: str, place: str) -> RecordStore:
    # Its libraries take memory, which a process without this source need not carry.
    from discovery.kubernetes.api import Api  # noqa: PLC0415
    from discovery.kubernetes.record import ConfigMapRecord  # noqa: PLC0415
    from discovery.kubernetes.timings import Timings  # noqa: PLC0415
    from ingress.cli.kubernetes_source import cluster_credentials  # noqa: PLC0415

    namespace, _, name = place.partition("/")
    credentials = cluster_credentials(kubeconfig)
    return ConfigMapRecord(
        lambda: Api(credentials, Timings(), asyncio.get_running_loop().time), namespace, name
    )


def _in_consul(settings: Settings, key: str) -> RecordStore:
    from discovery.consul.record import KeyRecord  # noqa: PLC0415
    from ingress.cli.consul_source import consul_api  # noqa: PLC0415

    return KeyRecord(lambda: consul_api(settings.consul), key)

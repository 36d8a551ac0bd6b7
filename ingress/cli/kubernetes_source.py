"""A Kubernetes API server as a source, from settings."""

import random
import time

from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.credentials import from_kubeconfig, from_service_account
from discovery.kubernetes.source import KubernetesOptions, KubernetesSource
from discovery.source import Sink
from ingress.model.settings import KubernetesSettings


def kubernetes_source(
    kubernetes: KubernetesSettings, namespaces: tuple[str, ...], options: ClusterOptions
) -> KubernetesSource:
    """The source, which is called as `options` say."""
    path = kubernetes.kubeconfig
    credentials = from_kubeconfig(path) if path else from_service_account()

    def make_cluster(sink: Sink) -> Cluster:
        return Cluster(options, sink, time.time)

    return KubernetesSource(
        KubernetesOptions(options.source, credentials, namespaces), make_cluster, time.time, random.random
    )

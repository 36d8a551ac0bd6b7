"""A Kubernetes API server as a source, from settings."""

import random
import time

from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.credentials import Credentials, from_kubeconfig, from_service_account
from discovery.kubernetes.source import KubernetesOptions, KubernetesSource
from discovery.source import Sink
from ingress.model.settings import KubernetesSettings


def kubernetes_source(
    kubernetes: KubernetesSettings, namespaces: tuple[str, ...], options: ClusterOptions
) -> KubernetesSource:
    """The source, which is called as `options` say."""
    credentials = cluster_credentials(kubernetes.kubeconfig)

    def make_cluster(sink: Sink) -> Cluster:
        return Cluster(options, sink, time.time)

    return KubernetesSource(
        KubernetesOptions(options.source, credentials, namespaces), make_cluster, time.time, random.random
    )


def cluster_credentials(kubeconfig: str) -> Credentials:
    """By this file, or those of the pod that this runs in."""
    return from_kubeconfig(kubeconfig) if kubeconfig else from_service_account()

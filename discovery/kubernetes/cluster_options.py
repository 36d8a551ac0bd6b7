"""How the objects of a cluster are read."""

from msgspec import Struct

from discovery.pooling import Partner
from ingress.model.backend import BackendSettings


class ClusterOptions(Struct, frozen=True, omit_defaults=True):
    """What a source says of itself and its surroundings."""

    source: str
    """The name of the source: the first part of the names of its backends."""
    ingress_class: str = "headgate"
    controller_name: str = "headgate.dev/ingress-controller"
    watch_without_class: bool = False
    default_backend: str = ""
    """`NAMESPACE/SERVICE:PORT` for requests that no route takes; empty: none."""
    platform_rules: str = ""
    """`NAMESPACE/CONFIGMAP` with rules that come before those of all routes; empty: none."""
    default_certificate: str = ""
    """`NAMESPACE/SECRET` for clients that ask for a host without a certificate; empty: none."""
    allow_loopback: bool = False
    """Take endpoints on loopback and link-local addresses: for manifests on one's own machine."""
    allow_other_namespaces: bool = False
    """Let `use-backend` name Services of other namespaces, whose owners have no say in it."""
    zone: str = ""
    node: str = ""
    """Where this instance runs, for topology hints; empty: unknown."""
    family: str = ""
    """`IPv4` or `IPv6`: used for pods that have both; empty: the first one of the Service."""
    partner: Partner = Partner()
    """The Consul that pools may take instances of."""
    backend: BackendSettings = BackendSettings()
    """What a backend has where its Service does not say."""

"""The Kubernetes objects that are read, with only the fields that are used, and the kinds they are of.

Go writes an empty list as `null` here and there, and people leave values out of manifests, so what
the API marks as optional may be None.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from msgspec import Struct, field


class Record(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What all parts of objects have in common: their fields are spelled as the API spells them."""


class ObjectMeta(Record, frozen=True, gc=False):
    """What names an object, and its annotations."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = None
    annotations: dict[str, str] | None = None


# --- Ingress, networking.k8s.io/v1


class ServicePortReference(Record, frozen=True, gc=False):
    """A port of a Service, by number or by name."""

    number: int | None = None
    name: str | None = None


class ServiceReference(Record, frozen=True, gc=False):
    """A Service in the namespace of the object that refers to it."""

    name: str
    port: ServicePortReference | None = None


class ResourceReference(Record, frozen=True, gc=False):
    """Any other object as a backend, which Headgate does not serve."""

    kind: str = ""
    name: str = ""


class IngressBackend(Record, frozen=True, gc=False):
    """Where the requests of a path go."""

    service: ServiceReference | None = None
    resource: ResourceReference | None = None


class IngressPath(Record, frozen=True, gc=False):
    """One path of a rule."""

    backend: IngressBackend
    path: str | None = None
    path_type: str | None = None


class IngressHttp(Record, frozen=True, gc=False):
    """The paths of a rule."""

    paths: tuple[IngressPath, ...] | None = None


class IngressRule(Record, frozen=True, gc=False):
    """A host and its paths."""

    host: str | None = None
    http: IngressHttp | None = None


class IngressTls(Record, frozen=True, gc=False):
    """A Secret with a certificate, and the hosts it is for."""

    hosts: tuple[str, ...] | None = None
    secret_name: str | None = None


class IngressSpec(Record, frozen=True, gc=False):
    """What an Ingress asks for."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] | None = None
    tls: tuple[IngressTls, ...] | None = None


class IngressObject(Record, frozen=True, gc=False):
    """An Ingress."""

    metadata: ObjectMeta
    spec: IngressSpec | None = None


class ClassParameters(Record, frozen=True, gc=False):
    """An object with the rules of a class: of Headgate, a ConfigMap."""

    kind: str = ""
    name: str = ""
    api_group: str | None = None
    namespace: str | None = None


class IngressClassSpec(Record, frozen=True, gc=False):
    """Which controller serves a class."""

    controller: str = ""
    parameters: ClassParameters | None = None


class IngressClassObject(Record, frozen=True, gc=False):
    """An IngressClass."""

    metadata: ObjectMeta
    spec: IngressClassSpec | None = None


# --- Service, v1


class ServicePort(Record, frozen=True, gc=False):
    """A port of a Service; `name` is empty when it is the only one."""

    port: int
    name: str | None = None
    protocol: str | None = None
    target_port: int | str | None = None
    app_protocol: str | None = None


class ServiceSpec(Record, frozen=True, gc=False):
    """What a Service asks for."""

    type: str | None = None
    external_name: str | None = None
    ports: tuple[ServicePort, ...] | None = None
    ip_families: tuple[str, ...] | None = None


class ServiceObject(Record, frozen=True, gc=False):
    """A Service."""

    metadata: ObjectMeta
    spec: ServiceSpec | None = None


# --- EndpointSlice, discovery.k8s.io/v1


class SliceLabels(Record, frozen=True, gc=False):
    """The one label of a slice that counts: whose it is."""

    service: str = field(default="", name="kubernetes.io/service-name")


class SliceAnnotations(Record, frozen=True, gc=False):
    """The one annotation of a slice that counts: when that happened which changed it."""

    cause: str = field(default="", name="endpoints.kubernetes.io/last-change-trigger-time")


class SliceMeta(Record, frozen=True, gc=False):
    """What names a slice, and its service."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: SliceLabels | None = None
    annotations: SliceAnnotations | None = None


class EndpointConditions(Record, frozen=True, gc=False):
    """The state of an endpoint; None means what `discovery.kubernetes.endpoints` says it means."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class TargetReference(Record, frozen=True, gc=False):
    """The pod behind an endpoint."""

    name: str = ""
    uid: str = ""


class Named(Record, frozen=True, gc=False):
    """A zone or node that a hint names."""

    name: str = ""


class EndpointHints(Record, frozen=True, gc=False):
    """Which zones and nodes an endpoint is meant for."""

    for_zones: tuple[Named, ...] | None = None
    for_nodes: tuple[Named, ...] | None = None


class EndpointObject(Record, frozen=True, gc=False):
    """One endpoint of a slice."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions | None = None
    hints: EndpointHints | None = None
    target_ref: TargetReference | None = None
    zone: str | None = None


class EndpointPort(Record, frozen=True, gc=False):
    """A port that all endpoints of a slice have; `port` None: every port."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None


class EndpointSliceObject(Record, frozen=True, gc=False):
    """An EndpointSlice."""

    metadata: SliceMeta
    address_type: str = "IPv4"
    endpoints: tuple[EndpointObject, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None


# --- Secret and ConfigMap, v1


class SecretObject(Record, frozen=True, gc=False):
    """A Secret. Its values are decoded from base64, or as they are in `stringData` of a manifest."""

    metadata: ObjectMeta
    type: str | None = None
    data: dict[str, bytes] | None = None
    string_data: dict[str, str] | None = None

    @property
    def values(self) -> dict[str, bytes]:
        """The values by key."""
        texts = {key: text.encode() for key, text in (self.string_data or {}).items()}
        return {**(self.data or {}), **texts}

    def __repr__(self) -> str:
        """No values: a secret must not reach a log by way of a debug line."""
        return f"SecretObject({self.metadata.namespace}/{self.metadata.name}, ...)"


class ConfigMapObject(Record, frozen=True, gc=False):
    """A ConfigMap."""

    metadata: ObjectMeta
    data: dict[str, str] | None = None


class Identity(Protocol):
    """What the metadata of every object says."""

    @property
    def name(self) -> str:
        """The name, unique in its kind and namespace."""

    @property
    def namespace(self) -> str:
        """The namespace; empty for kinds that have none."""

    @property
    def resource_version(self) -> str:
        """Opaque: only ever compared for equality."""


class KubernetesObject(Protocol):
    """What every object has."""

    @property
    def metadata(self) -> Identity:
        """What names it."""


class Kind(Struct, frozen=True):
    """A kind of objects: where the API has it, and what is read of it."""

    name: str
    """As in the path, and as `Cluster` calls it: `endpointslices`."""
    singular: str
    """As a manifest calls it: `EndpointSlice`."""
    group: str
    """`networking.k8s.io/v1`; `v1`: what a manifest has as apiVersion."""
    namespaced: bool
    type: type[Any]
    """The Struct to decode into; it has `metadata`."""

    @property
    def path(self) -> str:
        """The path of the list over all namespaces: `/apis/networking.k8s.io/v1/ingresses`."""
        return f"{self._root}/{self.name}"

    def path_in(self, namespace: str) -> str:
        """The path of the list in one namespace; the common one for a kind without namespaces."""
        return f"{self._root}/namespaces/{namespace}/{self.name}" if self.namespaced else self.path

    @property
    def _root(self) -> str:
        return f"/apis/{self.group}" if "/" in self.group else f"/api/{self.group}"


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("ingresses", "Ingress", "networking.k8s.io/v1", True, IngressObject),
        Kind("ingressclasses", "IngressClass", "networking.k8s.io/v1", False, IngressClassObject),
        Kind("services", "Service", "v1", True, ServiceObject),
        Kind("endpointslices", "EndpointSlice", "discovery.k8s.io/v1", True, EndpointSliceObject),
        Kind("secrets", "Secret", "v1", True, SecretObject),
        Kind("configmaps", "ConfigMap", "v1", True, ConfigMapObject),
    )
}

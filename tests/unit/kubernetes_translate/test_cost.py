"""A change costs what it changes, however much else there is."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from msgspec.structs import replace

from discovery.kubernetes.objects import (
    EndpointObject,
    EndpointPort,
    EndpointSliceObject,
    IngressBackend,
    IngressClassObject,
    IngressClassSpec,
    IngressHttp,
    IngressObject,
    IngressPath,
    IngressRule,
    IngressSpec,
    ObjectMeta,
    ServiceObject,
    ServicePort,
    ServicePortReference,
    ServiceReference,
    ServiceSpec,
    SliceLabels,
    SliceMeta,
)

MANY = 2000


def ingress(name: str, path: str = "/") -> IngressObject:
    backend = IngressBackend(ServiceReference(name, ServicePortReference(80)))
    rule = IngressRule(f"{name}.example.com", IngressHttp((IngressPath(backend, path, "Prefix"),)))
    return IngressObject(ObjectMeta(name, "team-a"), IngressSpec("headgate", rules=(rule,)))


def service(name: str, *ports: int) -> ServiceObject:
    return ServiceObject(
        ObjectMeta(name, "team-a"), ServiceSpec(ports=tuple(ServicePort(port) for port in ports))
    )


def endpoints(name: str, *hosts: str) -> EndpointSliceObject:
    meta = SliceMeta(f"{name}-1", "team-a", labels=SliceLabels(name))
    return EndpointSliceObject(
        meta, "IPv4", tuple(EndpointObject((host,)) for host in hosts), (EndpointPort(port=8080),)
    )


@pytest.fixture
def crowd(make_lab: Callable[..., Any]) -> Callable[[int], Any]:
    """A cluster with this many Ingresses, each with its own Service and slice."""

    def make(count: int) -> Any:
        lab = make_lab()
        for number in range(count):
            name = f"shop-{number}"
            lab.cluster.put("ingresses", ingress(name))
            lab.cluster.put("services", service(name, 80))
            lab.cluster.put("endpointslices", endpoints(name, "10.0.0.1"))
        lab.cluster.flush()
        assert lab.ear.calls == {"put": count, "put_backend": count}
        lab.ear.calls.clear()
        return lab

    return make


CHANGES: dict[str, Callable[[int], tuple[str, Any]]] = {
    "slice": lambda n: ("endpointslices", endpoints("shop-1", f"10.0.1.{n % 250}")),
    "ingress": lambda n: ("ingresses", ingress("shop-1", f"/{n}")),
    "service": lambda n: ("services", service("shop-1", 80, 1000 + n)),
}


@pytest.mark.parametrize(
    ("change", "calls"),
    [("slice", {"put_backend": 1}), ("ingress", {"put": 1}), ("service", {})],
)
def test_one_change_among_thousands_is_at_most_one_call(
    crowd: Callable[[int], Any], change: str, calls: dict[str, int]
) -> None:
    lab = crowd(MANY)
    lab.cluster.put(*CHANGES[change](7))
    lab.cluster.flush()
    assert lab.ear.calls == calls


def test_a_class_is_considered_for_all_and_said_for_none_that_stay(crowd: Callable[[int], Any]) -> None:
    lab = crowd(100)
    ours = IngressClassObject(ObjectMeta("headgate"), IngressClassSpec("headgate.dev/ingress-controller"))
    lab.cluster.put("ingressclasses", ours)
    lab.cluster.flush()
    assert lab.ear.calls == {}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_takes_no_longer_among_thousands(crowd: Callable[[int], Any], change: str) -> None:
    few, many = crowd(10), crowd(MANY)
    assert min(_time(many, change) for _ in range(3)) < 4 * min(_time(few, change) for _ in range(3))


def test_a_shared_service_costs_the_same_however_many_refer_to_it(make_lab: Callable[..., Any]) -> None:
    lab = make_lab()
    lab.cluster.put("services", service("shop-1", 80))
    for number in range(MANY):
        shared = ingress("shop-1", f"/{number}")
        lab.cluster.put("ingresses", replace(shared, metadata=ObjectMeta(f"ingress-{number}", "team-a")))
    lab.cluster.flush()
    lab.ear.calls.clear()
    lab.cluster.put("endpointslices", endpoints("shop-1", "10.0.0.9"))
    lab.cluster.flush()
    assert lab.ear.calls == {"put_backend": 1}


def _time(lab: Any, change: str) -> float:
    start = process_time()
    for number in range(200):
        lab.cluster.put(*CHANGES[change](number))
        lab.cluster.flush()
    return process_time() - start

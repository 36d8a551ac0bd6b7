"""Whatever the order in which things were heard, what is told is what they are in the end."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.kubernetes.objects import (
    EndpointConditions,
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
    IngressTls,
    ObjectMeta,
    SecretObject,
    ServiceObject,
    ServicePort,
    ServicePortReference,
    ServiceReference,
    ServiceSpec,
    SliceLabels,
    SliceMeta,
)

NAMES = st.sampled_from(["a", "b", "c"])
PORTS = st.sampled_from(
    [ServicePortReference(80), ServicePortReference(81), ServicePortReference(name="web")]
)
BACKENDS = st.builds(IngressBackend, st.builds(ServiceReference, NAMES, PORTS))
PATHS = st.builds(
    IngressPath, BACKENDS, st.sampled_from(["/", "/x", "/x/"]), st.sampled_from(["Exact", "Prefix"])
)
RULES = st.builds(
    IngressRule,
    st.sampled_from(["a.example.com", "*.example.com", ""]),
    st.builds(IngressHttp, st.lists(PATHS, max_size=3).map(tuple)),
)
ANNOTATIONS = st.sampled_from(
    [
        None,
        {"headgate.dev/use-backend": "c:web if { path_beg /c }"},
        {"kubernetes.io/ingress.class": "headgate"},
    ]
)
META = st.builds(ObjectMeta, NAMES, st.just("n"), annotations=ANNOTATIONS)
INGRESSES = st.builds(
    IngressObject,
    META,
    st.builds(
        IngressSpec,
        st.sampled_from([None, "headgate", "inner"]),
        st.none() | BACKENDS,
        st.lists(RULES, max_size=2).map(tuple),
        st.sampled_from([None, (IngressTls(("a.example.com",), "a"),), (IngressTls(None, "b"),)]),
    ),
)
CLASSES = st.builds(
    IngressClassObject,
    st.builds(
        ObjectMeta,
        st.sampled_from(["headgate", "inner"]),
        annotations=st.sampled_from([None, {"ingressclass.kubernetes.io/is-default-class": "true"}]),
    ),
    st.builds(IngressClassSpec, st.sampled_from(["headgate.dev/ingress-controller", "example.com/other"])),
)
SERVICES = st.builds(
    ServiceObject,
    st.builds(
        ObjectMeta,
        NAMES,
        st.just("n"),
        annotations=st.sampled_from([None, {"headgate.dev/tries": "5"}, {"headgate.dev/tcp": "80"}]),
    ),
    st.builds(
        ServiceSpec,
        st.sampled_from(["ClusterIP", "ExternalName"]),
        ports=st.sampled_from(
            [(ServicePort(80),), (ServicePort(80, "web"), ServicePort(81, "x", target_port="x"))]
        ),
    ),
)
ENDPOINTS = st.builds(
    EndpointObject,
    st.sampled_from([("10.0.0.1",), ("10.0.0.2",), ("127.0.0.1",)]),
    st.builds(EndpointConditions, st.booleans(), st.booleans(), st.booleans()),
)
SLICES = st.builds(
    EndpointSliceObject,
    st.builds(SliceMeta, NAMES, st.just("n"), labels=st.none() | st.builds(SliceLabels, NAMES)),
    st.just("IPv4"),
    st.lists(ENDPOINTS, max_size=3).map(tuple),
    st.sampled_from([(EndpointPort(port=8080),), (EndpointPort("web", 8080), EndpointPort("x", 8081))]),
)
SECRETS = st.builds(SecretObject, st.builds(ObjectMeta, NAMES, st.just("n")))
KINDS = {
    "ingresses": INGRESSES,
    "ingressclasses": CLASSES,
    "services": SERVICES,
    "endpointslices": SLICES,
    "secrets": SECRETS,
}
PUTS = st.one_of(*(st.tuples(st.just(kind), objects) for kind, objects in KINDS.items()))
STEPS = st.lists(st.tuples(st.sampled_from(["put", "put", "put", "drop", "flush"]), PUTS), max_size=40)


@given(STEPS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_end_is_the_same_whatever_came_before(make_lab: Callable[..., Any], steps: list[Any]) -> None:
    lab, there = make_lab(), {}
    for step, (kind, obj) in steps:
        key = (kind, obj.metadata.namespace, obj.metadata.name)
        if step == "flush":
            lab.cluster.flush()
        elif step == "put":
            lab.cluster.put(kind, obj)
            there[key] = obj
        else:
            lab.cluster.drop(*key)
            there.pop(key, None)
    lab.wait(0)
    lab.wait(60)
    fresh = make_lab()
    for (kind, _, _), obj in there.items():
        fresh.cluster.put(kind, obj)
    fresh.cluster.flush()
    assert lab.ear.text() == fresh.ear.text()
    assert lab.ear.objects == fresh.ear.objects
    assert lab.cluster.wanted_secrets() == fresh.cluster.wanted_secrets()

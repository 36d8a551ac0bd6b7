"""Objects as the API server and people write them."""

import msgspec
import pytest

from discovery.kubernetes.objects import KINDS, EndpointSliceObject, IngressObject, Kind, SecretObject

PATHS = {
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "ingressclasses": "/apis/networking.k8s.io/v1/ingressclasses",
    "services": "/api/v1/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices",
    "secrets": "/api/v1/secrets",
    "configmaps": "/api/v1/configmaps",
}


def test_every_kind_is_where_the_api_has_it() -> None:
    assert {name: kind.path for name, kind in KINDS.items()} == PATHS
    assert KINDS["secrets"].path_in("team-a") == "/api/v1/namespaces/team-a/secrets"
    assert KINDS["ingressclasses"].path_in("team-a") == PATHS["ingressclasses"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_an_object_needs_no_more_than_its_name_and_others_fields_are_passed_over(kind: Kind) -> None:
    obj = msgspec.json.decode(b'{"kind": "X", "metadata": {"name": "a", "finalizers": []}}', type=kind.type)
    assert (obj.metadata.name, obj.metadata.namespace) == ("a", "")


def test_lists_may_be_null() -> None:
    text = b'{"metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": null, "ports": null}'
    assert msgspec.json.decode(text, type=EndpointSliceObject).endpoints is None
    text = b'{"metadata": {"name": "a", "annotations": null}, "spec": {"rules": null, "tls": null}}'
    assert msgspec.json.decode(text, type=IngressObject).metadata.annotations is None


def test_the_values_of_a_secret_are_read_and_never_shown() -> None:
    text = b'{"metadata": {"name": "a"}, "data": {"tls.crt": "aGk="}, "stringData": {"password": "secret"}}'
    obj = msgspec.json.decode(text, type=SecretObject)
    assert obj.values == {"tls.crt": b"hi", "password": b"secret"}
    assert "hi" not in repr(obj)
    assert "secret" not in repr(obj)

"""Instances read from the API's JSON."""

from typing import Any

import msgspec
import pytest

from discovery.consul.entry import decode_catalog, decode_entries
from discovery.consul.instance import Instance, Preferences, read_instances

PLAIN = Preferences()


def read(preferences: Preferences = PLAIN, node: dict[str, Any] | None = None, **service: Any) -> Instance:
    entry = {
        "Node": {"Node": "n1", "Address": "10.0.0.9", **(node or {})},
        "Service": {"ID": "web-1", "Service": "web", "Port": 8080, **service},
        "Checks": [],
    }
    [instance] = read_instances(decode_entries(msgspec.json.encode([entry])), preferences).values()
    return instance


def place(instance: Instance) -> tuple[str, int]:
    return instance.host, instance.port


def test_the_address_is_that_of_the_service() -> None:
    assert place(read(Address="10.0.0.1")) == ("10.0.0.1", 8080)


def test_a_service_without_address_is_on_its_node() -> None:
    assert place(read(Address="")) == ("10.0.0.9", 8080)


def test_a_tagged_address_is_used_where_it_is_asked_for_with_its_own_port() -> None:
    tagged = {"wan": {"Address": "192.0.2.1", "Port": 443}}
    wan = Preferences(tagged_address="wan")
    assert place(read(wan, Address="10.0.0.1", TaggedAddresses=tagged)) == ("192.0.2.1", 443)
    assert place(read(PLAIN, Address="10.0.0.1", TaggedAddresses=tagged)) == ("10.0.0.1", 8080)


def test_a_tagged_address_of_the_node_serves_for_services_that_are_at_the_node() -> None:
    node = {"TaggedAddresses": {"wan": "192.0.2.9"}}
    wan = Preferences(tagged_address="wan")
    assert place(read(wan, node)) == ("192.0.2.9", 8080)
    assert place(read(wan, node, Address="10.0.0.1")) == ("10.0.0.1", 8080)


def test_a_sidecar_is_no_instance_and_a_gateway_is_one() -> None:
    def kinds(kind: str) -> int:
        service = {"ID": "web-1", "Port": 80, "Kind": kind, "Tags": ["headgate.enable=true"]}
        entry = {"Node": {"Node": "n1", "Address": "10.0.0.9"}, "Service": service, "Checks": []}
        return len(read_instances(decode_entries(msgspec.json.encode([entry])), PLAIN))

    assert {kind: kinds(kind) for kind in ("", "connect-proxy", "api-gateway")} == {
        "": 1,
        "connect-proxy": 0,
        "api-gateway": 1,
    }


@pytest.mark.parametrize("mesh", [{"Native": True}, {"Native": False}, {}, None])
def test_an_instance_that_takes_only_connections_of_the_mesh_says_so(mesh: dict[str, bool] | None) -> None:
    assert ("mesh" in read(Connect=mesh).fault) == bool(mesh and mesh["Native"])


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_a_fault(port: int) -> None:
    assert "port" in read(Port=port).fault


@pytest.mark.parametrize(
    "address", ["db.example.com", "0.0.0.0", "::", "224.0.0.1", "fe80::1%eth0", "10.0.0"]
)
def test_an_address_that_is_none_is_a_fault(address: str) -> None:
    assert "address" in read(Address=address).fault


@pytest.mark.parametrize("address", ["10.0.0.1", "fd00::1", "127.0.0.1"])
def test_an_ip_address_is_none(address: str) -> None:
    assert read(Address=address).fault == ""


def test_two_nodes_may_have_services_of_the_same_id() -> None:
    entries = [
        {"Node": {"Node": node, "Address": address}, "Service": {"ID": "web", "Port": 80}}
        for node, address in (("n1", "10.0.0.1"), ("n2", "10.0.0.2"))
    ]
    assert len(read_instances(decode_entries(msgspec.json.encode(entries)), PLAIN)) == 2


def test_the_output_of_a_check_and_the_index_make_no_difference() -> None:
    assert read(ModifyIndex=1) == read(ModifyIndex=2)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[{}]", b'[{"Node":{}}]', b"\xff", b"<html>"])
def test_what_is_no_list_of_instances_is_refused(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_entries(body)


def test_a_service_without_tags_is_in_the_catalog_too() -> None:
    assert decode_catalog(b'{"consul":null,"web":["a"],"db":[]}') == {"consul": (), "web": ("a",), "db": ()}

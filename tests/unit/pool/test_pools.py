"""One backend from pods and Consul instances: who is in it, and how its requests are shared."""

from collections.abc import Callable

import pytest

from discovery.assemble.assembly import Standpoint
from ingress.model.backend import Balance
from tests.unit.pool.conftest import Table

POD, OTHER_POD, VM, OTHER_VM = "10.0.0.1", "10.0.0.2", "172.16.0.1", "172.16.0.2"


def open_pool(table: Table, **annotations: str) -> None:
    """Two pods and two machines, joined by an annotation."""
    table.service(consul_service="web", **annotations)
    table.pods(POD, OTHER_POD)
    table.ingress()
    table.instances(VM, OTHER_VM)
    table.flush()


def test_an_annotation_joins_the_instances_of_a_consul_service_to_the_pods(table: Table) -> None:
    open_pool(table)
    assert table.hosts_of() == [POD, OTHER_POD, VM, OTHER_VM]
    assert table.shares() == {}
    assert table.hosts_of("consul:web") == [VM, OTHER_VM]
    assert table.problems() == []


def test_without_weights_each_server_has_its_own(table: Table) -> None:
    open_pool(table)
    table.instances(f"{VM}*5")
    table.flush()
    assert [server.weight for server in table.backend().servers] == [1, 1, 5]


def test_changes_of_either_side_reach_the_pool_alone(table: Table) -> None:
    open_pool(table)
    table.instances(VM)
    table.registry.flush()
    [own, pool] = table.assembly.take_changes()
    assert {type(own).__name__, type(pool).__name__} == {"PutServers"}
    assert table.hosts_of() == [POD, OTHER_POD, VM]
    table.pods(POD)
    table.flush()
    assert table.hosts_of() == [POD, VM]


def test_a_service_without_pods_is_the_consul_service_alone(table: Table) -> None:
    table.service(consul_service="web")
    table.ingress()
    table.instances(VM)
    table.flush()
    assert table.hosts_of() == [VM]


def test_the_same_address_in_both_counts_once(table: Table) -> None:
    open_pool(table)
    table.instances(f"{POD}*7", VM)
    table.flush()
    assert [(server.host, server.weight) for server in table.backend().servers] == [
        (POD, 1),
        (OTHER_POD, 1),
        (VM, 1),
    ]


def test_a_weight_is_the_share_of_a_place_whatever_the_numbers(table: Table) -> None:
    open_pool(table, consul_weight="10%")
    assert table.shares() == {"kubernetes": 90, "consul": 10}
    assert [server.group for server in table.backend().servers] == [0, 0, 1, 1]


@pytest.mark.parametrize("empty", ["pods", "instances"])
def test_a_place_without_servers_leaves_all_to_the_other_whatever_the_weights(
    table: Table, empty: str
) -> None:
    open_pool(table, consul_weight="100" if empty == "instances" else "0")
    getattr(table, empty)()
    table.flush()
    assert table.shares() == {}
    assert len(table.hosts_of()) == 2


def test_failover_puts_one_place_before_the_other(table: Table) -> None:
    open_pool(table, failover="kubernetes, consul", failover_minimum="2")
    assert table.tiers() == [[POD, OTHER_POD], [VM, OTHER_VM]]
    assert table.backend().enough == 2
    open_pool(table, failover="consul, kubernetes")
    assert table.tiers() == [[VM, OTHER_VM], [POD, OTHER_POD]]
    assert table.backend().enough == 1


def test_servers_in_the_own_zone_come_before_the_others_of_their_place(
    make_table: Callable[..., Table],
) -> None:
    table = make_table(Standpoint(zone="a"))
    table.service(consul_service="web", prefer_zone="true", failover="kubernetes, consul")
    table.pods(POD, OTHER_POD, zones={POD: "b", OTHER_POD: "a"})
    table.ingress()
    table.instances(f"{VM}@b", f"{OTHER_VM}@a")
    table.flush()
    assert table.tiers() == [[OTHER_POD], [POD], [OTHER_VM], [VM]]
    table.service(consul_service="web", prefer_zone="true")
    table.flush()
    assert table.tiers() == [[OTHER_POD, OTHER_VM], [POD, VM]]


def test_who_is_in_no_known_zone_is_not_put_back(make_table: Callable[..., Table]) -> None:
    table = make_table(Standpoint(zone="a"))
    table.service(prefer_zone="true")
    table.pods(POD, OTHER_POD, zones={POD: "b"})
    table.ingress()
    table.flush()
    assert table.tiers() == [[OTHER_POD], [POD]]


def test_settings_of_the_object_that_wishes_the_pool_are_those_of_all_servers(table: Table) -> None:
    open_pool(table, balance="leastconn")
    assert table.backend().settings.balance is Balance.LEAST_CONN


# --- the other way round


def test_a_tag_joins_the_pods_of_a_service_that_allows_it(table: Table) -> None:
    table.service(consul_enable="true")
    table.pods(POD)
    table.instances(VM, host="shop.example.com", kubernetes_service="team-a/web", kubernetes_weight="20")
    table.flush()
    assert table.hosts_of("consul:web") == [VM, POD]
    assert table.shares("consul:web") == {"consul": 80, "kubernetes": 20}
    assert table.problems() == []


def test_a_tag_may_name_a_port(table: Table) -> None:
    table.service(ports=("", "admin"), consul_enable="true")
    table.pods(POD)
    table.instances(VM, host="shop.example.com", kubernetes_service="team-a/web:80")
    table.flush()
    assert table.hosts_of("consul:web") == [VM, POD]
    table.instances(VM, host="shop.example.com", kubernetes_service="team-a/web")
    table.flush()
    assert table.hosts_of("consul:web") == [VM]
    assert "it has several ports and none is named" in "".join(table.problems())


def test_a_service_that_does_not_allow_it_is_not_joined(table: Table) -> None:
    table.service()
    table.pods(POD)
    table.instances(VM, host="shop.example.com", kubernetes_service="team-a/web")
    table.flush()
    assert table.hosts_of("consul:web") == [VM]
    [problem] = table.problems()
    assert problem == (
        "service web: headgate.kubernetes-service: kubernetes has no Service team-a/web with "
        'headgate.dev/consul-enable: "true", or it has several ports and none is named; requests go to the '
        "others alone"
    )


def test_instances_that_are_not_enabled_are_not_joined(table: Table) -> None:
    table.service(consul_service="web")
    table.pods(POD)
    table.ingress()
    table.instances(VM, enable="false")
    table.flush()
    assert table.hosts_of() == [POD]
    [problem] = table.problems()
    assert "service team-a/web: headgate.dev/consul-service: consul has no service web with" in problem


def test_a_datacentre_may_be_chosen(make_table: Callable[..., Table]) -> None:
    table = make_table(datacentres=("dc1", "dc2"))
    table.service(consul_service="web", consul_datacenter="dc2")
    table.pods(POD)
    table.ingress()
    table.instances(VM)
    table.instances(OTHER_VM, datacentre="dc2")
    table.flush()
    assert table.hosts_of() == [POD, OTHER_VM]
    names = {backend.name for backend in table.assembly.backends()}
    assert names == {"kubernetes:team-a/web:80", "consul:web"}


# --- what is wrong


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"consul_weight": "10"}, "headgate.dev/consul-weight: has no effect without consul-service"),
        ({"failover": "consul, kubernetes"}, "failover: has no effect without consul-service"),
        ({"failover_minimum": "2"}, "failover-minimum: has no effect without failover or prefer-zone"),
        (
            {"consul_service": "web", "consul_weight": "1", "failover": "kubernetes, consul"},
            "headgate.dev/consul-weight: cannot be together with failover; remove one of them",
        ),
        ({"consul_service": "a/b"}, '"a/b" is not the name of a Consul service'),
        ({"consul_service": "web", "consul_weight": "101"}, '"101" is not a whole number from 0 to 100'),
        ({"consul_service": "web", "failover": "pods"}, '"pods" is neither "kubernetes, consul" nor'),
        ({"consul_service": "web", "consul_datacenter": "dc9"}, "datacentre dc9 is not watched; give"),
        ({"kubernetes_service": "a/b"}, "has no effect on this Service; it belongs on the Consul service"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_pods_serve_on(
    table: Table, annotations: dict[str, str], message: str
) -> None:
    table.service(**annotations)
    table.pods(POD)
    table.ingress()
    table.instances(VM)
    table.flush()
    assert table.hosts_of() == [POD]
    [problem] = table.problems()
    assert problem.startswith("service team-a/web: headgate.dev/")
    assert message in problem


def test_a_pool_that_cannot_be_read_any_more_is_as_it_was(table: Table) -> None:
    open_pool(table, consul_weight="10")
    table.service(consul_service="web", consul_weight="many")
    table.flush()
    assert table.shares() == {"kubernetes": 90, "consul": 10}
    assert len(table.problems()) == 1


def test_an_annotation_that_is_taken_away_ends_the_pool(table: Table) -> None:
    open_pool(table, consul_weight="10")
    table.service()
    table.flush()
    assert table.hosts_of() == [POD, OTHER_POD]
    assert table.shares() == {}


# --- what sources that are away have said


def test_a_pool_outlives_a_restart_while_both_sources_are_away(
    table: Table, make_table: Callable[..., Table]
) -> None:
    open_pool(table, consul_weight="10")
    successor = make_table(state=table.assembly.state())
    successor.assembly.take_changes()
    assert successor.hosts_of() == [POD, OTHER_POD, VM, OTHER_VM]
    assert successor.shares() == {"kubernetes": 90, "consul": 10}
    assert successor.problems() == []


def test_one_source_that_is_back_does_not_take_the_servers_of_the_other_away(
    table: Table, make_table: Callable[..., Table]
) -> None:
    open_pool(table)
    successor = make_table(state=table.assembly.state())
    successor.instances(VM)
    successor.registry.complete()
    successor.registry.flush()
    successor.assembly.synced("consul")
    successor.assembly.take_changes()
    assert successor.hosts_of() == [POD, OTHER_POD, VM]


# --- two sources, one host


def test_a_host_of_an_ingress_and_of_a_tag_is_told_to_both(table: Table) -> None:
    open_pool(table)
    table.instances(VM, host="shop.example.com")
    table.flush()
    assert table.problems() == [
        "service web: prefix path / of host shop.example.com belongs to ingress team-a/web of kubernetes, "
        "which is older",
        "ingress team-a/web: prefix path / of host shop.example.com is asked for by service web of consul "
        "too, which does not get it: this one is older",
    ]


def test_a_setting_says_which_source_wins(make_table: Callable[..., Table]) -> None:
    table = make_table(Standpoint(preferred="consul"))
    table.service()
    table.pods(POD)
    table.ingress()
    table.instances(VM, host="shop.example.com")
    table.flush()
    [host] = table.assembly.hosts()
    assert [route.backend for route in host.routes] == ["consul:web"]
    assert table.problems() == [
        "service web: prefix path / of host shop.example.com is asked for by ingress team-a/web of "
        "kubernetes too, which does not get it: this one is of the source that is preferred",
        "ingress team-a/web: prefix path / of host shop.example.com belongs to service web of consul, which "
        "is of the source that is preferred",
    ]


# --- clients that stay where they are


def test_the_cookie_of_a_service_is_made_with_its_uid_unless_it_has_a_key(table: Table) -> None:
    open_pool(table, cookie="SRV insert")
    assert table.backend().settings.cookie_key == "uid-of-web"
    open_pool(table, cookie="SRV insert", dynamic_cookie_key="nobody knows this text")
    assert table.backend().settings.cookie_key == "nobody knows this text"
    open_pool(table)
    assert table.backend().settings.cookie_key == ""


def test_tags_keep_clients_on_their_servers_too(table: Table) -> None:
    table.instances(VM, host="shop.example.com", cookie="SRV insert", balance="source")
    table.flush()
    settings = table.backend("consul:web").settings
    assert (str(settings.cookie), str(settings.balance)) == ("SRV insert", "source")
    assert table.problems() == []

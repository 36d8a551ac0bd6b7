"""The pool of an Ingress: for its own routes alone, beside what their Services say."""

from collections.abc import Callable

from ingress.model.backend import Balance
from tests.unit.pool.conftest import Table

POD, OTHER_POD, VM = "10.0.0.1", "10.0.0.2", "172.16.0.1"
OURS = "kubernetes:web@web"


def routes_of(table: Table, host: str) -> set[str]:
    """The backends of a host."""
    [found] = [each for each in table.assembly.hosts() if each.name == host]
    return {route.backend for route in found.routes}


def open_ingress(table: Table, **annotations: str) -> None:
    """An Ingress with a pool of its own, and another one to the same Service."""
    table.service()
    table.pods(POD)
    table.instances(VM)
    table.ingress(**annotations)
    table.ingress("other", "other.example.com")
    table.flush()


def test_a_pool_of_an_ingress_is_for_its_own_routes_alone(table: Table) -> None:
    open_ingress(table, consul_service="web", consul_weight="30")
    assert routes_of(table, "shop.example.com") == {"kubernetes:team-a/web:80@web"}
    assert (table.hosts_of(OURS), table.shares(OURS)) == ([POD, VM], {"kubernetes": 70, "consul": 30})
    assert routes_of(table, "other.example.com") == {"kubernetes:team-a/web:80"}
    assert table.hosts_of("kubernetes:web") == [POD]
    assert table.problems() == []


def test_it_follows_the_pods_and_settings_of_the_service_and_its_own_text(table: Table) -> None:
    open_ingress(table, consul_service="web")
    table.service(balance="leastconn", consul_service="other")
    table.pods(POD, OTHER_POD)
    table.flush()
    assert table.hosts_of(OURS) == [POD, OTHER_POD, VM]
    assert table.backend(OURS).settings.balance is Balance.LEAST_CONN
    table.ingress(consul_service="web", failover="kubernetes, consul")
    table.flush()
    assert table.tiers(OURS) == [[POD, OTHER_POD], [VM]]


def test_without_its_wish_the_routes_go_to_the_service_again(table: Table) -> None:
    open_ingress(table, consul_service="web")
    table.ingress()
    table.flush()
    assert routes_of(table, "shop.example.com") == {"kubernetes:team-a/web:80"}
    assert [backend.name for backend in table.assembly.backends() if "@" in backend.name] == []


def test_a_wish_that_cannot_be_read_leaves_the_pool_that_it_had(table: Table) -> None:
    open_ingress(table, consul_service="web", consul_weight="30")
    table.ingress(consul_service="web", consul_weight="300")
    table.pods(OTHER_POD)
    table.flush()
    assert (table.hosts_of(OURS), table.shares(OURS)) == ([OTHER_POD, VM], {"kubernetes": 70, "consul": 30})
    [problem] = table.problems()
    assert problem.startswith('ingress team-a/web: headgate.dev/consul-weight: "300" is not a whole number')


def test_a_pool_of_an_ingress_outlives_a_restart_also_if_its_wish_is_unreadable_then(
    make_table: Callable[..., Table],
) -> None:
    table = make_table()
    open_ingress(table, consul_service="web", consul_weight="30")
    again = make_table(state=table.assembly.state())
    again.service()
    again.pods(POD)
    again.instances(VM)
    again.ingress(consul_service="web", consul_weight="300")
    again.flush()
    assert (again.hosts_of(OURS), again.shares(OURS)) == ([POD, VM], {"kubernetes": 70, "consul": 30})


def test_an_ingress_with_several_services_does_not_say_which_of_them_it_means(table: Table) -> None:
    table.service()
    table.service("api")
    table.ingress("web", "shop.example.com", "web", "api", consul_service="web")
    table.flush()
    assert table.problems() == [
        "ingress team-a/web: headgate.dev/consul-service: its routes go to several Services (api, web); "
        "write it on the one it is for"
    ]


def test_an_ingress_may_shift_its_own_requests(table: Table) -> None:
    open_ingress(table, consul_service="web", shift="consul 100 -> kubernetes 100 over 2h")
    assert [pooled.backend.name for pooled in table.assembly.pools()] == ["kubernetes:team-a/web:80@web"]


def test_whether_consul_may_name_a_service_is_not_for_an_ingress_to_say(table: Table) -> None:
    open_ingress(table, consul_enable="true")
    [problem] = table.problems()
    assert problem.endswith(
        "headgate.dev/consul-enable: has no effect on this Ingress; it belongs on the Service"
    )

"""Rules and what they look into are live: a change of a ConfigMap or a Service is a change of answers."""

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.node import Node
from tests.real.harness.shop import Shop

DENY = {"headgate.dev/http-request": "deny if { path -f configmap:blocked/paths }"}


def status(shop: Shop, path: str) -> int:
    return ask(shop.host, path).status


def test_a_pattern_file_in_a_configmap_changes_without_a_restart(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    api.apply(objects.configmap(namespace, "blocked", {"paths": "/old\n"}))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", annotations=DENY))
    one = headgate()
    assert (status(shop, "/old"), status(shop, "/new")) == (403, 200)
    workers = one.children("worker")
    api.apply(objects.configmap(namespace, "blocked", {"paths": "/new\n"}))
    eventually(lambda: (status(shop, "/old"), status(shop, "/new")) == (200, 403), what="the new paths")
    api.delete(objects.configmap(namespace, "blocked", {}))
    eventually(
        lambda: any("does not exist" in each["reason"] for each in one.items("problems")), what="the problem"
    )
    assert (status(shop, "/old"), status(shop, "/new")) == (200, 403)
    assert one.children("worker") == workers
    one.kill_child("worker")
    eventually(lambda: len(one.children("worker")) == 2, what="the successor")
    for _ in range(20):
        assert (status(shop, "/old"), status(shop, "/new")) == (200, 403)


def test_rules_without_their_configmap_let_nobody_in_until_it_is_there(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", annotations=DENY))
    headgate()
    assert ask(shop.host).reason == "route-closed"
    api.apply(objects.configmap(namespace, "blocked", {"paths": "/old\n"}))
    eventually(lambda: status(shop, "/") == 200, what="the file")
    assert status(shop, "/old") == 403


def test_the_rules_of_the_platform_and_of_a_service_change_without_a_restart(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    edge = "deny deny_status 429 if { path /busy }"
    api.apply(objects.configmap(namespace, "edge", {"http-request": edge}))
    one = headgate("--platform-rules", f"{namespace}/edge")
    workers = one.children("worker")
    assert (status(shop, "/busy"), status(shop, "/")) == (429, 200)
    api.apply(objects.configmap(namespace, "edge", {"http-request": "deny if { path /other }"}))
    eventually(lambda: (status(shop, "/busy"), status(shop, "/other")) == (200, 403), what="the new rules")
    api.apply(objects.configmap(namespace, "edge", {"http-request": "dney"}))
    eventually(lambda: any("dney" in each["reason"] for each in one.items("problems")), what="the problem")
    assert (status(shop, "/busy"), status(shop, "/other")) == (200, 403)
    own = {"headgate.dev/http-request": "deny deny_status 404 if { path /gone }"}
    api.apply(objects.service(namespace, "shop", own))
    eventually(lambda: status(shop, "/gone") == 404, what="the rules of the Service")
    assert one.children("worker") == workers

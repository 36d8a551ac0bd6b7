"""What a cluster says is what requests get, within moments."""

import socket

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, ask_tls, eventually
from tests.real.harness.certificate import self_signed
from tests.real.harness.node import Node
from tests.real.harness.objects import Endpoint
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.shop import Shop

BLOG = """\
url_blog path_beg /blog
"""
RULES = """\
deny deny_status 403 if url_blog
redirect location /new code 301 if { path /old }
"""


def test_an_ingress_is_routed_to_the_pods_of_its_service(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=3)
    headgate()
    assert {ask(shop.host).pod for _ in range(30)} == {"shop-1", "shop-2", "shop-3"}


def test_an_unknown_host_is_answered_404_and_says_why(headgate: StartHeadgate) -> None:
    headgate()
    answer = ask("nobody.test")
    assert (answer.status, answer.reason) == (404, "no-route")


def test_objects_that_appear_later_are_routed_without_a_restart(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    one = headgate()
    workers = one.children("worker")
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    eventually(lambda: ask(shop.host).pod == "shop-1", what="the route")
    api.delete(objects.ingress(namespace, "web", shop.host, "shop"))
    eventually(lambda: ask(shop.host).status == 404, what="its end")
    assert one.children("worker") == workers


def test_a_route_whose_pods_are_all_gone_answers_503_until_one_is_back(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    headgate()
    shop.forget(shop.members[0])
    eventually(lambda: ask(shop.host).reason == "no-endpoints", what="the empty pool")
    assert ask(shop.host).status == 503
    shop.scale_up()
    eventually(lambda: ask(shop.host).pod == "shop-2", what="the new pod")


def test_pods_that_all_end_are_used_while_they_serve(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    headgate()
    for member in shop.members:
        shop.retire(member, serve_on=30.0)
    shop.scale_up()
    eventually(lambda: {ask(shop.host).pod for _ in range(10)} == {"shop-3"}, what="the fresh pod alone")
    shop.forget(shop.members[-1])
    eventually(
        lambda: {ask(shop.host).pod for _ in range(10)} == {"shop-1", "shop-2"}, what="the ending ones"
    )


def test_an_ingress_of_another_class_is_not_ours(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    api.apply(objects.ingress_class("elsewhere", "example.com/other"))
    headgate()
    assert ask(shop.host).status == 200
    web = objects.ingress(namespace, "web", shop.host, "shop")
    api.patch(web, {"spec": {"ingressClassName": "elsewhere"}})
    eventually(lambda: ask(shop.host).status == 404, what="the loss of the route")
    api.patch(web, {"spec": {"ingressClassName": objects.CLASS}})
    eventually(lambda: ask(shop.host).status == 200, what="its return")


def test_rules_of_an_annotation_are_in_force(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    headgate()
    assert ask(shop.host, "/blog/1").status == 200
    annotations = {"headgate.dev/acl": BLOG, "headgate.dev/http-request": RULES}
    api.patch(
        objects.ingress(namespace, "web", shop.host, "shop"), {"metadata": {"annotations": annotations}}
    )
    eventually(lambda: ask(shop.host, "/blog/1").status == 403, what="the deny rule")
    assert ask(shop.host, "/blog/1").reason == "denied"
    assert ask(shop.host, "/old").location == "/new"
    assert ask(shop.host, "/").pod == "shop-1"


def test_one_broken_ingress_among_a_hundred_hurts_nobody_and_is_visible(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    for number in range(100):
        api.apply(objects.ingress(namespace, f"i-{number}", f"h{number}.{namespace}.test", "shop"))
    one = headgate()
    broken = {"metadata": {"annotations": {"headgate.dev/http-request": "dney if TRUE"}}}
    api.patch(objects.ingress(namespace, "i-42", f"h42.{namespace}.test", "shop"), broken)
    eventually(lambda: ask(f"h42.{namespace}.test").reason == "route-closed", what="the closed route")
    problems = [item for item in one.items("problems") if item["origin"]["namespace"] == namespace]
    assert [problem["origin"]["name"] for problem in problems] == ["i-42"]
    assert "deny" in problems[0]["reason"]
    others = [number for number in range(100) if number != 42]
    assert {ask(f"h{number}.{namespace}.test").pod for number in others} == {"shop-1"}


def test_a_certificate_is_served_by_its_secrets_name_and_swapped_without_a_gap(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    first, second = self_signed(shop.host), self_signed(shop.host)
    api.apply(objects.tls_secret(namespace, "web-tls", first.chain, first.key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    headgate("--https", "10.244.0.1:443")
    assert ask_tls(shop.host, first.chain).pod == "shop-1"
    api.apply(objects.tls_secret(namespace, "web-tls", second.chain, second.key))
    eventually(lambda: has_certificate(shop.host, second.chain), what="the new certificate")


def test_a_tcp_port_is_published_and_withdrawn_at_run_time(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    headgate()
    pod = node.start("db-1", Temper(Manner.ECHO))
    service = objects.service(namespace, "db", {"headgate.dev/tcp": "3306"})
    api.apply(service, objects.endpoint_slice(namespace, "db", [Endpoint(pod.address)]))
    eventually(lambda: talk(3306) == b"db-1\nhello", what="the port")
    api.patch(service, {"metadata": {"annotations": {"headgate.dev/tcp": None}}})
    eventually(lambda: talk(3306) == b"", what="its end")


def has_certificate(host: str, chain: bytes) -> bool:
    """Whether the host is served with exactly this certificate."""
    try:
        return ask_tls(host, chain).status == 200
    except OSError:
        return False


def talk(port: int) -> bytes:
    """What a relay gives back for `hello`; nothing where nobody listens."""
    try:
        with socket.create_connection(("10.244.0.1", port), 5.0) as connection:
            connection.sendall(b"hello")
            connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").read(10)
    except OSError:
        return b""

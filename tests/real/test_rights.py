"""The rights that our chart gives are enough, and no more than they say."""

from pathlib import Path

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api, ApiError
from tests.real.harness.browser import ask, ask_tls, eventually
from tests.real.harness.certificate import self_signed
from tests.real.harness.chart import only, render
from tests.real.harness.cluster import HOST, OURS_TOKEN, PORT, Cluster
from tests.real.harness.grants import Grants
from tests.real.harness.node import Node
from tests.real.harness.shop import Shop

# In a mount namespace of the tests alone.
MOUNTED = Path("/run/secrets/kubernetes.io/serviceaccount")


@pytest.fixture
def shop(api: Api, node: Node, namespace: str) -> Shop:
    """A workload of two pods, with a certificate."""
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    return shop


def test_the_cluster_wide_role_is_enough(
    cluster: Cluster, shop: Shop, grants: Grants, headgate: StartHeadgate
) -> None:
    grants.give()
    certificate = with_certificate(cluster.admin, shop)
    one = headgate("--https", "10.244.0.1:443", kubeconfig=cluster.kubeconfig(OURS_TOKEN))
    assert ask(shop.host).status == 200
    eventually(lambda: ask_tls(shop.host, certificate).status == 200, what="the certificate")
    eventually(lambda: {source["state"] for source in one.items("sources")} == {"live"}, what="the report")
    shop.scale_up()
    eventually(lambda: "shop-3" in {ask(shop.host).pod for _ in range(6)}, what="the watch")


def test_roles_in_namespaces_are_enough_for_these_namespaces(
    cluster: Cluster, shop: Shop, grants: Grants, headgate: StartHeadgate
) -> None:
    grants.give("--set", f"namespaces={{{shop.namespace}}}", "--set", "rbac.secretNames={web-tls,staff}")
    certificate = with_certificate(cluster.admin, shop)
    guarded = with_users(cluster.admin, shop)
    headgate(
        *("--namespace", shop.namespace, "--https", "10.244.0.1:443"),
        kubeconfig=cluster.kubeconfig(OURS_TOKEN),
    )
    assert ask(shop.host).status == 200
    eventually(lambda: ask_tls(shop.host, certificate).status == 200, what="the certificate")
    eventually(lambda: ask(guarded).reason == "unauthorized", what="the users")
    assert ask(guarded, Authorization="Basic YW5uOnNlY3JldA==").status == 200
    shop.scale_up()
    eventually(lambda: "shop-3" in {ask(shop.host).pod for _ in range(6)}, what="the watch")


def test_a_pod_finds_the_cluster_that_it_runs_in(
    cluster: Cluster, shop: Shop, grants: Grants, headgate: StartHeadgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants.give()
    cluster.admin.apply(objects.namespace("headgate"), only(render(), "ServiceAccount"))
    move_into_a_pod(cluster, token_of_service_account(cluster.admin))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", HOST)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(PORT))
    headgate("--kubernetes")
    assert ask(shop.host).status == 200


def test_a_role_with_names_of_secrets_lets_no_other_be_read(
    cluster: Cluster, namespace: str, grants: Grants
) -> None:
    grants.give("--set", f"namespaces={{{namespace}}}", "--set", "rbac.secretNames={web-tls}")
    ours = cluster.api(OURS_TOKEN)
    pair = self_signed("a.test")
    for name in ("web-tls", "other"):
        cluster.admin.apply(objects.tls_secret(namespace, name, pair.chain, pair.key))
    path = f"/api/v1/namespaces/{namespace}/secrets"
    assert len(ours.call("GET", f"{path}?fieldSelector=metadata.name%3Dweb-tls")["items"]) == 1
    for forbidden in (path, f"{path}/other", f"{path}?fieldSelector=metadata.name%3Dother"):
        with pytest.raises(ApiError, match="403"):
            ours.call("GET", forbidden)


def test_rights_that_are_taken_away_take_no_route_away(
    cluster: Cluster, shop: Shop, grants: Grants, headgate: StartHeadgate
) -> None:
    grants.give()
    one = headgate(kubeconfig=cluster.kubeconfig(OURS_TOKEN))
    grants.take()
    # Only a new watch is refused; the server ends the old ones when it goes.
    cluster.restart_server()
    eventually(lambda: {s["state"] for s in one.items("sources")} == {"degraded"}, 60.0, "the report")
    assert ask(shop.host).status == 200
    assert one.is_ready()
    grants.give()


def token_of_service_account(api: Api) -> str:
    """A token as the kubelet asks for it: signed, of the account that our chart makes."""
    ask_for = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = "/api/v1/namespaces/headgate/serviceaccounts/headgate/token"
    return str(api.call("POST", path, ask_for)["status"]["token"])


def move_into_a_pod(cluster: Cluster, token: str) -> None:
    """What the kubelet mounts into a pod."""
    MOUNTED.mkdir(parents=True, exist_ok=True)
    (MOUNTED / "token").write_text(token)
    (MOUNTED / "ca.crt").write_bytes(cluster.certificate.read_bytes())
    (MOUNTED / "namespace").write_text("headgate")


def with_users(api: Api, shop: Shop) -> str:
    """A host of the workload for the users of a Secret: ann, with the password "secret"."""
    host = f"guarded.{shop.host}"
    guarded = objects.ingress(shop.namespace, "guarded", host, shop.name)
    guarded["metadata"]["annotations"] = {"headgate.dev/auth-secret": "staff"}
    users = {"auth": b"ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}
    api.apply(objects.secret(shop.namespace, "staff", users), guarded)
    return host


def with_certificate(api: Api, shop: Shop) -> bytes:
    """Give the workload's Ingress a certificate, and say which."""
    pair = self_signed(shop.host)
    api.apply(
        objects.tls_secret(shop.namespace, "web-tls", pair.chain, pair.key),
        objects.ingress(
            shop.namespace,
            "web",
            shop.host,
            shop.name,
            tls="web-tls",
            annotations={"headgate.dev/ssl-redirect": "false"},
        ),
    )
    return pair.chain

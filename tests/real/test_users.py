"""Users of Secrets: who is in one gets in, from the moment on at which it says so."""

from base64 import b64encode
from urllib.parse import urlencode

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import Answer, ask, eventually
from tests.real.harness.node import Node
from tests.real.harness.shop import Shop

# The passwords are "secret" and "x".
ANN = "ann:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n"
BOB = "bob:$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.\n"
RULES = """\
auth realm staff unless { http_auth(staff) }
deny if { method DELETE } !{ http_auth_group(staff) chiefs }
"""


def enter(shop: Shop, credentials: str = "", method: str = "GET") -> Answer:
    """A request with a name and a password."""
    fields = {"Authorization": f"Basic {b64encode(credentials.encode()).decode()}"} if credentials else {}
    return ask(shop.host, "/", method, **fields)


def guarded(api: Api, shop: Shop, **annotations: str) -> None:
    """The Ingress with annotations."""
    said = {f"headgate.dev/{name.replace('_', '-')}": text for name, text in annotations.items()}
    web = objects.ingress(shop.namespace, "web", shop.host, "shop")
    api.patch(web, {"metadata": {"annotations": said}})


def test_a_changed_secret_changes_who_gets_in(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    api.apply(objects.secret(namespace, "staff", {"auth": ANN.encode()}))
    guarded(api, shop, auth_secret="staff", auth_realm="staff")
    one = headgate()
    assert enter(shop).reason == "unauthorized"
    assert (enter(shop, "ann:secret").status, enter(shop, "bob:x").status) == (200, 401)
    api.apply(objects.secret(namespace, "staff", {"auth": BOB.encode()}))
    eventually(lambda: enter(shop, "bob:x").status == 200, what="the new user")
    assert enter(shop, "ann:secret").status == 401
    api.apply(objects.secret(namespace, "staff", {"auth": f"{BOB}eve:in clear\n".encode()}))
    eventually(lambda: bool(problems(one.items("problems"), namespace)), what="the problem")
    (problem,) = problems(one.items("problems"), namespace)
    assert problem.startswith('line 2: user "eve": the password is not hashed')
    assert "clear" not in problem
    assert enter(shop, "bob:x").status == 200


def test_a_secret_that_is_missing_or_goes_closes_its_routes_and_no_others(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    other = f"other.{namespace}.test"
    api.apply(objects.ingress(namespace, "other", other, "shop"))
    guarded(api, shop, http_request=RULES)
    headgate()
    eventually(lambda: ask(other).status == 200, what="the other route")
    assert enter(shop, "ann:secret").reason == "route-closed"
    users = f"group chiefs users ann\nuser ann password {ANN[4:]}user bob password {BOB[4:]}"
    api.apply(objects.secret(namespace, "staff", {"userlist": users.encode()}))
    eventually(lambda: enter(shop, "ann:secret").status == 200, what="the users")
    assert (enter(shop, "ann:secret", "DELETE").status, enter(shop, "bob:x", "DELETE").status) == (200, 403)
    api.delete(objects.secret(namespace, "staff", {}))
    eventually(lambda: enter(shop, "ann:secret").reason == "route-closed", what="the closed route")
    assert ask(other).status == 200


def test_neither_the_log_nor_the_api_shows_what_is_in_a_secret(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    api.apply(objects.secret(namespace, "staff", {"auth": f"# ann has s3cr3t\n{ANN}".encode()}))
    guarded(api, shop, auth_secret="staff")
    one = headgate()
    assert enter(shop, "ann:secret").status == 200
    header = f"Authorization: Basic {b64encode(b'ann:secret').decode()}"
    query = urlencode({"url": f"http://{shop.host}/", "header": header})
    said = one.log() + "".join(
        str(one.page(path)) for path in (f"/api/v1/explain?{query}", "/api/v1/routes", "/api/v1/problems")
    )
    assert "http_auth" in said
    assert not any(secret in said for secret in ("s3cr3t", ANN[4:30]))


def problems(items: list[dict[str, object]], namespace: str) -> list[str]:
    """What is told of the objects of a namespace."""
    return [str(item["reason"]) for item in items if item["origin"]["namespace"] == namespace]  # type: ignore[index]

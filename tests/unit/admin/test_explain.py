"""`/api/v1/explain`: what becomes of a request by what is in force, for eyes that may not see everything."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_rules
from ingress.admin.app import application
from ingress.admin.view import Outage
from ingress.cli.explain import explain
from ingress.explain.discreet import discreet
from ingress.model.backend import Backend, Server
from ingress.model.explanation import Explanation, SeenRoute
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.token_file import token_in

SECRET = "hunter2"
ACLS = parse_acls(f"keyed hdr(x-key) {SECRET}\ninside src 10.0.0.0/8\nset var(txn.a) -m str {SECRET}-2")
RULES = f"""
deny deny_status 429 if {{ path_beg /closed }} !keyed
set-var(txn.a) str({SECRET}-2)
set-header X-Token {SECRET}-3 if set
set-path /{SECRET}-4%[path]
redirect location https://{SECRET}.example.com if {{ path_end /moved }}
return status 200 string {SECRET} hdr X-A {SECRET} if {{ path_end /said }}
"""
BACKEND = Backend("test:team-a/shop:80", (Server("10.1.1.1", 80, name="shop-a"), Server("10.1.1.2", 80)))


@pytest.fixture
def policy() -> Policy:
    choices = parse_backend_rules(f"blog:80 if {{ hdr(x-b) {SECRET} }}", ACLS, lambda word: f"test:{word}")
    return Policy(parse_rules(RULES, ACLS), choices)


@pytest.fixture
def routed(view: Any, policy: Policy) -> Any:
    """A view of one host, one of whose servers is out."""
    route = Route(PathKind.PREFIX, "/", BACKEND.name, Origin("test", "ingress", "team-a", "shop"), policy)
    view.host_facts = [Host("shop.example.com", (route,))]
    view.backend_facts = [BACKEND]
    view.outage_facts = {(BACKEND.name, "10.1.1.2:80"): Outage((0,), "unreachable")}
    return view


def asked(url: str, *fields: str, **more: str) -> str:
    query = urlencode({"url": f"shop.example.com{url}", "header": fields, **more}, doseq=True)
    return f"/api/v1/explain?{query}"


def test_the_account_is_of_what_is_in_force(ask: Any, routed: Any) -> None:
    told = ask(asked("/a", "X-Key: no", client="10.2.3.4")).json
    assert told["route"]["name"] == "shop"
    assert told["client"] == "10.2.3.4"
    states = {server["address"]: server["state"] for server in told["servers"]}
    assert states == {
        "10.1.1.1:80": "can be chosen",
        "10.1.1.2:80": "is taken out: it was unreachable, or failed",
    }
    assert told["sent"][:3] == ["GET", "Host", "X-Key"]


def test_what_is_decided_is_told_without_the_values_it_was_decided_by(ask: Any, routed: Any) -> None:
    told = ask(asked("/closed")).json
    assert (told["status"], told["reason"]) == (429, "denied")
    [deny] = [rule for rule in told["rules"] if rule["text"].startswith("deny")]
    assert (deny["text"], deny["effect"]) == ("deny by { } keyed", "answers 429")
    assert [acl["holds"] for acl in deny["acls"]] == [True, False]


@pytest.mark.parametrize("path", ["/a", "/moved", "/said", "/closed", "/a?b=1"])
@pytest.mark.parametrize("field", [f"X-Key: {SECRET}", f"X-B: {SECRET}", "A: b"])
def test_nothing_of_the_texts_of_rules_is_told(ask: Any, routed: Any, path: str, field: str) -> None:
    answer = ask(asked(path, field))
    assert answer.status == 200
    assert SECRET not in answer.text


def test_a_condition_of_a_route_is_not_told() -> None:
    origin = Origin("test", "ingress", "team-a", "shop")
    route = SeenRoute("a.org", "exact", "/", "b", origin, f"it asks for more: if {{ hdr(x) {SECRET} }}")
    told = discreet(Explanation("", "GET / HTTP/1.1", "a.org", "/", "10.0.0.1", (route,)))
    assert told.routes[0].why == "it asks for more than host and path"


@pytest.mark.parametrize(
    ("query", "said"),
    [("", "is no URL"), ("url=ftp://a", "is no URL"), ("url=a.org&metod=GET", "unknown parameter")],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(ask: Any, query: str, said: str) -> None:
    answer = ask(f"/api/v1/explain?{query}")
    assert answer.status == 400
    assert said in json.loads(answer.text)["error"]


def test_the_command_asks_a_headgate_that_runs(app: web.Application, routed: Any) -> None:
    async def ask_by_command() -> str:
        async with TestServer(app) as server:
            words = ["shop.example.com/closed", "--admin", f"127.0.0.1:{server.port}"]
            result = await asyncio.to_thread(CliRunner().invoke, explain, words)
            assert result.exit_code == 0, result.output
            return result.output

    text = asyncio.run(ask_by_command())
    assert "     path_beg: what it compares is not told, so true\n" in text
    assert "     -> answers 429\n" in text
    assert "The route is shop.example.com prefix / of ingress team-a/shop." in text


def test_a_headgate_that_is_not_there_is_named() -> None:
    result = CliRunner().invoke(explain, ["shop.example.com", "--admin", "127.0.0.1:1"])
    assert (result.exit_code, "127.0.0.1:1: " in result.output) == (1, True)


async def test_the_account_of_a_real_request_is_whole_for_those_who_show_the_token(
    view: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\n")
    told = Explanation(
        "1", "GET /secret HTTP/1.1", "a.org", "/", "10.0.0.1", sent=("GET / HTTP/1.1", "Cookie: s=1")
    )
    monkeypatch.setattr(view, "explanation", {"1": told}.get)
    app = application(view, "1", lambda: 0.0, view.desk(), token_in(str(file)))
    async with TestClient(TestServer(app)) as client:
        page = "/api/v1/explanations/1"
        shown = {"Authorization": "Bearer 0123456789abcdef"}
        assert "s=1" in await (await client.get(page, headers=shown)).text()
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer 0123456789abcdeX"}):
            text = await (await client.get(page, headers=headers)).text()
            assert "Cookie" in text
            assert "s=1" not in text
        assert (await client.get("/api/v1/explanations/2")).status == 404
        file.unlink()
        assert "s=1" not in await (await client.get(page, headers=shown)).text()

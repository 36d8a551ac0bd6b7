"""`headgate explain` that cannot tell anything says why, in one line and at once."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from ingress.cli.explain import explain
from ingress.model.settings import Settings

URL = "shop.example.com/a"


def run(*words: str) -> Result:
    return CliRunner(env={}).invoke(explain, words)


def said(result: Result) -> str:
    """The last line, which is the reason."""
    return result.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((URL,), "whom to ask is missing: --manifests DIR, --kubeconfig PATH, --consul URL or --admin "),
        ((URL, "--admin", "nonsense"), '--admin: "nonsense" is not ADDR:PORT, such as 127.0.0.1:9900'),
        ((URL, "--admin", "x:y"), '--admin: "x:y" is not ADDR:PORT'),
        ((URL, "--admin", "127.0.0.1:1/x"), '--admin: "127.0.0.1:1/x" is not ADDR:PORT'),
        ((URL, "--admin", "http://127.0.0.1:1/"), '--admin: "http://127.0.0.1:1/" is not ADDR:PORT'),
        ((URL, "--client", "nonsense", "--manifests", "x"), 'client "nonsense" is no IP address'),
        ((URL, "--consul", "ftp://x"), '--consul: "ftp://x" is not http[s]://HOST[:PORT]'),
        ((URL, "--consul", "127.0.0.1:1", "--consul-dialect", "fabulous"), "--consul-dialect: "),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(words: tuple[str, ...], reason: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said(result).startswith(f"Error: {reason}")


@pytest.mark.parametrize("option", ["--manifests", "--kubeconfig"])
def test_a_source_that_is_not_there_is_named_and_not_waited_for(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.cli.explain.PATIENCE", 0.0)
    result = run(URL, option, "/nowhere/at/all")
    assert result.exit_code == 1
    assert result.output == f"Error: {option}: /nowhere/at/all: No such file or directory\n"


def test_nobody_there_is_said_without_the_words_of_a_library() -> None:
    result = run(URL, "--admin", "127.0.0.1:1")
    assert (result.exit_code, result.output) == (1, "Error: --admin 127.0.0.1:1: Connection refused\n")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"error": "there is no such account", "reason": "no-route"}', "there is no such account"),
        ("x", "404 x"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_admin_api(answer: str, words: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=404, text=answer)

    async def ask() -> tuple[Result, int | None]:
        app = web.Application()
        app.router.add_get("/{path:.*}", refuse)
        async with TestServer(app) as server:
            return await asyncio.to_thread(
                run, "--admin", f"127.0.0.1:{server.port}", "--id", "7"
            ), server.port

    result, port = asyncio.run(ask())
    assert (result.exit_code, result.output) == (1, f"Error: --admin 127.0.0.1:{port}: {words}\n")


def test_consul_is_asked_with_the_dialects_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []

    def build(settings: Settings) -> Any:
        asked.append(settings)
        raise ValueError("enough")

    monkeypatch.setattr("ingress.cli.explain.build_plane", build)
    assert said(run(URL, "--consul", "http://127.0.0.1:8500", "--consul-dialect", "fabio")) == "Error: enough"
    [settings] = asked
    assert (settings.consul.url, settings.consul.dialects) == (("http://127.0.0.1:8500",), ("fabio",))

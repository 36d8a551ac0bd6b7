"""`headgate explain`: what would become of a request, and why."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

import click
import msgspec

from ingress.cli.plane import Plane, build_plane
from ingress.cli.run import NoSourceError, faults_of, read_settings
from ingress.cli.settings import SettingsError
from ingress.explain.asked import Asked, read_asked
from ingress.explain.stage import InForce, facts_of
from ingress.explain.stage import explain as play
from ingress.explain.story import story
from ingress.model.change import PutBackend, PutCertificate, PutFile, PutHost, PutPlatform, PutTcpRoute
from ingress.model.explanation import Explanation
from ingress.model.settings import Settings
from ingress.proxy.tls.hosts import DEFAULT
from ingress.token_file import TokenError, read_token

PATIENCE: Final = 30.0
"""Seconds for a source to say everything."""


class _Refusal(msgspec.Struct):
    """An error of the admin API."""

    error: str


@click.command("explain")
@click.argument("url", default="")
@click.option("-X", "--request", "method", default="GET", metavar="METHOD", help="The method.")
@click.option("-H", "--header", "fields", multiple=True, metavar="'NAME: VALUE'", help="A header line.")
@click.option("-d", "--data", default="", metavar="TEXT", help="The body.")
@click.option("--client", default="", metavar="IP", help="The address the request comes from.")
@click.option("--manifests", metavar="DIR", help="Ask a folder of Kubernetes manifests.")
@click.option("--kubeconfig", metavar="PATH", help="Ask the API server that this file names.")
@click.option("--consul", multiple=True, metavar="URL", help="Ask the Consul of this agent.")
@click.option(
    "--consul-dialect",
    multiple=True,
    metavar="NAME",
    help="Read the tags of this product too: fabio or traefik.",
)
@click.option("--admin", metavar="ADDR:PORT", help="Ask the admin API of a Headgate that runs.")
@click.option("--namespace", multiple=True, metavar="NS", help="Read only this namespace.")
@click.option("--ingress-class", metavar="NAME", help="The name of our IngressClass.")
@click.option("--config", metavar="FILE", help="Read settings from this file, as `headgate run` does.")
@click.option(
    "--id", "number", metavar="ID", help="Of a real request: what its answer says in Headgate-Explain."
)
@click.option(
    "--token-file", default="", metavar="PATH", help="Show the token in this file to the admin API."
)
@click.option("--json", "as_json", is_flag=True, help="The account as JSON in place of text.")
def explain(
    url: str,
    as_json: bool,
    admin: str | None,
    number: str | None,
    token_file: str,
    **given: Any,
) -> None:
    """Tell what becomes of a request, and why.

    URL is such as https://shop.example.com/a?b. The account names the route and those that lost, every ACL
    with what it looked at, the rules in order, the backend with its servers, and what the server gets. It
    is the data plane itself that decides; nothing is sent to a server.

    With --admin, a Headgate that runs is asked by what it has in force. Its account has no texts of rules and
    no values, as these may be confidential.

    A real request is explained while it is served if it shows the token of `headgate run
    --explain-token-file`, as in `curl -H "Headgate-Explain: TOKEN"`. The field of that name in its answer is
    an ID, for --admin ADDR:PORT --id ID; with --token-file the account has everything.
    """
    try:
        if number or not url:
            told = _of_real_request(admin, number, token_file)
            click.echo(_json(told) if as_json else story(told), nl=False)
            return
        said = {name: given.pop(name) for name in ("method", "fields", "client", "data")}
        asked = read_asked(url, **said)
        if admin:
            told = _online(admin, {"url": url, "header": said.pop("fields"), **said})
        else:
            told = asyncio.run(_offline(asked, _settings(given)))
    except (ValueError, SettingsError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(_json(told) if as_json else story(told), nl=False)


def _settings(given: Mapping[str, Any]) -> Settings:
    """Those of the sources to ask, all of which can be read."""
    try:
        settings = read_settings(given, os.environ)
    except NoSourceError:
        raise click.UsageError(
            "whom to ask is missing: --manifests DIR, --kubeconfig PATH, --consul URL or --admin ADDR:PORT"
        ) from None
    for fault in faults_of(settings):
        raise click.ClickException(fault)
    return settings


def _json(told: Explanation) -> str:
    return msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(told)), indent=2).decode() + "\n"


def _of_real_request(admin: str | None, number: str | None, token_file: str) -> Explanation:
    """The account of a request that was served."""
    if not (admin and number):
        raise click.UsageError("a URL is missing, or --admin ADDR:PORT with --id ID")
    request = Request(f"{_page(admin)}/explanations/{quote(number, safe='')}")
    try:
        if token := read_token(token_file).decode():
            request.add_header("Authorization", f"Bearer {token}")
    except TokenError as error:
        raise click.UsageError(f"--token-file: {error}") from None
    return _fetch(admin, request)


def _online(admin: str, parameters: Mapping[str, str | Sequence[str]]) -> Explanation:
    """The account of a Headgate that runs."""
    query = urlencode(parameters, doseq=True)
    return _fetch(admin, Request(f"{_page(admin)}/explain?{query}"))


def _page(admin: str) -> str:
    try:
        parts = urlsplit(f"//{admin}")
        if parts.hostname and parts.port and parts.netloc == admin:
            return f"http://{admin}/api/v1"
    except ValueError:
        pass
    raise click.UsageError(f'--admin: "{admin}" is not ADDR:PORT, such as 127.0.0.1:9900')


def _fetch(admin: str, request: Request) -> Explanation:
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            return msgspec.json.decode(answer.read(), type=Explanation)
    except HTTPError as error:
        raise click.ClickException(f"--admin {admin}: {_complaint(error)}") from None
    except (OSError, msgspec.DecodeError) as error:
        cause = getattr(error, "reason", error)
        raise click.ClickException(f"--admin {admin}: {getattr(cause, 'strerror', None) or cause}") from None


def _complaint(error: HTTPError) -> str:
    """What is wrong, in the words of the admin API."""
    text = error.read()
    try:
        return msgspec.json.decode(text, type=_Refusal).error
    except msgspec.DecodeError:
        return f"{error.code} {text.decode(errors='replace').strip()}"


async def _offline(asked: Asked, settings: Settings) -> Explanation:
    """The account by what the sources say now."""
    in_force = await _everything(build_plane(settings))
    return await play(asked, facts_of(asked.host, in_force, settings))


async def _everything(plane: Plane) -> InForce:
    """What is in force as soon as every source has had its say."""
    following = [asyncio.create_task(plane.run(source)) for source in plane.sources]
    try:
        async with asyncio.timeout(PATIENCE):
            while plane.unsynced():  # noqa: ASYNC110  there is no event for a sync
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise click.ClickException(f"no full answer within {PATIENCE:.0f} s: {_waits(plane)}") from None
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    changes = plane.take_changes()
    files = {one.file.name: one.file for one in changes if isinstance(one, PutFile)}
    certificates = [one for one in changes if isinstance(one, PutCertificate)]
    return InForce(
        {one.host.name: one.host for one in changes if isinstance(one, PutHost)},
        {one.backend.name: one.backend for one in changes if isinstance(one, PutBackend)},
        {one.platform.name: one.platform for one in changes if isinstance(one, PutPlatform)},
        files.get,
        tuple(one.route for one in changes if isinstance(one, PutTcpRoute)),
        lambda: any(DEFAULT in one.certificate.hosts for one in certificates),
    )


def _waits(plane: Plane) -> str:
    return "; ".join(f"{facts.name}: {facts.detail or facts.state}" for facts in plane.facts())

"""Tokens, files and hosts are those of now, and what cannot be read is said in one line."""

import json
from pathlib import Path

import pytest

from discovery.kubernetes.api import Api, UnreachableError
from discovery.kubernetes.credentials import Credentials, from_kubeconfig, from_service_account, identity
from discovery.kubernetes.timings import Timings
from tests.unit.kubernetes_reflect.conftest import World


async def test_a_newline_at_the_end_of_a_token_file_is_no_part_of_the_token(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.synced)
        assert world.kubeconfig.with_name("token").read_text() == "good\n"


async def test_a_refused_token_is_read_again_and_asked_with_at_once(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.synced)
        world.api.token = "new"
        world.kubeconfig.with_name("token").write_text("new\n")
        world.api.cut("ingresses")
        world.api.put("ingresses", "shop", "web")
        await world.until(lambda: world.seen.of("ingresses") == ["web"])
        # The first watch, the one that the old token was refused for, and the one after.
        assert len(world.api.asked("ingresses")) == 3


async def test_a_server_that_moved_is_found_when_the_old_one_refuses_the_token(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.synced)
        config = json.loads(world.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] += "/"
        config["clusters"][0]["cluster"]["tls-server-name"] = "kubernetes"
        config["users"][0]["user"] = {"token": "new"}
        world.kubeconfig.write_text(json.dumps(config))
        world.api.token = "new"
        world.api.cut("ingresses")
        world.api.put("services", "shop", "web")
        await world.until(lambda: world.seen.of("services") == ["web"])
        await world.until(lambda: world.state == "live")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("", ""),
        ("{}", ""),
        ("[1, 2]", ""),
        ("a: [", ""),
        ('{"current-context": "gone", "contexts": []}', "gone"),
    ],
    ids=["missing", "empty", "no-fields", "a-list", "not-yaml", "no-context"],
)
async def test_a_kubeconfig_that_cannot_be_read_is_trouble_in_one_line(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    api = Api(from_kubeconfig(str(path)), Timings(), lambda: 0.0)
    with pytest.raises(UnreachableError) as caught:
        await api.get("/api/v1/services", {})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_source_waits_for_a_kubeconfig_that_is_not_there_yet(world: World) -> None:
    path = world.kubeconfig.with_name("later")
    world.credentials = from_kubeconfig(str(path))
    async with world.running():
        await world.until(lambda: "No such file" in world.detail)
        assert world.state == "starting"
        path.write_text(world.kubeconfig.read_text())
        await world.until(lambda: world.synced)


def service_account(folder: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> Credentials:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (folder / "token").write_text(token)
    (folder / "ca.crt").write_text("an authority")
    return from_service_account(str(folder / "token"), str(folder / "ca.crt"))


async def test_a_service_account_is_read_from_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = await service_account(tmp_path, monkeypatch, "secret\n").load()
    assert configuration.host == "https://[fd00::1]:443"
    assert configuration.api_key == {"BearerToken": "Bearer secret"}
    assert configuration.ssl_ca_cert == str(tmp_path / "ca.crt")


async def test_a_client_is_made_anew_for_a_new_authority_and_not_for_a_new_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = service_account(tmp_path, monkeypatch, "first")
    first = identity(await credentials.load())
    (tmp_path / "token").write_text("second")
    assert identity(await credentials.load()) == first
    (tmp_path / "ca.crt").write_text("another authority")
    assert identity(await credentials.load()) != first


async def test_credentials_with_a_lifetime_are_read_again_without_being_refused(world: World) -> None:
    loads = 0
    plain = world.credentials.load

    async def counted() -> object:
        nonlocal loads
        loads += 1
        return await plain()

    world.credentials = Credentials(counted, lifetime=0.0)  # type: ignore[arg-type]
    async with world.running():
        await world.until(lambda: world.synced and loads > 1)

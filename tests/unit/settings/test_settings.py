"""Settings from option, environment, file and default."""

import re
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from ingress.cli.commands import headgate
from ingress.cli.consul_source import accepted_states
from ingress.cli.keys import KEYS, SECTIONS
from ingress.cli.plane import cluster_options
from ingress.cli.run import IN_CLUSTER, NO_CLUSTER, RUN, read_settings
from ingress.cli.settings import SettingsError
from ingress.model.backend import Balance
from ingress.model.settings import KubernetesSettings, Settings

BASE = {"HEADGATE_MANIFESTS": "m"}


def environment(**variables: str) -> dict[str, str]:
    return BASE | {f"HEADGATE_{name}": value for name, value in variables.items()}


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What this process would have become: a test that meant to be refused must not turn into Headgate."""
    taken: list[Settings] = []
    monkeypatch.setattr("ingress.cli.run.become", taken.append)
    return taken


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "headgate.yaml"


def read_file(config: Path, text: str) -> Settings:
    config.write_text(text)
    return read_settings({"config": str(config)}, BASE)


def test_every_field_of_the_settings_has_a_key() -> None:
    fields = set()
    for field in msgspec.structs.fields(Settings):
        group = getattr(Settings(), field.name)
        parts = msgspec.structs.fields(group) if isinstance(group, msgspec.Struct) else ()
        fields |= {f"{field.name}.{part.name}" for part in parts} or {field.name}
    # By what servers are verified is for each Service to say.
    assert {key.field for key in KEYS} == (fields | {"kubernetes.kubeconfig"}) - {"backend.tls"}


def test_no_two_keys_share_a_name() -> None:
    names = {name for key in KEYS for name in {key.name, key.field.replace("_", "-")}}
    assert len(names) == sum(len({key.name, key.field.replace("_", "-")}) for key in KEYS)


def test_every_key_has_an_option_with_a_help() -> None:
    options = {option.opts[0]: option for option in RUN.params if isinstance(option, click.Option)}
    assert options.keys() == {"--config"} | {key.option for key in KEYS}
    assert all(option.help for option in options.values())


def test_the_help_lists_every_option_with_its_default_under_what_it_is_about() -> None:
    text = CliRunner().invoke(headgate, ["run", "--help"], terminal_width=200).output
    listed = re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)
    assert listed[: len(KEYS)] == [key.option for key in KEYS]
    assert re.findall(r"^[A-Z].*:$", text, re.MULTILINE)[:-1] == [f"{title}:" for title in SECTIONS]
    assert re.search(r"--limits-head BYTES +Longest head of a request. \[32768\]$", text, re.MULTILINE)
    assert re.search(r"--http ADDR:PORT .* \[0.0.0.0:8080\]$", text, re.MULTILINE)
    assert re.search(r"--via +Send servers the Via field.$", text, re.MULTILINE)


def test_nothing_set_is_the_default() -> None:
    assert read_settings({}, BASE) == Settings(manifests="m")


def test_the_order_is_option_environment_file_default(config: Path) -> None:
    config.write_text("workers: 1\nzone: file\nnode: file\nmanifests: m\n")
    given = {"config": str(config), "workers": "3"}
    settings = read_settings(given, {"HEADGATE_WORKERS": "2", "HEADGATE_ZONE": "environment"})
    assert (settings.workers, settings.zone, settings.node, settings.log_level) == (
        3,
        "environment",
        "file",
        "info",
    )


def test_the_environment_can_name_the_file(config: Path) -> None:
    config.write_text("workers: 7")
    assert read_settings({}, environment(CONFIG=str(config))).workers == 7


def test_a_stronger_list_replaces_a_weaker_one() -> None:
    settings = read_settings({"http": ("127.0.0.1:1", "[::1]:2")}, environment(HTTP="0.0.0.0:3"))
    assert settings.http == ("127.0.0.1:1", "[::1]:2")


def test_a_list_in_the_environment_has_commas_between() -> None:
    settings = read_settings({}, environment(NAMESPACE="a, b,c", HTTP=":1,[::]:2"))
    assert settings.namespaces == ("a", "b", "c")
    assert settings.http == ("0.0.0.0:1", "[::]:2")


def test_groups_of_the_file_are_mappings(config: Path) -> None:
    text = """
    http: [127.0.0.1:1, 127.0.0.1:2]
    namespaces: [a]
    access-log: off
    drain-timeout: 1m
    limits:
      head: 64k
      timeout-request: 500ms
    backend: {balance: leastconn, tries: 5}
    kubernetes: {kubeconfig: /etc/k}
    """
    settings = read_file(config, text)
    assert settings.http == ("127.0.0.1:1", "127.0.0.1:2")
    assert (settings.namespaces, settings.access_log, settings.drain_timeout) == (("a",), "off", 60.0)
    assert (settings.limits.head, settings.limits.timeout_request, settings.limits.fields) == (
        65536,
        0.5,
        128,
    )
    assert (settings.backend.balance, settings.backend.tries) == (Balance.LEAST_CONN, 5)
    assert settings.kubernetes == KubernetesSettings("/etc/k")


@pytest.mark.parametrize("text", ["kubernetes: true", "kubernetes: {}", "kubernetes: yes"])
def test_the_cluster_around_is_a_source_by_one_word(config: Path, text: str) -> None:
    assert read_file(config, text).kubernetes == KubernetesSettings()


@pytest.mark.parametrize("text", ["", "# nothing", "limits:\n#  head: 1", "limits: {}"])
def test_an_empty_file_or_group_says_nothing(config: Path, text: str) -> None:
    assert read_file(config, text) == Settings(manifests="m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worker: 1", 'unknown key "worker"; did you mean "workers"?'),
        ("apiVersion: v1", 'unknown key "apiVersion"'),
        ("limits: {haed: 1}", 'unknown key "limits.haed"; did you mean "limits.head"?'),
        ("workers: x", 'workers: "x" is not a whole number from 0 to 256'),
        ("workers: [1]", "workers: it takes one word"),
        ("http: [[a]]", "http: it takes a list of words"),
        ("- a", "the file must be a mapping"),
        (
            "a: [",
            ": line 1, column 5: while parsing a flow node, expected the node content, but found ",
        ),
        ("a: \x07", ": unacceptable character #x0007: special characters are not allowed"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(config: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_file(config, text)
    assert str(caught.value).startswith(str(config))
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="/nowhere/at/all: No such file"):
        read_settings({"config": "/nowhere/at/all"}, BASE)


def test_an_unknown_variable_is_named_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match='"HEADGATE_WORKER"; did you mean "HEADGATE_WORKERS"'):
        read_settings({}, environment(WORKER="1"))


@pytest.mark.parametrize(
    "name",
    ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP_ADDR", "ADMIN_PORT", "ADMIN_SERVICE_HOST"],
)
def test_what_kubernetes_says_of_a_service_called_headgate_is_no_setting(name: str) -> None:
    assert read_settings({}, environment(**{name: "tcp://10.0.0.1:80"})) == Settings(manifests="m")


def test_no_key_looks_like_what_kubernetes_says_of_a_service() -> None:
    assert not [key for key in KEYS if key.variable.endswith(("_PORT", "_SERVICE_HOST"))]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("http", "localhost:80"),
        ("http", "1.2.3.4"),
        ("log_level", "loud"),
        ("drain_timeout", "1 s"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("limits_head", "0"),
        ("backend_timeout_connect", "0"),
        ("backend_balance", "fair"),
        ("default_backend", "shop:80"),
        ("tcp_address", "all"),
        ("workers", "-1"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(option: str, value: str) -> None:
    name = {"trusted_proxies": "trusted_proxy"}.get(option, option)
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')}: "):
        read_settings({name: value}, BASE)


BOTH = Settings(manifests="m", kubernetes=KubernetesSettings())


@pytest.mark.parametrize(
    ("settings", "of_files", "of_kubernetes"),
    [
        (msgspec.structs.replace(BOTH, default_backend="a/b:80"), "", "a/b:80"),
        (msgspec.structs.replace(BOTH, default_backend="files:a/b:80"), "a/b:80", ""),
        (msgspec.structs.replace(BOTH, default_backend="kubernetes:a/b:web"), "", "a/b:web"),
        (Settings(manifests="m", default_backend="a/b:80"), "a/b:80", ""),
        (BOTH, "", ""),
    ],
)
def test_one_source_has_the_default_backend(settings: Settings, of_files: str, of_kubernetes: str) -> None:
    assert cluster_options("files", settings).default_backend == of_files
    assert cluster_options("kubernetes", settings).default_backend == of_kubernetes


def test_the_default_backend_of_a_source_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="there is no source kubernetes"):
        read_settings({"default_backend": "kubernetes:a/b:80"}, BASE)
    with pytest.raises(SettingsError, match="there is no source with Services"):
        read_settings({"default_backend": "a/b:80", "consul": "http://127.0.0.1:8500"}, {})


def test_a_default_certificate_in_a_file_needs_no_source() -> None:
    consul = {"consul": "http://127.0.0.1:8500", "default_certificate": "/etc/headgate/tls"}
    assert read_settings(consul, {}).default_certificate == "/etc/headgate/tls"
    with pytest.raises(SettingsError, match="there is no source with Secrets"):
        read_settings({**consul, "default_certificate": "a/tls"}, {})


def test_no_source_is_an_error_that_says_what_to_give() -> None:
    result = CliRunner(env={}).invoke(headgate, ["run"])
    assert result.exit_code == 2
    assert "--manifests DIR" in result.output


def test_an_unknown_option_is_wrong_usage() -> None:
    result = CliRunner().invoke(headgate, ["run", "--workesr", "1"])
    assert result.exit_code == 2
    assert "--workers" in result.output


def test_a_folder_that_is_not_there_is_a_failure_in_one_line() -> None:
    result = CliRunner().invoke(headgate, ["run", "--manifests", "/nowhere/at/all"])
    assert result.exit_code == 1
    assert result.output == "Error: --manifests: /nowhere/at/all: No such file or directory\n"


def test_a_source_that_cannot_be_read_does_not_keep_others_from_being_served(
    tmp_path: Path,
    started: list[Settings],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("ingress.cli.run.set_up", lambda *_: None)
    other = ["--consul", "127.0.0.1:1", "--kubeconfig", "/nowhere/config"]
    CliRunner().invoke(headgate, ["run", "--manifests", "/nowhere/at/all", *other])
    assert len(started) == 1
    assert "/nowhere/at/all: No such file or directory; going on" in caplog.text
    assert "/nowhere/config" in caplog.text
    (tmp_path / "last-good.state").touch()
    CliRunner().invoke(headgate, ["run", "--manifests", "/nowhere", "--state-dir", str(tmp_path)])
    assert len(started) == 2


def test_an_access_log_that_cannot_be_written_is_a_failure_in_one_line(tmp_path: Path) -> None:
    arguments = ["run", "--manifests", str(tmp_path), "--access-log", "/nowhere/log"]
    result = CliRunner().invoke(headgate, arguments)
    assert result.exit_code == 1
    assert result.output == "Error: --access-log: /nowhere/log: No such file or directory\n"


def test_a_kubeconfig_that_leads_nowhere_is_a_failure_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("a: [")
    result = CliRunner().invoke(headgate, ["run", "--kubeconfig", str(path)])
    assert result.exit_code == 1
    assert result.output.startswith(
        f"Error: --kubeconfig: {path}: it is no usable kubeconfig: line 1, column 5: "
    )
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("missing", IN_CLUSTER)
def test_outside_of_a_cluster_there_is_none_to_watch(missing: str) -> None:
    environment = dict.fromkeys(IN_CLUSTER, "10.0.0.1") | {missing: None}
    result = CliRunner(env=environment).invoke(headgate, ["run", "--kubernetes"])
    assert (result.exit_code, result.output) == (1, f"Error: {NO_CLUSTER}\n")


def test_a_cluster_that_may_answer_later_is_no_reason_not_to_start(
    tmp_path: Path, started: list[Settings]
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(
        "current-context: here\n"
        "contexts: [{name: here, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
    )
    CliRunner().invoke(headgate, ["run", "--kubeconfig", str(path)], catch_exceptions=False)
    CliRunner(env=dict.fromkeys(IN_CLUSTER, "1")).invoke(headgate, ["run", "--kubernetes"])
    found = [settings.kubernetes for settings in started]
    assert found == [KubernetesSettings(str(path)), KubernetesSettings()]


@pytest.mark.parametrize("text", ["0.0.0.0:80", "[::]:80", "10.0.0.5", "10.0.0.5:0", "edge.example.com:80"])
def test_what_is_registered_in_consul_is_one_address_that_others_reach(text: str) -> None:
    with pytest.raises(SettingsError, match="consul-register"):
        read_settings({"consul": "http://127.0.0.1:8500", "consul_register": text}, {})


def test_consul_is_a_block_in_the_file(config: Path) -> None:
    text = "consul:\n  url: [https://a, unix:///run/b]\n  datacentres: [east, west]\n  warning: 'false'\n"
    found = read_file(config, text).consul
    assert found.url == ("https://a", "unix:///run/b")
    assert found.datacentres == ("east", "west")
    assert not found.warning


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({}, {"passing", "warning"}),
        ({"consul_status": ["passing", "critical"]}, {"passing", "critical"}),
        ({"consul_status": ["passing,warning,critical"]}, {"passing", "warning", "critical"}),
        ({"consul_warning": "false"}, {"passing"}),
    ],
)
def test_accepted_states_of_consuls_checks_are_a_list_and_the_older_switch_counts(
    given: dict[str, object], accepted: set[str]
) -> None:
    settings = read_settings({"consul": ["127.0.0.1:8500"], **given}, {})
    assert accepted_states(settings.consul) == accepted


def test_consul_alone_is_a_source() -> None:
    assert read_settings({"consul": ["127.0.0.1:8500"]}, {}).consul.url == ("127.0.0.1:8500",)


@pytest.mark.parametrize(
    "given",
    [{"consul": ["ftp://x"]}, {"consul_consistency": "perhaps"}, {"consul_tag_prefix": "no.dots"}],
)
def test_what_consul_cannot_be_asked_with_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        read_settings(given, BASE)

"""`headgate run`: settings from everywhere, checked, and handed to the supervisor."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from discovery.kubernetes.kubeconfig import KubeconfigError, check_kubeconfig
from discovery.last_good import LastGood
from ingress.cli.keys import KEYS, SECTIONS, Key
from ingress.cli.settings import (
    CONFIG,
    Setting,
    SettingsError,
    from_environment,
    from_file,
    from_options,
    merge,
)
from ingress.cli.supervisor_process import become
from ingress.log import set_up
from ingress.model.settings import Settings
from ingress.token_file import TokenError, read_token

NO_SOURCE: Final = (
    "there is no source of routes. Give one: --manifests DIR (a folder of Kubernetes manifests), "
    "--kubernetes (the cluster this runs in), --kubeconfig PATH or --consul URL"
)
IN_CLUSTER: Final = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
"""What Kubernetes tells every container."""
NO_CLUSTER: Final = (
    f"--kubernetes: this is not a pod of a cluster: {' or '.join(IN_CLUSTER)} is not set. "
    "From outside, give --kubeconfig PATH"
)


WIDEST: Final = 36
"""Columns of the help for an option and its value."""


class NoSourceError(SettingsError):
    """Nothing is said of where routes come from."""


log = logging.getLogger(__name__)


def read_settings(given: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """The settings of a run; SettingsError where they make no sense."""
    settings = merge(_everywhere(given, environment))
    if not (settings.manifests or settings.kubernetes or settings.consul.url):
        raise NoSourceError(NO_SOURCE)
    _check_default(settings, "default-backend", settings.default_backend)
    _check_default(settings, "platform-rules", settings.platform_rules)
    _check_default(settings, "default-certificate", settings.default_certificate)
    _check_record(settings)
    return settings


def _check_record(settings: Settings) -> None:
    """A record in a source that is not watched would never be written."""
    source = settings.shift_record.partition(":")[0]
    sources = {"kubernetes": settings.kubernetes is not None, "consul": bool(settings.consul.url)}
    if source and not sources[source]:
        raise SettingsError(f"shift-record: {settings.shift_record}: there is no source {source}")


def _check_default(settings: Settings, option: str, word: str) -> None:
    """A default (backend, certificate) that no source would ever look for is a mistake."""
    sources = {"files": bool(settings.manifests), "kubernetes": settings.kubernetes is not None}
    owner = word.partition(":")[0]
    is_file = option == "default-certificate" and word.startswith("/")
    if word and not is_file and not sources.get(owner, any(sources.values())):
        kinds = {"default-backend": "Services", "platform-rules": "ConfigMaps"}
        kind = kinds.get(option, "Secrets")
        missing = owner if owner in sources else f"with {kind}"
        raise SettingsError(f"{option}: {word}: there is no source {missing}")


def _everywhere(given: Mapping[str, object], environment: Mapping[str, str]) -> Iterator[Setting]:
    """What is set, strongest first."""
    yield from from_options(given)
    yield from from_environment(environment)
    if path := str(given.get("config") or environment.get(CONFIG, "")):
        yield from from_file(path)


def _run(**given: object) -> None:
    try:
        settings = read_settings(given, os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    _check_access_log(settings.access_log)
    _check_token("--explain-token-file", settings.explain_token_file)
    _check_token("--admin-token-file", settings.admin_token_file)
    _check_sources(settings, os.environ)
    become(settings)


def _check_access_log(path: str) -> None:
    """Fail at once where no worker could write its log."""
    if path in ("off", "-"):
        return
    # The way workers open it: a pipe that nobody reads is no reason to wait.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        os.close(os.open(path, flags, 0o640))
    except OSError as error:
        raise click.ClickException(f"--access-log: {path}: {error.strerror}") from None


def _check_token(option: str, path: str) -> None:
    """Fail at once where nobody could ever show the token."""
    try:
        read_token(path)
    except TokenError as error:
        raise click.ClickException(f"{option}: {error}") from None


def _check_sources(settings: Settings, environment: Mapping[str, str]) -> None:
    """Fail at once where there would be nothing to serve; what may come later is waited for instead."""
    if settings.kubernetes and not settings.kubernetes.kubeconfig:
        _check_pod(environment)
    faults = list(faults_of(settings))
    if not faults:
        return
    sources = sum(map(bool, (settings.manifests, settings.kubernetes, settings.consul.url)))
    if len(faults) == sources and not _has_last_good(settings):
        raise click.ClickException("; ".join(faults))
    set_up("supervisor", settings.log_level)
    for fault in faults:
        log.warning("%s; going on without this source until it can be read", fault)


def _check_pod(environment: Mapping[str, str]) -> None:
    # A process never gets other variables than it began with, so this does not pass.
    if not all(map(environment.get, IN_CLUSTER)):
        raise click.ClickException(NO_CLUSTER)


def faults_of(settings: Settings) -> Iterator[str]:
    """Of each source that cannot be read now, why."""
    if settings.manifests:
        try:
            os.listdir(settings.manifests)
        except OSError as error:
            yield f"--manifests: {error.filename}: {error.strerror}"
    if settings.kubernetes and settings.kubernetes.kubeconfig:
        try:
            check_kubeconfig(settings.kubernetes.kubeconfig)
        except KubeconfigError as error:
            yield f"--kubeconfig: {error}"


def _has_last_good(settings: Settings) -> bool:
    return bool(settings.state_dir) and LastGood(Path(settings.state_dir)).path.is_file()


class Run(click.Command):
    """The command, whose many options are listed by what they are about."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options section by section."""
        records = {each.name: each.get_help_record(ctx) for each in self.get_params(ctx)}
        for title, keys in SECTIONS.items():
            names = [key.name.replace("-", "_") for key in keys]
            with formatter.section(title):
                formatter.write_dl([record for name in names if (record := records.pop(name))], WIDEST)
        with formatter.section("This command"):
            formatter.write_dl([record for record in records.values() if record])


def _option(key: Key) -> click.Option:
    default = f" [{', '.join(key.default)}]" if key.default else ""
    return click.Option(
        [key.option],
        help=f"{key.sentence}{default}",
        metavar=None if key.is_flag else key.metavar,
        is_flag=key.is_flag,
        multiple=key.many,
        default=None,
    )


RUN: Final = Run(
    "run",
    callback=_run,
    params=[
        click.Option(["--config"], metavar="FILE", help="Read settings from this YAML file."),
        *map(_option, KEYS),
    ],
    help="""Serve what the sources say, until SIGTERM or SIGINT.

    An option, such as --drain-timeout 1m, can also be an environment variable (HEADGATE_DRAIN_TIMEOUT=1m)
    or a key of the file that --config or HEADGATE_CONFIG names (drain-timeout: 1m). The option is stronger
    than the variable, and that than the file; where none says anything, what is in [brackets] holds.

    Times are in seconds, or with a unit as in 500ms or 2m; sizes are in bytes, or as in 8k or 1m. Options
    that take several values may be repeated.

    The exit status is 0 after a clean stop, 1 after a failure, 2 if the command is used wrongly.""",
)

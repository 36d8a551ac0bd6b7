"""Everything that the rows run beside Headgate is there."""

from tests.real.harness.binaries import cache_directory, install_packages, is_installed, obtain_all

# Command -> Debian's name of its package.
COMMANDS = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"}


def prepare() -> None:
    """Install or build what is missing; UnobtainableError says what could not be had."""
    install_packages([package for command, package in COMMANDS.items() if not is_installed(command)])
    obtain_all(cache_directory())

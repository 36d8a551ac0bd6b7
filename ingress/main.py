"""The entry of every process: the command line, and the processes that `headgate run` consists of."""

import sys
from importlib import import_module
from typing import Final

# By name, so that no process loads what only another one needs.
ROLES: Final = {
    "supervisor": "ingress.cli.supervisor_process",
    "controller": "ingress.cli.controller_process",
    "worker": "ingress.cli.worker_process",
}

INTERRUPTED: Final = 130
"""The status of a command that Ctrl-C ended, as shells have it."""


def main() -> None:
    """Run the command or the process that the arguments name, and exit with its status."""
    role, descriptor = sys.argv[1:] if len(sys.argv) == 3 else ("", "")
    if role in ROLES:
        sys.exit(import_module(ROLES[role]).main(int(descriptor)))
    try:
        import_module("ingress.cli.commands").main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

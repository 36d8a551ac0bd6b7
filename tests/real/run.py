"""Run the tests against real servers: build what is missing, then pytest in a network of its own.

python tests/real/run.py [--only-prepare] [pytest arguments]
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.real.harness.binaries import UnobtainableError, cache_directory, obtain_all, obtain_helm  # noqa: E402

# As root a network and mount namespace are free; others need a user namespace around them. The
# process namespace ends every server with the tests, however these end.
ISOLATE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]

# Everything in 10.244.0.0/16 is an address of this network: the API server takes no loopback
# address as an endpoint, and pods have addresses of their own. In /run a pod finds its token.
FURNISH = "mount -t tmpfs tmpfs /run && ip link set lo up && ip address add 10.244.0.1/16 dev lo"


def main(arguments: list[str]) -> int:
    """The exit status of the tests."""
    cache = cache_directory()
    try:
        if arguments == ["--helm"]:
            print(obtain_helm(cache))
            return 0
        obtain_all(cache)
    except UnobtainableError as error:
        print(f"test-real: {error}", file=sys.stderr)
        return 1
    if arguments == ["--only-prepare"]:
        return 0
    # Nothing is skipped for want of a server: here they all are.
    environment = {**os.environ, "HEADGATE_REAL": "1"}
    named = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)
    tests = isolated(arguments if named else ["tests/real", *arguments])
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


def isolated(arguments: list[str]) -> list[str]:
    """The command that runs pytest where nothing else is."""
    tests = shlex.join([sys.executable, "-m", "pytest", *arguments])
    isolate = ISOLATE if os.geteuid() == 0 else [*ISOLATE, "--map-root-user"]
    # The shell stays, as the first process of a namespace inherits all orphans and has to reap them.
    return [*isolate, "bash", "-c", f"{FURNISH} && {tests}; exit $?"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A network and process namespace for a run, so that ports and addresses are its own and all ends with it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.real.run import FURNISH, ISOLATE

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "BENCH_INSIDE"


def is_inside() -> bool:
    """Whether this process has the network to itself."""
    return INSIDE in os.environ


def run_inside(arguments: Sequence[str], within: float) -> int:
    """The exit status of the same program in a network of its own."""
    program = shlex.join([sys.executable, "-m", "tests.bench", *arguments])
    isolate = ISOLATE if os.geteuid() == 0 else [*ISOLATE, "--map-root-user"]
    # The shell stays: as the first process of the namespace it has to reap the others.
    command = [*isolate, "bash", "-c", f"{FURNISH} && {program}; exit $?"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, INSIDE: "1"}, check=False, timeout=within)
    return done.returncode

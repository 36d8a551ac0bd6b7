"""How another process of the same programme is started."""

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PACKAGES: Final = Path(__file__).parents[2]


def command() -> tuple[str, ...]:
    """What starts a process of ours; the role and a descriptor are to be added."""
    # -P: the working directory is not searched for modules, as it may hold anything.
    return (sys.executable, "-P", "-m", "ingress.main")


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment in which such a process finds the same packages, also in a mere checkout."""
    if str(PACKAGES) == sysconfig.get_path("purelib"):
        return dict(inherited)
    paths = [str(PACKAGES), *filter(None, inherited.get("PYTHONPATH", "").split(os.pathsep))]
    return {**inherited, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}

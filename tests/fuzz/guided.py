"""The same targets with inputs that coverage guides: `python -m tests.fuzz.guided -runs=1000000`.

It needs `pip install atheris`, which is no dependency of anything here, and takes the options of libFuzzer.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingress.wire", "tests.fuzz.model"]):
    from tests.fuzz.mutate import SEEDS
    from tests.fuzz.targets import TARGETS

CHECKS = list(TARGETS.values())


def one_input(data: bytes) -> None:
    """The first byte says which target, the second where the rest is cut."""
    if len(data) > 2:
        CHECKS[data[0] % len(CHECKS)](data[2:], data[1])


def write_seeds(folder: Path) -> None:
    """What the search begins with."""
    for place, name in enumerate(TARGETS):
        for number, seed in enumerate(SEEDS[name]):
            (folder / f"{name}-{number}").write_bytes(bytes((place, number)) + seed)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        atheris.Setup([*sys.argv, "-max_len=600", folder], one_input)
        atheris.Fuzz()

"""The same targets with inputs that coverage guides: `python -m tests.fuzz.guided -runs=1000000`.

It needs `pip install atheris`, which is no dependency of anything here, and takes the options of libFuzzer.
With `ingress/wire/bytescan.pyx` compiled in its place, both forms of the scan are held against each other.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingress.wire", "tests.fuzz.model"]):
    from tests.fuzz.mutate import LINES, SEEDS, WORDS
    from tests.fuzz.targets import TARGETS

CHECKS = list(TARGETS.values())
LONGEST_WORD = 64
"""Bytes of a word of libFuzzer's dictionary."""


def one_input(data: bytes) -> None:
    """The first byte says which target, the second where the rest is cut."""
    if len(data) > 2:
        CHECKS[data[0] % len(CHECKS)](data[2:], data[1])


def write_seeds(folder: Path) -> None:
    """What the search begins with."""
    for place, name in enumerate(TARGETS):
        for number, seed in enumerate(SEEDS[name]):
            (folder / f"{name}-{number}").write_bytes(bytes((place, number)) + seed)


def write_words(path: Path) -> None:
    """What it puts into inputs besides bytes."""
    words = (*WORDS, *LINES, *(line + b"\r\n" for line in LINES))
    path.write_text("".join(f'"{escaped(word)}"\n' for word in words if len(word) <= LONGEST_WORD))


def escaped(word: bytes) -> str:
    """As a dictionary of libFuzzer has it."""
    return "".join(rf"\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        words, seeds = Path(name, "words"), Path(name, "seeds")
        seeds.mkdir()
        write_seeds(seeds)
        write_words(words)
        atheris.Setup([*sys.argv, "-max_len=600", f"-dict={words}", str(seeds)], one_input)
        atheris.Fuzz()

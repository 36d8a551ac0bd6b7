"""Run many inputs: `python -m tests.fuzz --inputs 1000000 --seed 7 --seconds 600 [TARGET]...`.

It ends at the first input for which a target does not hold, and writes it so that it can be kept as a test.
"""

import argparse
import sys
import time
from random import Random

from tests.fuzz.mutate import SEEDS, mutated
from tests.fuzz.targets import TARGETS

TURN = 10_000
"""Inputs for one target before the next has its turn."""


def main() -> int:
    """The exit status: 1 if an input was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar=f"{{{','.join(TARGETS)}}}")
    options = parser.parse_args()
    dice = Random(options.seed)
    until = time.monotonic() + options.seconds
    done = 0
    while done < options.inputs and time.monotonic() < until:
        for name in options.targets:
            if not turn(name, dice):
                return 1
            done += TURN
        print(f"{done} inputs", flush=True)
    print(f"{done} inputs, seed {options.seed}: nothing found")
    return 0


def turn(name: str, dice: Random) -> bool:
    """Run some inputs for a target; False if one was found."""
    check, seeds = TARGETS[name], SEEDS[name]
    for _ in range(TURN):
        data, cut = mutated(dice, seeds), dice.getrandbits(16)
        try:
            check(data, cut)
        except Exception as error:
            print(f"found: {name} {data!r} cut {cut}: {type(error).__name__}: {error}")
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())

"""Bounds on the rules of one object, over all its families: what it may cost those beside it."""

from typing import Final

from msgspec import Struct

from ingress.acl.walk import records
from ingress.model.condition import Criterion, Expression, Match
from ingress.model.policy import Policy, Rule


class Weight(Struct, frozen=True):
    """How much there is of what, named ACLs counted at each place where they are used."""

    rules: int = 0
    tests: int = 0
    patterns: int = 0
    expressions: int = 0
    samples: int = 0


MOST: Final = Weight(rules=1_000, tests=10_000, patterns=100_000, expressions=2_000, samples=500)
"""Of each. Of a sample that is put into a text 8 KiB are kept, so these bound what is made for a request."""
_NAMES: Final = {
    "rules": "rules",
    "tests": "tests in their conditions",
    "patterns": "patterns in these; long lists are for files (`-f configmap:NAME/KEY`)",
    "expressions": "regular expressions in these",
    "samples": "samples in texts and variables",
}


def excess(policy: Policy) -> str:
    """What there is too much of; empty: nothing."""
    weight = weigh(policy)
    over = (name for name in _NAMES if getattr(weight, name) > getattr(MOST, name))
    return "; ".join(
        f"{getattr(weight, name)} {_NAMES[name]}, at most {getattr(MOST, name)}" for name in over
    )


def weigh(policy: Policy) -> Weight:
    """How much there is of what in a policy."""
    found = list(records((policy,)))
    tests = [part for part in found if isinstance(part, Criterion)]
    return Weight(
        sum(isinstance(part, Rule) for part in found) + len(policy.backends) + len(policy.servers),
        len(tests),
        sum(len(test.patterns) for test in tests),
        sum(len(test.patterns) for test in tests if test.match is Match.REG),
        sum(isinstance(part, Expression) for part in found),
    )

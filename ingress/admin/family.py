"""A metric family: its name, kind and labels, where its samples come from, and its text."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from ingress.admin.scrape import Scrape

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, in the order of their names, and the number."""

ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Family(Struct, frozen=True):
    """One metric, as the exposition and its documentation name it."""

    name: str
    kind: str
    """`counter`, `gauge`, `histogram` or `summary`."""
    help: str
    samples: Callable[[Scrape], Iterator[Sample]]
    labels: tuple[str, ...] = ()


def expose(family: Family, scrape: Scrape) -> Iterator[str]:
    """The family in Prometheus' text format 0.0.4, line by line."""
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    if family.kind in SHAPES:
        yield from SHAPES[family.kind](family, scrape)
        return
    for values, number in family.samples(scrape):
        yield line(family.name, zip(family.labels, values, strict=True), number)


def line(name: str, labels: Iterator[tuple[str, str]], number: float) -> str:
    """One sample."""
    text = ",".join([f'{label}="{value.translate(ESCAPES)}"' for label, value in labels])
    return f"{name}{{{text}}} {number}\n" if text else f"{name} {number}\n"


def _histogram(family: Family, scrape: Scrape) -> Iterator[str]:
    """Its samples are the buckets by upper bound, not yet added up, then the sum of what was observed."""
    *buckets, (_, total) = family.samples(scrape)
    count: float = 0
    for values, number in buckets:
        count += number
        yield line(f"{family.name}_bucket", zip(family.labels, values, strict=True), count)
    yield f"{family.name}_sum {total}\n{family.name}_count {count}\n"


def _summary(family: Family, scrape: Scrape) -> Iterator[str]:
    """Its samples are the count and the sum, for each set of labels in turn."""
    samples = family.samples(scrape)
    for (values, count), (_, total) in zip(samples, samples, strict=True):
        for name, number in ((f"{family.name}_sum", total), (f"{family.name}_count", count)):
            yield line(name, zip(family.labels, values, strict=True), number)


SHAPES: Final = {"histogram": _histogram, "summary": _summary}
"""Kinds whose samples have names of their own."""

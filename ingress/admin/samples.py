"""Where the samples of the metrics come from: small functions from a scrape to labels and numbers."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ingress.admin.family import Sample
from ingress.admin.listings import RESPONSES
from ingress.admin.scrape import Scrape
from ingress.admin.view import WorkerFacts
from ingress.model.reason import Reason
from ingress.observe.page import BOUNDS, RouteCell, ServerCell, WorkerCell

Samples = Callable[[Scrape], Iterator[Sample]]

LISTS: Final = "lists"
SHIFT_PARTS: Final = ("leads", "follows", "cut-off")
SHIFT_STATES: Final = ("running", "paused", "waiting", "rolled-back", "done")
SOURCE_STATES: Final = ("starting", "live", "degraded")


def one(number: Callable[[Scrape], float]) -> Samples:
    """A metric without labels."""

    def samples(scrape: Scrape) -> Iterator[Sample]:
        yield (), number(scrape)

    return samples


def total(cell: WorkerCell) -> Samples:
    """A counter or gauge of the workers, over all of them."""
    return one(lambda scrape: scrape.view.page.total(cell))


def seconds(cell: WorkerCell) -> Samples:
    """The same for a sum of microseconds."""
    return one(lambda scrape: scrape.view.page.total(cell) / 1e6)


def worker(number: Callable[[WorkerFacts], float]) -> Samples:
    """One sample for each worker."""
    return lambda scrape: (((str(worker.index),), number(worker)) for worker in scrape.view.workers())


def heartbeats(scrape: Scrape) -> Iterator[Sample]:
    """The last sign of life of each worker."""
    for facts in scrape.view.workers():
        yield (str(facts.index),), scrape.view.page.worker_cell(facts.index, WorkerCell.HEARTBEAT)


def route(cell: RouteCell, unit: float = 1) -> Samples:
    """One sample for each object, service and namespace."""
    return lambda scrape: (
        (labels, row[cell] / unit if unit != 1 else row[cell]) for labels, row in scrape.routes.items()
    )


def server(cell: ServerCell) -> Samples:
    """One sample for each server."""
    return lambda scrape: ((labels, row[cell]) for labels, row in scrape.servers.items())


def responses(scrape: Scrape) -> Iterator[Sample]:
    """Requests by class of status."""
    for labels, row in scrape.routes.items():
        for code, cell in RESPONSES.items():
            yield (*labels, code), row[cell]


def server_up(scrape: Scrape) -> Iterator[Sample]:
    """Whether no worker has taken the server out."""
    for labels, state in scrape.states.items():
        yield labels, int(state != "down")


def durations(scrape: Scrape) -> Iterator[Sample]:
    """The buckets, and the sum of what was observed."""
    bounds = [*(str(bound / 1e6) for bound in BOUNDS), "+Inf"]
    for bound, number in zip(bounds, scrape.view.page.durations(), strict=True):
        yield (bound,), number
    yield (), scrape.view.page.total(WorkerCell.REQUEST_MICROSECONDS) / 1e6


def answers(scrape: Scrape) -> Iterator[Sample]:
    """One sample for each reason, zeros too, so that a rate has a beginning."""
    for reason in Reason:
        yield (reason.value,), scrape.view.page.answers(reason)


def source_state(scrape: Scrape) -> Iterator[Sample]:
    """All states of each source, one of them 1."""
    for source in scrape.view.sources():
        for state in SOURCE_STATES:
            yield (source.name, state), int(source.state == state)


def shift_shares(scrape: Scrape) -> Iterator[Sample]:
    """The part of Kubernetes, of each backend that is shifted."""
    for shift in scrape.view.shifts():
        yield (shift.backend,), shift.share / 100


def shift_states(scrape: Scrape) -> Iterator[Sample]:
    """All states of each shift, one of them 1."""
    for shift in scrape.view.shifts():
        for state in SHIFT_STATES:
            yield (shift.backend, state), int(shift.state == state)


def shift_parts(scrape: Scrape) -> Iterator[Sample]:
    """All parts that a replica may have, one of them 1."""
    for shift in scrape.view.shifts():
        for part in SHIFT_PARTS:
            yield (shift.backend, part), int(shift.part == part)


def source_age(scrape: Scrape) -> Iterator[Sample]:
    """Only sources that ever proved to be alive."""
    for source in scrape.view.sources():
        if source.last_contact:
            yield (source.name,), max(0.0, scrape.now - source.last_contact)


def lags(scrape: Scrape) -> Iterator[Sample]:
    """The count, then the sum, of each source that has measured any."""
    for source in scrape.view.sources():
        if source.lag.count:
            yield (source.name,), source.lag.count
            yield (source.name,), source.lag.sum


def longest_lags(scrape: Scrape) -> Iterator[Sample]:
    """The maximum of each source that has measured any."""
    for source in scrape.view.sources():
        if source.lag.count:
            yield (source.name,), source.lag.max


def source_lists(scrape: Scrape) -> Iterator[Sample]:
    """Full reads by source and kind."""
    for source in scrape.view.sources():
        for kind, counts in source.counts.items():
            yield (source.name, kind), counts.get(LISTS, 0)


def source_refusals(scrape: Scrape) -> Iterator[Sample]:
    """Refusals by source, kind and status."""
    for source in scrape.view.sources():
        for kind, counts in source.counts.items():
            for code, number in counts.items():
                if code != LISTS:
                    yield (source.name, kind, code), number


def problems(scrape: Scrape) -> Iterator[Sample]:
    """Counts by source and kind."""
    found = Counter((problem.origin.source, problem.origin.kind) for problem in scrape.view.problems())
    yield from found.items()


def certificates(scrape: Scrape) -> Iterator[Sample]:
    """When each expires."""
    for certificate in scrape.view.certificates():
        yield (certificate.name,), certificate.not_after


def applies(scrape: Scrape) -> Iterator[Sample]:
    """The count, then the sum."""
    times = scrape.view.applies()
    yield (), times.count
    yield (), times.sum


def left_out(scrape: Scrape) -> Iterator[Sample]:
    """What the cap cut off."""
    for what, number in scrape.left_out.items():
        yield (what,), number

"""How the loops of a source are doing, as its status."""

from collections.abc import Iterable

from discovery.consul.datacentre import Datacentre
from discovery.consul.query import BlockingQuery
from discovery.source import SourceState, SourceStatus


def standing(
    source: str,
    datacentres: Iterable[Datacentre],
    keys: Iterable[BlockingQuery],
    synced: bool,
    last_contact: float,
) -> SourceStatus:
    """The status of a source, with a part for each catalog, for the services of it, and for keys."""
    parts: dict[str, str] = {}
    for datacentre in datacentres:
        where = f" in {datacentre.name}" if datacentre.name else ""
        parts[f"catalog{where}"] = _word([datacentre.catalog.query])
        parts[f"services{where}"] = _word(list(datacentre.queries))
    parts.update({str(query.topic): _word([query]) for query in keys})
    troubles = [f"{part}: {word}" for part, word in parts.items() if ":" in word]
    if not synced:
        waits = [part for part, word in parts.items() if word == SourceState.STARTING]
        detail = "; ".join(troubles) or f"waiting for {', '.join(waits) or 'the first answers'}"
        return SourceStatus(source, SourceState.STARTING, detail, last_contact, parts)
    state = SourceState.DEGRADED if troubles else SourceState.LIVE
    return SourceStatus(source, state, "; ".join(troubles), last_contact, parts)


def _word(queries: list[BlockingQuery]) -> str:
    """`live`, `starting`, or `degraded: 403: ... (3 of 100)`."""
    troubled = [query for query in queries if query.trouble]
    if troubled:
        count = f" ({len(troubled)} of {len(queries)})" if len(queries) > 1 else ""
        return f"{SourceState.DEGRADED.value}: {troubled[0].trouble}{count}"
    if all(query.answered for query in queries):
        return SourceState.LIVE.value
    return SourceState.STARTING.value

"""How the watches of a cluster are doing, as the status of the source."""

from collections.abc import Iterable, Mapping

from discovery.kubernetes.reflection import Reflection
from discovery.source import SourceState, SourceStatus

OPTIONAL = "ingressclasses"
"""A role for single namespaces cannot read these: then an Ingress is ours by the name of its class."""


def standing(
    source: str, parts: Mapping[str, Iterable[Reflection]], synced: bool, last_contact: float
) -> SourceStatus:
    """The status of a source from the reflections of each of its parts."""
    words = {part: _part(part, tuple(reflections)) for part, reflections in parts.items()}
    detail = _detail(words)
    waits = [part for part, word in words.items() if word == SourceState.STARTING]
    if not synced:
        detail = detail or f"waiting for {', '.join(waits) or 'the first translation'}"
        return SourceStatus(source, SourceState.STARTING, detail, last_contact, words)
    degraded = any(word.startswith(SourceState.DEGRADED) for word in words.values())
    state = SourceState.DEGRADED if degraded else SourceState.LIVE
    return SourceStatus(source, state, detail, last_contact, words)


def _detail(words: Mapping[str, str]) -> str:
    """What is not well; what several parts say is said once."""
    sayers: dict[str, list[str]] = {}
    for part, word in words.items():
        if word not in _GOOD:
            sayers.setdefault(word, []).append(part)
    return "; ".join(f"{', '.join(parts)}: {word}" for word, parts in sayers.items())


_GOOD = frozenset({SourceState.LIVE.value, SourceState.STARTING.value})


def _part(name: str, reflections: tuple[Reflection, ...]) -> str:
    """`live`, `starting`, or `degraded: 403: ...`."""
    troubled = [reflection for reflection in reflections if reflection.trouble]
    if troubled:
        first = troubled[0]
        if name == OPTIONAL and first.refused and not first.synced:
            return f"not readable, so classes go by name: {first.trouble}"
        others = f" (and {len(troubled) - 1} more)" if len(troubled) > 1 else ""
        return f"{SourceState.DEGRADED.value}: {first.trouble}{others}"
    if all(reflection.synced for reflection in reflections):
        return SourceState.LIVE.value
    return SourceState.STARTING.value

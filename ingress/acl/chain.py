"""What happens to a sample between its fetch and its use: converters, and casts where types differ."""

from collections.abc import Callable, Sequence
from typing import Any

from ingress.acl.converter import Beside, Convert
from ingress.acl.converters import CONVERTERS
from ingress.acl.sample import Client, Request, Type, cast
from ingress.model.condition import Call

Step = Convert | Beside

Run = Callable[[Any, Request, Client], Any]
"""All steps as one; it gives None as soon as one of them leaves no sample."""


def steps_of(given: Type, converters: Sequence[Call], wanted: Type | None) -> list[Step]:
    """The converters and the casts around them; `wanted`: the type at the end, None for any."""
    steps: list[Step] = []
    for call in converters:
        converter = CONVERTERS[call.name]
        _add_cast(steps, given, converter.takes)
        steps.append(converter.make(call.args))
        given = converter.gives
    if wanted is not None:
        _add_cast(steps, given, wanted)
    return steps


def _add_cast(steps: list[Step], given: Type, wanted: Type) -> None:
    step = cast(given, wanted)
    if step is not None:
        steps.append(step)


def run_steps(steps: Sequence[Step]) -> Run:
    """All steps as one call."""
    parts = [(step.convert if isinstance(step, Beside) else _alone(step)) for step in steps]

    def run(sample: Any, request: Request, client: Client) -> Any:
        for part in parts:
            sample = part(sample, request, client)
            if sample is None:
                return None
        return sample

    return run


def _alone(step: Convert) -> Run:
    return lambda sample, request, client: step(sample)

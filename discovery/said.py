"""What objects have said: so that a sink hears of an object only when it says something else."""

from discovery.source import Sink, Translation
from ingress.model.route import Origin


class Said:
    """The last translation of each object, in front of a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._last: dict[Origin, Translation | None] = {}

    def restore(self, origin: Origin) -> None:
        """The sink has something of the object from an earlier life, whatever it is."""
        self._last[origin] = None

    def put(self, origin: Origin, translation: Translation | None) -> None:
        """What an object says now; None: nothing at all."""
        if translation is None:
            self.drop(origin)
        elif self._last.get(origin) != translation:
            self._last[origin] = translation
            self._sink.put(origin, translation)

    def drop(self, origin: Origin) -> None:
        """The object says nothing any more."""
        if origin in self._last:
            del self._last[origin]
            self._sink.drop(origin)

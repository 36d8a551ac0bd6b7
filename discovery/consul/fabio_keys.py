"""fabio's route commands in keys: read, and carried out on what its tags say."""

from collections.abc import Mapping

from discovery.consul.fabio import FabioTable
from discovery.dialects.fabio_commands import Command, read_commands
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.problem import Problem
from ingress.model.route import Origin


class FabioKeys:
    """The commands of all keys, in the order of their names."""

    def __init__(self, source: str, namespace: str, table: FabioTable, sink: Sink) -> None:
        self._source = source
        self._namespace = namespace
        self._table = table
        self._said = Said(sink)
        self._keys: frozenset[str] = frozenset()

    def put(self, values: Mapping[str, bytes]) -> None:
        """All keys there are. A line that cannot be read costs itself alone."""
        for key in self._keys - values.keys():
            self._said.drop(self._origin(key))
        self._keys = frozenset(values)
        commands: list[Command] = []
        for key in sorted(values):
            commands += self._read(key, values[key].decode(errors="replace"))
        self._table.command(tuple(commands))

    def _read(self, key: str, text: str) -> tuple[Command, ...]:
        origin = self._origin(key)
        commands, complaints = read_commands(text, origin)
        problems = tuple(Problem(origin, each.option, each.reason, each.value) for each in complaints)
        self._said.put(origin, Translation(problems=problems) if problems else None)
        return commands

    def _origin(self, key: str) -> Origin:
        return Origin(self._source, "key", self._namespace, key)

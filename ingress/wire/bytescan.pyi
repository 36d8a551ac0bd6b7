from typing import TypeVar

from ingress.wire.names import Names

Meaning = TypeVar("Meaning")

def scan(head: bytes, names: Names[Meaning]) -> tuple[bytes, int, list[tuple[Meaning, bytes, bytes]]]: ...

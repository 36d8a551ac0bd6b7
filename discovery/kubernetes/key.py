"""How objects and backends are told apart inside a cluster."""

import re
from typing import Final, NamedTuple

Key = tuple[str, str]
"""Namespace and name."""

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WORD: Final = re.compile(rf"(?:({_LABEL})/)?({_LABEL}):([a-z0-9-]{{1,15}})", re.ASCII)


class BackendKey(NamedTuple):
    """A port of a Service as people refer to it, by number or by name; empty: the only one it has."""

    namespace: str
    service: str
    port: str
    ingress: str = ""
    """The Ingress that wishes a pool for its own routes to it; empty: it is as for everybody."""

    @property
    def place(self) -> tuple[str, str]:
        """What of the Service it is."""
        return (self.port, self.ingress)

    @property
    def key(self) -> Key:
        """The Service."""
        return (self.namespace, self.service)

    def name(self, source: str) -> str:
        """The name of the backend: `kubernetes:team-a/shop:80`, `kubernetes:team-a/shop:80@web`."""
        port = f":{self.port}" if self.port else ""
        ingress = f"@{self.ingress}" if self.ingress else ""
        return f"{source}:{self.namespace}/{self.service}{port}{ingress}"


def parse_backend(word: str, namespace: str = "") -> BackendKey:
    """`[NAMESPACE/]SERVICE:PORT`, in a namespace if it names none."""
    match = _WORD.fullmatch(word)
    if match is None or not (match[1] or namespace):
        shape = "[NAMESPACE/]SERVICE:PORT" if namespace else "NAMESPACE/SERVICE:PORT"
        raise ValueError(f'"{word}" is not {shape}')
    return BackendKey(match[1] or namespace, match[2], match[3])


def backend_of_name(name: str) -> BackendKey:
    """The backend of this name: what `BackendKey.name` has made."""
    rest, _, ingress = name.partition(":")[2].partition("@")
    path, _, port = rest.partition(":")
    namespace, _, service = path.partition("/")
    return BackendKey(namespace, service, port, ingress)

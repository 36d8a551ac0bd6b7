"""By whom instances are verified that are spoken to over TLS: the authorities in a file, as it is now."""

from pathlib import Path

from discovery.authority import LARGEST, AuthorityError, Trust, read_authority
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.listener import Authority
from ingress.model.problem import Problem
from ingress.model.route import Origin


def authority_name(source: str) -> str:
    """What the authority is called: `consul:server-ca-file`."""
    return f"{source}:server-ca-file"


class AuthorityFile:
    """Tells a sink about the authorities in a file. If it breaks or goes, they stay as they were last, and
    while there have been none nobody is spoken to."""

    def __init__(self, source: str, path: str, sink: Sink) -> None:
        self._source = source
        self._path = path
        self._sink = sink
        self._said = Said(sink)
        self._text: bytes | None = None
        self._flaw = ""
        self._trust: Trust | None = None

    def look(self, now: float) -> None:
        """Read the file, and tell what has changed; `now` is in seconds since the epoch."""
        try:
            text = self._content()
        except OSError as error:
            self._text, self._flaw = None, f"{self._path}: {error.strerror}"
        else:
            if text != self._text:
                self._take(text)
        self._complain(self._flaw or (self._trust.flaw(now) if self._trust else ""))

    def _content(self) -> bytes:
        with Path(self._path).open("rb") as stream:
            return stream.read(LARGEST + 1)

    def _take(self, text: bytes) -> None:
        self._text, self._flaw = text, ""
        try:
            trust = read_authority(text, b"", self._path)
        except AuthorityError as error:
            self._flaw = str(error)
            return
        if trust != self._trust:
            self._trust = trust
            name = authority_name(self._source)
            self._sink.put_authority(self._source, Authority(name, trust.pem))

    def _complain(self, flaw: str) -> None:
        origin = Origin(self._source, "settings", "", "consul-server-ca-file")
        if not flaw:
            self._said.drop(origin)
            return
        effect = "what it said last stays in force" if self._trust else "no instance is spoken to over TLS"
        problem = Problem(origin, "", f"{flaw}: {effect}")
        self._said.put(origin, Translation(problems=(problem,)))

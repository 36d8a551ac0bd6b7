"""What somebody who was asked has said of a request."""

from dataclasses import dataclass

from ingress.filter.reply import Reply


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what comes with that."""

    told: str
    """In words: `http://auth.example.com/verify answers 200`."""
    reply: Reply | None = None
    """The answer in place of a server's; None: it may pass."""
    fields: tuple[tuple[bytes, bytes], ...] = ()
    """Those of an answer that lets it pass, with their names as they came."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name."""
        return [value for key, value in self.fields if key.lower() == name]

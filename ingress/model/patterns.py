"""Files: lists of patterns, maps and users that rules look things up in, changed without the rules."""

from msgspec import Struct

from ingress.model.condition import Match


class PatternFile(Struct, frozen=True):
    """A file as it is written: one pattern a line, in a map a key and its value, of users a user."""

    name: str
    """With its source: `file:kubernetes:team-a/blocked/ips`, `users:kubernetes:team-a/staff`."""
    text: str

    def __repr__(self) -> str:
        """No text: that of users must not reach a log by way of a debug line."""
        return f"PatternFile({self.name!r}, ...)"


class FileUse(Struct, frozen=True, omit_defaults=True):
    """One way in which rules look into a file."""

    file: str
    """The `name` of a `PatternFile`."""
    match: Match
    ignore_case: bool = False
    keyed: bool = False
    """The first word of each line is the pattern (`-M`)."""
    gives: str = ""
    """What a map gives: `string`, `integer`, `address`, or `groups` for texts with groups in them
    (`map_regm`); `users`: they are users. `body`, `page`: the file is the body of an answer, or all of it.
    Empty: whether any pattern matches."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.match} {self.ignore_case:d}{self.keyed:d} {self.gives} {self.file}"

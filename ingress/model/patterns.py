"""Pattern files: lists of patterns and maps that rules look things up in, changed without the rules."""

from msgspec import Struct

from ingress.model.condition import Match


class PatternFile(Struct, frozen=True):
    """A file as it is written: one pattern a line, or in a map a key and its value."""

    name: str
    """With its source: `file:kubernetes:team-a/blocked/ips`."""
    text: str


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
    (`map_regm`). Empty: whether any pattern matches."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.match} {self.ignore_case:d}{self.keyed:d} {self.gives} {self.file}"

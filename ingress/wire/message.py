"""What requests and responses have in common: fields, framing, and what is for this hop only."""

from collections.abc import Callable
from typing import Any, Final

from ingress.wire.grammar import BLANKS, CRLF, TEXT, field_name, is_token
from ingress.wire.refusal import malformed
from ingress.wire.scan import without

CHUNKED: Final = -1
"""The body comes in chunks."""
UNTIL_CLOSE: Final = -2
"""The body ends where the connection does; responses only."""
UNSAID: Final = -1
"""No Content-Length."""

# Framing and Host are how the next server reads the message, and the others are meant for everyone
# on the way (RFC 9110, 7.6.1): a peer that nominates one of these would change what is answered or
# kept further on, so the nomination is passed over.
NEVER_CUT: Final = frozenset(
    b"""
    content-length transfer-encoding host content-type content-encoding content-range cache-control
    set-cookie date
    """.split()
)

FIXED: Final = frozenset(
    b"""
    content-length transfer-encoding connection keep-alive proxy-connection upgrade te trailer
    """.split()
)
"""Fields that belong to the hop: no edit may touch them."""

KNOWN_OPTIONS: Final = frozenset((b"keep-alive", b"close", b"upgrade", b"te", b""))
"""Connection options whose fields are cut anyway. An empty list element is none (RFC 9110, 5.6.1)."""


class Note:
    """What a field means whose values are at hand, as rules ask for them."""

    __slots__ = ("place", "take")

    def __init__(self, place: int, take: Callable[[Any, bytes, bytes], None] | None) -> None:
        self.place = place
        """Where its values are among the notes."""
        self.take = take
        """What is done with the field anyway; None: nothing."""

    def put(self, notes: list[Any], value: bytes) -> None:
        """One more value."""
        said = notes[self.place]
        if said is None:
            notes[self.place] = value
        elif type(said) is list:
            said.append(value)
        else:
            notes[self.place] = [said, value]


NOTHING_NOTED: Final[dict[bytes, Note]] = {}

KEPT: Final = (b"keep-alive",)
"""The connection is to stay, and nothing else is said of it; this very tuple, where one field says all."""

COMMON_OPTIONS: Final[dict[bytes, tuple[bytes, ...]]] = {
    b"keep-alive": KEPT,
    b"Keep-Alive": KEPT,
    b"close": (b"close",),
}


class Message:
    """A head that has been read: what it says, and what of it is not for the other side."""

    __slots__ = (
        "body",
        "coding",
        "cut",
        "edits",
        "found",
        "head",
        "keep_alive",
        "length",
        "minor",
        "noted",
        "notes",
        "options",
        "start",
        "upgrade",
    )

    body: int
    """0: none; above: so many bytes; CHUNKED; UNTIL_CLOSE."""
    coding: bytes
    """The Transfer-Encoding line; empty: there is none."""
    cut: list[bytes]
    """Field lines that are for this hop only, each as often as it came."""
    edits: dict[bytes, tuple[bytes, list[bytes]]] | None
    """By lower-case name, in the order they were made: the name and all values to send of it."""
    found: dict[bytes, list[bytes]] | None
    """What has been asked for already, by lower-case name: rules ask for the same fields again and again."""
    head: bytes
    keep_alive: bool
    """The sender lets the connection be used for another message after this one."""
    length: int
    """Content-Length as said, or UNSAID."""
    minor: int
    """Of the version: HTTP/1.0 or HTTP/1.1."""
    noted: "dict[bytes, Note]"
    """By lower-case name: whose values are at hand."""
    notes: list[Any]
    """By place of a note: the value of that field, or the list of them; None: there is none."""
    options: tuple[bytes, ...]
    """What Connection names, lower-case."""
    start: bytes
    """The start line for the other side; empty: as it came."""
    upgrade: bytes
    """The protocol to change to; empty: none."""

    @property
    def fields(self) -> list[bytes]:
        """All field lines as they came, without CRLF."""
        return self.head.split(CRLF)[1:-2]

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name, in order, without blanks around them, as
        edited so far."""
        if self.edits is not None and name in self.edits:
            return self.edits[name][1]
        note = self.noted.get(name)
        if note is not None:
            said = self.notes[note.place]
            if said is None:
                return []
            return said if type(said) is list else [said]
        if self.found is None:
            self.found = {}
        found = self.found.get(name)
        if found is None:
            found = self.found[name] = self._find(name)
        return found

    def names(self) -> list[bytes]:
        """The lower-case names of all fields, each once, as edited so far."""
        edits = self.edits or {}
        said = [name for name in map(field_name, self.fields) if name not in edits]
        return list(dict.fromkeys([*said, *(name for name, edit in edits.items() if edit[1])]))

    def _find(self, name: bytes) -> list[bytes]:
        head = self.head
        # Two searches over the whole cost less than a look at each line.
        lower = head.lower()
        field = b"\r\n%b:" % name
        found = []
        at = lower.find(field)
        while at >= 0:
            start = at + len(field)
            at = head.find(CRLF, start)
            found.append(head[start:at].strip(BLANKS))
            at = lower.find(field, at)
        return found

    def edit(self, name: bytes, values: list[bytes]) -> None:
        """Send these values and no others of that name to the other side."""
        lower = name.lower()
        if not is_token(name) or lower in FIXED:
            raise ValueError(f"the field {name!r} cannot be edited")
        for value in values:
            if value.translate(None, TEXT):
                raise ValueError(f"a control byte in the value of {name!r}")
        if self.edits is None:
            self.edits = {}
        # What is set last comes last.
        self.edits.pop(lower, None)
        self.edits[lower] = (name, values)

    def set_field(self, name: bytes, value: bytes) -> None:
        """Send this and no other field of that name to the other side."""
        self.edit(name, [value])

    def add_field(self, name: bytes, value: bytes) -> None:
        """Send this field too, after those of that name."""
        self.edit(name, [*self.values(name.lower()), value])

    def del_field(self, name: bytes) -> None:
        """Send no field of that name to the other side."""
        self.edit(name, [])

    def edited(self, lines: list[bytes]) -> list[bytes]:
        """The field lines with the edits among them."""
        edits = self.edits
        if edits is None:
            return lines
        lines = [line for line in lines if field_name(line) not in edits]
        lines += [b"%b: %b" % (name, value) for name, values in edits.values() for value in values]
        return lines

    def spliced(self, blob: bytes) -> bytes:
        """The head without the lines that are cut, with ready-made lines at its end."""
        spliced = without(self.head, self.cut, blob)
        if spliced is None:
            # A line was noted out of its turn.
            return self.joined(self.kept(), blob)
        return spliced

    def kept(self) -> list[bytes]:
        """The field lines that are for the other side too."""
        lines = self.fields
        for line in self.cut:
            lines.remove(line)
        return lines

    def joined(self, lines: list[bytes], blob: bytes) -> bytes:
        """The head of a start line, field lines, and ready-made lines that end with CRLF."""
        start = self.start or self.head[: self.head.index(CRLF)]
        return CRLF.join((start, *lines, blob + CRLF))


def take_connection(message: Message, line: bytes, value: bytes) -> None:
    """Connection: how long it stays, and which other fields are for this hop only."""
    message.cut.append(line)
    message.options += COMMON_OPTIONS.get(value) or options_of(value)


def options_of(value: bytes) -> tuple[bytes, ...]:
    """The options that a Connection field names, lower-case."""
    return tuple(option.strip(BLANKS) for option in value.lower().split(b","))


def take_length(message: Message, line: bytes, value: bytes) -> None:
    """Content-Length: ASCII digits, once."""
    if message.length != UNSAID:
        raise malformed("Content-Length is said twice")
    # isdigit of bytes knows ASCII alone; int() would take signs, blanks and underscores.
    if not value.isdigit() or len(value) > 18:
        raise malformed("Content-Length is not a number of at most 18 digits")
    message.length = int(value)


def take_cut(message: Message, line: bytes, value: bytes) -> None:
    """A field that never goes further than this hop."""
    message.cut.append(line)


def take_upgrade(message: Message, line: bytes, value: bytes) -> None:
    """Upgrade: what else the sender could speak. Heard only if Connection names it."""
    message.cut.append(line)
    message.upgrade = b"%b, %b" % (message.upgrade, value) if message.upgrade else value


def settle_connection(message: Message) -> None:
    """Decide from all Connection fields whether the connection stays, and cut what they name."""
    options = message.options
    if not options or options is KEPT:
        message.keep_alive = message.minor == 1 or options is KEPT
        message.upgrade = b""
        return
    message.keep_alive = b"close" not in options and (message.minor == 1 or b"keep-alive" in options)
    if b"upgrade" not in options or message.minor == 0:
        message.upgrade = b""
    if not KNOWN_OPTIONS.issuperset(options):
        _cut_nominated(message, frozenset(options) - KNOWN_OPTIONS)


def _cut_nominated(message: Message, options: frozenset[bytes]) -> None:
    if not all(map(is_token, options)):
        raise malformed("a connection option is not a token")
    names = options - NEVER_CUT
    already = frozenset(message.cut)
    message.cut = [line for line in message.fields if line in already or field_name(line) in names]

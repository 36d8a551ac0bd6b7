"""The scan of a head line by line: the form for an interpreter, where each call does much at once."""

from collections.abc import Sequence

from ingress.wire.grammar import CRLF, HEAD_END, TEXT
from ingress.wire.names import Mark, Names
from ingress.wire.refusal import malformed


def after_head(data: bytes) -> int:
    """Where what follows the head begins; 0: the head is not whole yet."""
    end = data.find(HEAD_END)
    return end + 4 if end >= 0 else 0


def scan(head: bytes, names: Names) -> tuple[bytes, int, list[Mark]]:
    """The start line, how many field lines there are, and of those that mean something (meaning, line,
    value without blanks around it).

    The head goes from its start line to the empty line that ends it. Every line ends with CRLF, no
    control byte but the tab is in it, and every field line is a token, a colon and a value.
    """
    lines = head.splitlines()
    # A bare CR or LF also ends a line here, but then what is left is not one CRLF for each of them.
    if head.translate(None, TEXT) != CRLF * len(lines):
        raise malformed("a control byte, or a line that does not end with CRLF")
    if len(lines) < 2 or lines.pop():
        raise malformed("the head does not end with an empty line")
    start = lines.pop(0)
    known = names.known
    marks = []
    for line in lines:
        mark = known[line] if line in known else names.read(line)
        if mark is not None:
            marks.append(mark)
    return start, len(lines), marks


def without(head: bytes, cut: Sequence[bytes], blob: bytes) -> bytes | None:
    """A head that has been scanned, without some of its field lines, and with ready-made lines at its end.
    None: those lines do not follow each other in this order."""
    pieces = []
    at = 0
    for line in cut:
        # Between two CRLFs, so that it is that line and not the end of another one.
        found = head.find(b"\r\n%b\r\n" % line, at)
        if found < 0:
            return None
        pieces.append(head[at:found])
        at = found + 2 + len(line)
    pieces += (head[at:-2], blob, CRLF)
    return b"".join(pieces)

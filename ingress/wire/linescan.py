"""The scan of a head line by line: the form for an interpreter, where each call does much at once."""

from typing import TypeVar

from ingress.wire.grammar import CRLF, TEXT
from ingress.wire.names import Names
from ingress.wire.refusal import malformed

Meaning = TypeVar("Meaning")


def scan(head: bytes, names: Names[Meaning]) -> tuple[bytes, int, list[tuple[Meaning, bytes, bytes]]]:
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

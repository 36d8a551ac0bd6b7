# distutils: extra_compile_args = -O3
"""The scan of a head byte by byte: the form for a C compiler. `linescan` has the other one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr

from ingress.wire.grammar import TOKEN
from ingress.wire.names import FIRSTS, LENGTHS
from ingress.wire.refusal import malformed

ctypedef const unsigned char *Bytes

cdef enum:
    TAB = 9
    LF = 10
    CR = 13
    SPACE = 32
    COLON = 58
    UNDERSCORE = 95
    DELETE = 127

cdef unsigned char is_token[256]
for _byte in range(256):
    is_token[_byte] = _byte in TOKEN

cdef Py_ssize_t longest = LENGTHS - 1
cdef Py_ssize_t firsts = FIRSTS


cdef Py_ssize_t count_lines(Bytes at, Py_ssize_t size) except -1:
    """How many lines there are, each of text and a CRLF; anything else is refused."""
    cdef Py_ssize_t index
    cdef unsigned int controls = 0, ends = 0
    # Without a branch, so that the C compiler makes vector instructions of it.
    for index in range(size):
        controls += ((at[index] < SPACE) & (at[index] != TAB)) | (at[index] == DELETE)
    for index in range(size - 1):
        ends += (at[index] == CR) & (at[index + 1] == LF)
    if controls != 2 * ends or (size and at[size - 1] != LF):
        raise malformed("a control byte, or a line that does not end with CRLF")
    return ends


cdef Bytes line_end(Bytes at, Bytes stop):
    """The CR of the line that begins here."""
    return <Bytes>memchr(at, CR, stop - at)


cdef bytes text(Bytes at, Bytes stop):
    return PyBytes_FromStringAndSize(<const char *>at, stop - at)


def scan(bytes head not None, names):
    """See `linescan.scan`."""
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(head)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(head)
    cdef Py_ssize_t lines = count_lines(at, size)
    cdef Bytes stop = at + size
    cdef Bytes end, colon
    cdef Py_ssize_t length
    cdef bint odd
    cdef bytes asked = names.asked
    cdef Bytes ask = <Bytes>PyBytes_AS_STRING(asked)
    cdef dict known = names.known
    cdef list marks = []
    if lines < 2 or size < 4 or stop[-3] != LF:
        raise malformed("the head does not end with an empty line")
    end = line_end(at, stop)
    start = text(at, end)
    at = end + 2
    stop -= 2
    while at < stop:
        end = line_end(at, stop)
        colon = at
        odd = False
        while is_token[colon[0]]:
            odd |= colon[0] == UNDERSCORE
            colon += 1
        length = colon - at
        if colon[0] != COLON or not length:
            names.read(text(at, end))
        elif odd or ask[min(length, longest) * firsts + at[0] % firsts]:
            line = text(at, end)
            mark = known[line] if line in known else names.read(line)
            if mark is not None:
                marks.append(mark)
        at = end + 2
    return start, lines - 2, marks

# distutils: extra_compile_args = -O3
"""The scan of a head byte by byte: the form for a C compiler. `linescan` has the other one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp, memcpy

from ingress.wire.names cimport Names

from ingress.wire.grammar import TOKEN
from ingress.wire.names import FIRSTS, LENGTHS, SLOTS
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
    ASKED = 1
    VARIES = 2
    SAMPLE = 8
    BLOCK = 240

cdef unsigned char is_token[256]
for _byte in range(256):
    is_token[_byte] = _byte in TOKEN

cdef Py_ssize_t longest = LENGTHS - 1
cdef Py_ssize_t firsts = FIRSTS
cdef Py_ssize_t slots = SLOTS


cdef Py_ssize_t count_lines(Bytes at, Py_ssize_t size) except -1:
    """How many lines there are, each of text and a CRLF; anything else is refused."""
    cdef Bytes stop = at + size
    cdef Py_ssize_t controls = count_controls(at, size)
    cdef Py_ssize_t lines = 0
    while at < stop:
        at = line_end(at, stop)
        if at == NULL or at + 1 == stop or at[1] != LF:
            break
        at += 2
        lines += 1
    if at != stop or controls != 2 * lines:
        raise malformed("a control byte, or a line that does not end with CRLF")
    return lines


cdef Py_ssize_t count_controls(Bytes at, Py_ssize_t size):
    """How many control bytes there are, but for the tab."""
    cdef Py_ssize_t index, block
    cdef Py_ssize_t controls = 0
    cdef unsigned char few
    while size:
        block = min(size, BLOCK)
        few = 0
        # Without a branch, and with a sum that fits into a byte: the C compiler makes vector instructions of it.
        for index in range(block):
            few += ((at[index] < SPACE) & (at[index] != TAB)) | (at[index] == DELETE)
        controls += few
        at += block
        size -= block
    return controls


cdef Bytes line_end(Bytes at, Bytes stop):
    """The CR of the line that begins here."""
    return <Bytes>memchr(at, CR, stop - at)


cdef bytes text(Bytes at, Bytes stop):
    return PyBytes_FromStringAndSize(<const char *>at, stop - at)


cdef bytes value_of(Bytes at, Bytes stop):
    """What is there without the blanks around it."""
    while at < stop and (at[0] == SPACE or at[0] == TAB):
        at += 1
    while at < stop and (stop[-1] == SPACE or stop[-1] == TAB):
        stop -= 1
    return text(at, stop)


cdef Py_ssize_t slot_of(Bytes at, Bytes stop):
    """Where among the lines of late one with this value would be; -1: it is too short."""
    cdef unsigned long long first, middle, last
    cdef Py_ssize_t size = stop - at
    if size < SAMPLE:
        return -1
    memcpy(&first, at, SAMPLE)
    memcpy(&middle, at + (size - SAMPLE) // 2, SAMPLE)
    memcpy(&last, stop - SAMPLE, SAMPLE)
    # Fibonacci hashing: the highest bits of the product hang on all bits.
    return ((first ^ (middle << 1) ^ (last << 2)) + <unsigned long long>size) * 0x9E3779B97F4A7C15ULL >> 56


cdef tuple mark_of(Bytes at, Bytes colon, Bytes end, Names names):
    """What is known of a line that may mean something."""
    cdef Py_ssize_t slot = slot_of(colon, end)
    cdef tuple mark
    if slot >= 0:
        mark = names.late[slot]
        if mark is not None and is_line(<bytes>mark[1], at, end - at):
            return mark if mark[0] is not None else None
    line = text(at, end)
    if line not in names.known:
        return names.read(line)
    mark = names.known[line]
    if slot >= 0:
        names.late[slot] = mark if mark is not None else (None, line, b"")
    return mark


cdef bint is_line(bytes line, Bytes at, Py_ssize_t size):
    return PyBytes_GET_SIZE(line) == size and not memcmp(PyBytes_AS_STRING(line), at, size)


cdef tuple varying_mark(Bytes at, Bytes colon, Bytes end, Names names, Py_ssize_t slot):
    """The same of one that will not come again; where the one of late would be that has such a name."""
    cdef tuple known = names.varying[slot]
    if known is None or not is_line(<bytes>known[0], at, colon - at):
        name = text(at, colon)
        if name not in names.spelled:
            return names.read(text(at, end))
        known = names.varying[slot] = (name, names.spelled[name])
    meaning = known[1]
    return None if meaning is None else (meaning, text(at, end), value_of(colon + 1, end))


def scan(bytes head not None, Names names not None):
    """See `linescan.scan`."""
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(head)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(head)
    cdef Py_ssize_t lines = count_lines(at, size)
    cdef Bytes stop = at + size
    cdef Bytes end, colon
    cdef Py_ssize_t length
    cdef bint odd
    cdef Bytes ask = <Bytes>PyBytes_AS_STRING(names.asked)
    cdef Py_ssize_t place
    cdef unsigned char kind
    cdef list marks = []
    cdef tuple mark
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
        else:
            place = min(length, longest) * firsts + at[0] % firsts
            kind = ASKED if odd else ask[place]
            if kind:
                if kind == VARIES:
                    mark = varying_mark(at, colon, end, names, place % slots)
                else:
                    mark = mark_of(at, colon, end, names)
                if mark is not None:
                    marks.append(mark)
        at = end + 2
    return start, lines - 2, marks


def after_head(bytes data not None):
    """See `linescan.after_head`."""
    cdef Bytes begin = <Bytes>PyBytes_AS_STRING(data)
    cdef Bytes stop = begin + PyBytes_GET_SIZE(data)
    cdef Bytes at = begin
    while True:
        at = <Bytes>memchr(at, LF, stop - at)
        if at == NULL or stop - at < 3:
            return 0
        if at[1] == CR and at[2] == LF and at > begin and at[-1] == CR:
            return at + 3 - begin
        at += 1


def without(bytes head not None, list cut not None, bytes blob not None):
    """See `linescan.without`."""
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(head)
    cdef Bytes stop = at + PyBytes_GET_SIZE(head)
    cdef Bytes kept = at
    cdef Bytes end
    cdef Py_ssize_t size = PyBytes_GET_SIZE(head) + PyBytes_GET_SIZE(blob)
    cdef bytes line
    cdef bytes rest
    cdef char *to
    cdef char *last
    for line in cut:
        size -= PyBytes_GET_SIZE(line) + 2
    if size < PyBytes_GET_SIZE(blob) + 4 or memcmp(stop - 4, b"\r\n\r\n", 4):
        return None
    rest = PyBytes_FromStringAndSize(NULL, size)
    to = PyBytes_AS_STRING(rest)
    last = to + size
    at = line_end(at, stop) + 2
    for line in cut:
        while True:
            if at == stop:
                return None
            end = line_end(at, stop)
            if is_line(line, at, end - at):
                break
            at = end + 2
        if at - kept > last - to:
            # There is more than there would be if all that follows were found.
            return None
        memcpy(to, kept, at - kept)
        to += at - kept
        at = kept = end + 2
    memcpy(to, kept, stop - 2 - kept)
    to += stop - 2 - kept
    memcpy(to, PyBytes_AS_STRING(blob), PyBytes_GET_SIZE(blob))
    to += PyBytes_GET_SIZE(blob)
    to[0], to[1] = CR, LF
    return rest

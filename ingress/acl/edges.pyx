"""Edges as `edges.py` has them: the form for a C compiler, which compares eight bytes at once."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.string cimport memcmp, memcpy, memset

cdef enum:
    WORD = sizeof(unsigned long long)


cdef Edge *edges_of(tuple texts, bint ending) except NULL:
    """Of each text the first eight bytes, or the last, and which of them it has."""
    cdef Edge *edges = <Edge *>PyMem_Calloc(len(texts) + 1, sizeof(Edge))
    cdef Py_ssize_t size, part, at
    cdef bytes text
    if edges is NULL:
        raise MemoryError
    for number, text in enumerate(texts):
        size = len(text)
        part = min(size, <Py_ssize_t>WORD)
        at = WORD - part if ending else 0
        edges[<Py_ssize_t>number].size = size
        memset(<char *>&edges[<Py_ssize_t>number].mask + at, 255, part)
        memcpy(
            <char *>&edges[<Py_ssize_t>number].word + at,
            PyBytes_AS_STRING(text) + (size - part if ending else 0),
            part,
        )
    return edges


cdef class Edges:
    def __cinit__(self, beginnings, endings):
        self._beginnings = tuple(beginnings)
        self._endings = tuple(endings)
        self.heads = edges_of(self._beginnings, False)
        self.tails = edges_of(self._endings, True)

    def __dealloc__(self):
        PyMem_Free(self.heads)
        PyMem_Free(self.tails)

    cpdef bint of(self, bytes text):
        if text is None:
            raise TypeError("a text is expected")
        cdef const char *at = PyBytes_AS_STRING(text)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(text)
        cdef Py_ssize_t part = min(size, <Py_ssize_t>WORD)
        cdef unsigned long long head = 0, tail = 0
        cdef Py_ssize_t number
        cdef Edge *edge
        memcpy(&head, at, part)
        memcpy(<char *>&tail + WORD - part, at + size - part, part)
        for number in range(len(self._beginnings)):
            edge = &self.heads[number]
            if head & edge.mask == edge.word and edge.size <= size:
                if edge.size <= WORD or same(at, self._beginnings[number], edge.size):
                    return True
        for number in range(len(self._endings)):
            edge = &self.tails[number]
            if tail & edge.mask == edge.word and edge.size <= size:
                if edge.size <= WORD or same(at + size - edge.size, self._endings[number], edge.size):
                    return True
        return False


cdef bint same(const char *at, bytes text, Py_ssize_t size):
    return memcmp(at, PyBytes_AS_STRING(text), size) == 0

"""Needles as `needle.py` has them: the form for a C compiler, without a call of Python in it."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

from ingress.acl.rarity import rarest

cdef extern from "string.h" nogil:
    void *memmem(const void *text, size_t size, const void *part, size_t length)

cdef enum:
    # Of the byte, before the rest of the text is searched as a whole, in linear time.
    TRIES = 8


cdef class Needle:
    def __init__(self, bytes text not None):
        self.byte = rarest(text)
        self.text = text

    cpdef bint within(self, bytes text):
        if text is None:
            raise TypeError("a text is expected")
        cdef const char *at = PyBytes_AS_STRING(text)
        cdef const char *stop = at + PyBytes_GET_SIZE(text)
        cdef const char *part = PyBytes_AS_STRING(self.text)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(self.text)
        cdef Py_ssize_t before = <const char *>memchr(part, self.byte, size) - part
        cdef int tries = TRIES
        if stop - at < size:
            return False
        # The byte itself is looked for where it can be: behind what comes before it, and before the rest.
        at += before
        stop -= size - before - 1
        while tries:
            at = <const char *>memchr(at, self.byte, stop - at)
            if at is NULL:
                return False
            if memcmp(at - before, part, size) == 0:
                return True
            at += 1
            if at >= stop:
                return False
            tries -= 1
        at -= before
        return memmem(at, stop + size - before - 1 - at, part, size) is not NULL

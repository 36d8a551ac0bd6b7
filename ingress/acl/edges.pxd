# Types for the compiler; the meaning of each attribute is in the module.

cimport cython


cdef struct Edge:
    unsigned long long mask
    unsigned long long word
    Py_ssize_t size


@cython.final
cdef class Edges:
    cdef tuple _beginnings
    cdef tuple _endings
    cdef Edge *heads
    cdef Edge *tails

    cpdef bint of(self, bytes text)

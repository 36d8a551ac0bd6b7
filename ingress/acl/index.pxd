# Types for the compiler; the meaning of each attribute is in the module.

cimport cython


@cython.final
cdef class Beginnings:
    cdef frozenset _heads
    cdef object _longest
    cdef Py_ssize_t _size

    cpdef bint has(self, bytes text)
    cpdef find(self, bytes text)

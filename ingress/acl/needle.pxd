# Types for the compiler; the meaning of each attribute is in the module.

cimport cython


@cython.final
cdef class Needle:
    cdef public unsigned char byte
    cdef public bytes text

    cpdef bint within(self, bytes text)

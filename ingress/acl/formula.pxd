# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.acl.gate cimport Gate
from ingress.wire.request cimport Request as HttpRequest


@cython.final
cdef class Formula:
    cdef Gate _first
    cdef tuple _rows
    cdef bint _unless

    @cython.locals(gate=Gate)
    cpdef bint holds(self, HttpRequest request, client)

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.acl.gate cimport Gate
from ingress.wire.request cimport Request as HttpRequest


cdef class Formula:
    cdef tuple _gates
    cdef tuple _rows

    @cython.locals(gate=Gate)
    cpdef bint holds(self, HttpRequest request, client)

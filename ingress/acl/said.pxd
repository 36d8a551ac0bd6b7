# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.wire.request cimport Request as HttpRequest


@cython.final
cdef class Said:
    cdef bytes _name
    cdef dict _noted
    cdef Py_ssize_t _place

    cpdef bytes by(self, HttpRequest request)
    cdef _find(self, HttpRequest request)


cdef bytes _joined(values)

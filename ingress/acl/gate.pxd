# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.wire.request cimport Request as HttpRequest


cdef class Gate:
    cdef public object behind
    cdef public object holds

    cpdef bint opens(self, HttpRequest request, client)


cdef class MethodGate(Gate):
    cdef frozenset _methods


cdef class VersionGate(Gate):
    cdef bint _old
    cdef bint _usual


cdef class PathGate(Gate):
    cdef tuple _beginnings
    cdef unsigned char _byte
    cdef frozenset _elements
    cdef tuple _endings
    cdef list _others


cdef class QueryGate(Gate):
    cdef tuple _needles

    @cython.locals(query=bytes, byte=cython.uchar, beginning=bytes)
    cpdef bint opens(self, HttpRequest request, client)


cdef class RememberingGate(Gate):
    cdef dict _known

    cpdef bint learn(self, bytes value, bint met)


cdef class SourceGate(RememberingGate):
    pass


cdef class HostGate(RememberingGate):
    pass


cdef class SteadyGate(RememberingGate):
    cdef bytes _name


cdef class FieldGate(Gate):
    cdef bytes _name


cdef class LengthGate(Gate):
    pass


cdef class CookieGate(Gate):
    cdef list _counts
    cdef list _hints
    cdef object _rest

    @cython.locals(value=bytes, byte=cython.uchar, pattern=bytes, name=bytes)
    cpdef bint opens(self, HttpRequest request, client)


cdef class ListedPathGate(Gate):
    cdef str _key


cdef class ListedSourceGate(RememberingGate):
    cdef str _key
    cdef object _look

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.acl.edges cimport Edges
from ingress.acl.needle cimport Needle
from ingress.acl.said cimport Said
from ingress.wire.request cimport Request as HttpRequest


cdef unsigned char NEWLINE


cdef class Gate:
    cdef public object behind
    cdef public Gate following
    cdef public object holds

    cpdef bint opens(self, HttpRequest request, client)


cdef class MethodGate(Gate):
    cdef frozenset _methods


cdef class VersionGate(Gate):
    cdef bint _old
    cdef bint _usual


cdef class PathGate(Gate):
    cdef unsigned char _byte
    cdef Edges _edges
    cdef frozenset _elements
    cdef Py_ssize_t _long
    cdef list _others


cdef class QueryGate(Gate):
    cdef tuple _needles

    @cython.locals(query=bytes, needle=Needle)
    cpdef bint opens(self, HttpRequest request, client)


cdef class RememberingGate(Gate):
    cdef dict _known

    cpdef bint learn(self, bytes value, bint met)


cdef class SourceGate(RememberingGate):
    pass


cdef class HostGate(RememberingGate):
    pass


cdef class SteadyGate(RememberingGate):
    cdef bytes _last
    cdef bint _met
    cdef Said _said


cdef class FieldGate(Gate):
    cdef Said _said


cdef class LengthGate(Gate):
    pass


cdef class CookieGate(Gate):
    cdef list _counts
    cdef tuple _hints
    cdef Py_ssize_t _many
    cdef object _rest
    cdef Said _said

    @cython.locals(value=bytes, pattern=Needle, name=Needle, count=Py_ssize_t)
    cpdef bint opens(self, HttpRequest request, client)


cdef class ListedPathGate(Gate):
    cdef str _key


cdef class ListedSourceGate(RememberingGate):
    cdef str _key
    cdef object _look

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.acl.formula cimport Formula
from ingress.wire.request cimport Request as HttpRequest


cdef class Steps:
    cdef object __weakref__
    cdef tuple _backends
    cdef tuple _final
    cdef tuple _response
    cdef tuple _sections
    cdef tuple _servers
    cdef public bint chooses
    cdef public object compressor
    cdef public bint https
    cdef public bint places
    cdef public bint responds
    cdef public bint waits

    cpdef run(self, HttpRequest request, client)
    @cython.locals(formula=Formula)
    cpdef _choice(self, HttpRequest request, client)
    cpdef backend(self, HttpRequest request, client)
    @cython.locals(formula=Formula)
    cpdef server(self, HttpRequest request, client, backend)
    cpdef respond(self, HttpRequest request, response, client)
    cpdef refuse(self, HttpRequest request, response, client)
    cpdef complete(self, HttpRequest request, client)
    cpdef finish(self, HttpRequest request, reply, client)


@cython.locals(formula=Formula)
cdef _run(tuple rules, HttpRequest request, client)

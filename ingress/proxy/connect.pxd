# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.net.stream cimport Stream
from ingress.proxy.attempt cimport Attempt
from ingress.proxy.site cimport Site
from ingress.proxy.upstream cimport Upstream


cdef Py_ssize_t OPENED
cdef Py_ssize_t MICROSECONDS


@cython.final
cdef class Wait:
    cdef Attempt _attempt
    cdef double _began
    cdef Site _site
    cdef public Upstream upstream

    @cython.locals(attempt=Attempt, site=Site)
    cpdef done(self, failure)


@cython.final
cdef class Opening:
    cdef object _dialed
    cdef object _done
    cdef bint _over
    cdef bint _secure
    cdef Site _site
    cdef Stream _stream

    cpdef opened(self)
    cdef _finish(self, failure)

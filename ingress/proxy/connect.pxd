# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.net.stream cimport Stream
from ingress.proxy.site cimport Site


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

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.proxy.tls.connection cimport TlsConnection


@cython.final
cdef class Dialed(TlsConnection):
    cdef object _done
    cdef tuple _server
    cdef object _user
    cdef public long long acknowledged_before
    cdef public bint is_connected
    cdef public bint resumed
    cdef public tuple secured

    cpdef data_received(self, bytes data)
    cdef _greet(self, bytes data)
    cdef _enter(self)
    cdef _fail(self, error)
    cdef _tell(self, error)

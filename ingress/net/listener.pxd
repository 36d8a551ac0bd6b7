# Types for the compiler; the meaning of each attribute is in the module.

from ingress.net.poller cimport Poller


cdef class Listener:
    cdef object _listening
    cdef object _make
    cdef Poller _poller
    cdef public int port

    cpdef ready(self, long events)

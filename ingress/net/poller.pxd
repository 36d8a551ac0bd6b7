# Types for the compiler; the meaning of each attribute is in the module.

from ingress.net.deadlines cimport Deadlines
from ingress.net.outbox cimport Outbox


cdef long IN


cdef class Poller:
    cdef list _again
    cdef list _closing
    cdef bint _due
    cdef object _epoll
    cdef list _later
    cdef object _loop
    cdef dict _watchers
    cdef public Deadlines deadlines
    cdef public Outbox outbox
    cdef public bint turning

    cpdef close_later(self, int descriptor)
    cpdef again(self, watcher)
    cpdef later(self, call)
    cpdef settle_soon(self)
    cdef _deal(self, list events)
    cpdef settle(self)

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.net.poller cimport Poller


cdef long BROKEN
cdef long ENDED
cdef long IN
cdef long ONCE
cdef long OUT
cdef Py_ssize_t MOST


@cython.final
cdef class Stream:
    cdef bint _closing
    cdef object _diversion
    cdef bint _ended
    cdef bint _ending
    cdef object _error
    cdef bint _full
    cdef bint _gone
    cdef Py_ssize_t _high
    cdef Py_ssize_t _low
    cdef object _opening
    cdef bint _paused
    cdef object _peer
    cdef Poller _poller
    cdef bint _readable
    cdef object _room
    cdef bint _shut
    cdef Py_ssize_t _size
    cdef Py_ssize_t _start
    cdef object _user
    cdef object _waiting
    cdef bint _watches_room
    cdef public int descriptor

    cpdef ready(self, long events)
    cdef _receive(self)
    cpdef write(self, bytes data)
    cpdef write_last(self, bytes data)
    cpdef close(self)
    cdef _wait(self, bytes data)
    cdef _lose(self, error)

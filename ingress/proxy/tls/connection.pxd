# Types for the compiler; the meaning of each attribute is in the module.

cdef class TlsConnection:
    cdef bint _closing
    cdef object _engine
    cdef bint _finished
    cdef bint _paused
    cdef object _protocol
    cdef bint _shut
    cdef object _tcp
    cdef public object session

    cdef bint _shake_hands(self, bytes data) except -1
    cdef _decrypt(self, bytes data)
    cdef _deliver(self)
    cdef _peer_finished(self)
    cdef _flush(self)
    cpdef write(self, bytes data)
    cpdef write_last(self, bytes data)
    cdef _say_goodbye(self)

# Types for the compiler; the meaning of each attribute is in the module.

cdef Py_ssize_t RECORD


cdef class TlsConnection:
    cdef bint _closing
    cdef bint _finished
    cdef object _incoming
    cdef object _outgoing
    cdef bint _paused
    cdef object _protocol
    cdef object _seal
    cdef bint _shut
    cdef object _ssl
    cdef object _tcp
    cdef object _unseal
    cdef public object session

    cdef _begin(self, context, bint server_side, name=*, session=*)
    cdef bint _shake_hands(self, bytes data) except -1
    cdef _decrypt(self, bytes data)
    cdef _deliver(self)
    cdef _peer_finished(self)
    cdef _flush(self)
    cpdef write(self, data)
    cdef _say_goodbye(self)

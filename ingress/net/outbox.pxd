# Types for the compiler; the meaning of each attribute is in the module.

cdef class Outbox:
    cdef object _flush_soon
    cdef list _waiting

    cpdef put(self, write, bytes data)
    cpdef end(self, write, finish)
    cpdef flush(self)

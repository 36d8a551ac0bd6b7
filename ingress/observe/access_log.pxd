# Types for the compiler; the meaning of each attribute is in the module.

cdef class AccessLog:
    cdef object _descriptor
    cdef object _wall
    cdef list _lines
    cdef long _second
    cdef bytes _second_text
    cdef bytes _rest
    cdef double _until
    cdef bytes _text
    cdef public long lost

    cpdef bytes clock(self, double now)
    cpdef add(self, bytes line)
    cpdef flush(self)

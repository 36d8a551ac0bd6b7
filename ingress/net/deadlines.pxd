# Types for the compiler; the meaning of each attribute is in the module.

cdef class Deadlines:
    cdef double _at
    cdef object _loop
    cdef object _now
    cdef object _timer
    cdef dict _waiting

    cpdef add(self, waiting, double seconds)
    cpdef discard(self, waiting)

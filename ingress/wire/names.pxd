# Types for the compiler; the meaning of each attribute is in the module.

cimport cython


@cython.final
cdef class Names:
    cdef set _constant
    cdef object _meaning
    cdef public bytes asked
    cdef public dict known
    cdef public list late
    cdef public dict noted
    cdef public dict spelled
    cdef public list varying

    cpdef learn(self, bytes name)
    @cython.locals(name=bytes, colon=bytes, value=bytes)
    cpdef tuple read(self, bytes line)

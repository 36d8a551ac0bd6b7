# Types for the compiler.

cimport cython


cdef dict _hosts

@cython.locals(host=bytes)
cpdef bytes host_of(bytes authority)

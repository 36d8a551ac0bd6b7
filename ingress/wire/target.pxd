# Types for the compiler.

cimport cython

cdef dict VERSIONS
cdef frozenset METHODS
cdef bytes ONLY_PATH

@cython.locals(method=bytes, target=bytes, version=bytes)
cpdef tuple split_request_line(bytes line)

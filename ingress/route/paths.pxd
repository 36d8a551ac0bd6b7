# Types for the compiler.

cdef Py_ssize_t SLASH_BYTE

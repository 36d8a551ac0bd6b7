# Types for the compiler.

cimport cython

from ingress.proxy.exchange cimport Exchange


cdef unsigned char QUOTE
cdef unsigned char BACKSLASH
cdef Py_ssize_t BYTES_IN
cdef Py_ssize_t BYTES_OUT
cdef Py_ssize_t MICROSECONDS
cdef Py_ssize_t ALL_MICROSECONDS
cdef Py_ssize_t ALL_BYTES_IN
cdef Py_ssize_t ALL_BYTES_OUT
cdef tuple CODE_CELL
cdef bytes LINE

@cython.locals(text=bytes)
cpdef account(Exchange exchange, double now)

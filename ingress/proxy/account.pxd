# Types for the compiler.

from ingress.proxy.exchange cimport Exchange


cdef Py_ssize_t BYTES_IN
cdef Py_ssize_t BYTES_OUT
cdef Py_ssize_t MICROSECONDS
cdef Py_ssize_t ALL_MICROSECONDS
cdef Py_ssize_t ALL_BYTES_IN
cdef Py_ssize_t ALL_BYTES_OUT
cdef tuple CODE_CELL
cdef bytes LINE

cpdef account(Exchange exchange, double now)

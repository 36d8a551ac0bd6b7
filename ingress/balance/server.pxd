# Types for the compiler; the meaning of each attribute is in the module.

cdef class ServerState:
    cdef double _rest
    cdef public Py_ssize_t cell
    cdef public object fact
    cdef public list idle
    cdef public long in_flight
    cdef public bint leaving
    cdef public bytes log_part
    cdef public bint on_trial
    cdef public double rest_until
    cdef public long strikes
    cdef public bint up

    cpdef object claim(self)
    cpdef succeeded(self)

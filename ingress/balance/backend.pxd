# Types for the compiler; the meaning of each attribute is in the module.

from ingress.balance.server cimport ServerState


cdef class BackendState:
    cdef dict _by_name
    cdef object _claim
    cdef long _enough
    cdef object _lanes
    cdef object _pick
    cdef object _ready
    cdef dict _servers
    cdef public object affinity
    cdef public object dice
    cdef public object load
    cdef public Py_ssize_t live
    cdef public bytes log_part
    cdef public str name
    cdef public Py_ssize_t position
    cdef public bint private
    cdef public Py_ssize_t revision
    cdef public object secure
    cdef public bint server_host
    cdef public long server_ticks
    cdef public object settings
    cdef public object steps
    cdef public long stream_ticks
    cdef public long tries
    cdef public double try_limit
    cdef public object turns
    cdef public object usable

    cpdef ServerState choose(self, tried=*)

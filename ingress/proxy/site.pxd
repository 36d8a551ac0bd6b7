# Types for the compiler; the meaning of each attribute is in the module.

from ingress.balance.backend cimport BackendState
from ingress.filter.steps cimport Steps
from ingress.observe.access_log cimport AccessLog
from ingress.net.outbox cimport Outbox
from ingress.net.poller cimport Poller


cdef class Target:
    cdef public BackendState backend
    cdef public Py_ssize_t cell
    cdef public bint chosen
    cdef public dict inside
    cdef public bytes log_part
    cdef public object own
    cdef public object route
    cdef public Steps steps


cdef class Site:
    cdef public object settings
    cdef public object limits
    cdef public object room
    cdef public object crowd
    cdef public object column
    cdef public long long[::1] cells
    cdef public AccessLog log
    cdef public object loop
    cdef public Outbox outbox
    cdef public Poller poller
    cdef public object now
    cdef public object dice
    cdef public object wall
    cdef public object hostname
    cdef public object lists
    cdef public object files
    cdef public object load
    cdef public object tls
    cdef public object table
    cdef public dict names
    cdef public dict backends
    cdef public set clients
    cdef public set handshakes
    cdef public set upstreams
    cdef public set relays
    cdef public object pipes
    cdef public object passwords
    cdef public set paused
    cdef public object inquiries
    cdef public object meters
    cdef public object to_servers
    cdef public set tasks
    cdef public long tick
    cdef public bint ready
    cdef public bint draining
    cdef public object health
    cdef public object tracer
    cdef public object scopes
    cdef public dict reason_cells
    cdef long _second
    cdef bytes _date
    cdef unsigned long _ids
    cdef long _fault_tick
    cdef bytes _id_prefix

    cpdef BackendState backend(self, str name)
    cpdef bytes new_request_id(self)
    cpdef bytes date(self)

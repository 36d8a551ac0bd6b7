# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.wire.host cimport host_of
from ingress.wire.message cimport Message, Note, settle_connection
from ingress.wire.target cimport split_request_line


@cython.final
cdef class Request(Message):
    cdef public bytes authority
    cdef public bint expect_continue
    cdef public list forwarded_for
    cdef public bytes forwarded_host
    cdef public bytes forwarded_proto
    cdef public bytes host
    cdef public bytes host_line
    cdef public bytes method
    cdef public bytes moved
    cdef public object overrides
    cdef public bytes path
    cdef public bytes query
    cdef public bytes request_id
    cdef public object response
    cdef public bint said_host
    cdef public bytes target
    cdef public bint te_trailers
    cdef public object variables

    cpdef bytes forward(self, bytes blob)


cpdef Request parse_request(bytes head, limits)
@cython.locals(mark=tuple, note=Note, notes=list)
cdef take_noted(Request request, list marks)
cpdef settle_target(Request request)
cpdef settle_body(Request request)

# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.wire.message cimport Message, settle_connection


cdef dict COMMON_STATUS


@cython.final
cdef class Response(Message):
    cdef public int status

    cpdef bytes forward(self, bytes blob, bint chunked_ok)


cpdef Response parse_response(bytes head, bytes request_method, limits)
cdef Response _parse(bytes head, bytes request_method, limits)
cpdef read_status_line(Response response, bytes line)
cpdef settle_body(Response response, bytes request_method)

# Types for the compiler.

from ingress.wire.request cimport Request


cpdef take_host(Request request, bytes line, bytes value)
cpdef take_forwarded_for(Request request, bytes line, bytes value)
cpdef take_forwarded_proto(Request request, bytes line, bytes value)
cpdef take_forwarded_host(Request request, bytes line, bytes value)
cpdef take_request_id(Request request, bytes line, bytes value)

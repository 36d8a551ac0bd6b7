# Types for the compiler.

from ingress.proxy.client cimport ClientConnection
from ingress.wire.request cimport Request


cpdef bytes forwarded_fields(ClientConnection client, Request request, bytes request_id)
cdef bytes _from_proxy(ClientConnection client, Request request)

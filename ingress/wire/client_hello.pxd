# Types for the compiler.

cimport cython


cdef int _CLIENT_HELLO
cdef int _SERVER_NAME
cdef int _SESSION_TICKET
cdef int _PRE_SHARED_KEY
cdef Py_ssize_t _LONGEST_RECORD
cdef Py_ssize_t _RANDOM_END


@cython.final
cdef class HelloReader:
    cdef Py_ssize_t _at
    cdef bytes _message
    cdef public bytes data

    @cython.locals(data=bytes, message=bytes, end=Py_ssize_t)
    cpdef feed(self, bytes piece)

    @cython.locals(data=bytes)
    cpdef bytes take(self)

    @cython.locals(at=Py_ssize_t, size=Py_ssize_t, length=Py_ssize_t, end=Py_ssize_t)
    cdef bint _take_record(self, bytes data) except -1


cdef _hello(bytes message)

@cython.locals(ticket_key=bytes, at=Py_ssize_t, end=Py_ssize_t, kind=int, start=Py_ssize_t)
cdef _read(bytes hello)

@cython.locals(name=bytes, stop=Py_ssize_t)
cdef str _name(bytes hello, Py_ssize_t at, Py_ssize_t end)

@cython.locals(stop=Py_ssize_t)
cdef bytes _vector(bytes data, Py_ssize_t at, Py_ssize_t end)

cdef int _pair(bytes data, Py_ssize_t at) except -1

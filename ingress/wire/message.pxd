# Types for the compiler; the meaning of each attribute is in the module.

cimport cython


@cython.final
cdef class Note:
    cdef public Py_ssize_t place
    cdef public object take

    cpdef put(self, list notes, bytes value)


cdef dict COMMON_OPTIONS
cdef tuple KEPT


cdef class Message:
    cdef public Py_ssize_t body
    cdef public bytes coding
    cdef public list cut
    cdef public dict edits
    cdef public dict found
    cdef public bytes head
    cdef public bint keep_alive
    cdef public Py_ssize_t length
    cdef public int minor
    cdef public dict noted
    cdef public list notes
    cdef public tuple options
    cdef public bytes start
    cdef public bytes upgrade

    @cython.locals(note=Note)
    cpdef list values(self, bytes name)
    cdef list _find(self, bytes name)
    cpdef list edited(self, list lines)
    cpdef bytes spliced(self, bytes blob)
    cpdef list kept(self)
    cpdef bytes joined(self, list lines, bytes blob)


cpdef settle_connection(Message message)
cpdef take_connection(Message message, bytes line, bytes value)
cpdef take_length(Message message, bytes line, bytes value)
cpdef take_cut(Message message, bytes line, bytes value)
cpdef take_upgrade(Message message, bytes line, bytes value)

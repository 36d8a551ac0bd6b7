# distutils: extra_compile_args = -O3
"""The calls to the kernel without anything in between: the form for a C compiler. `socketcalls` has the
other one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.errno cimport EAGAIN, EINPROGRESS, EINTR, errno
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memset
from posix.unistd cimport close

from os import strerror

from ingress.net import socketcalls

cdef extern from "<sys/socket.h>" nogil:
    ctypedef unsigned int socklen_t
    cdef struct sockaddr:
        unsigned short sa_family
    cdef struct sockaddr_storage:
        unsigned short ss_family
    cdef struct linger:
        int l_onoff
        int l_linger
    int SOL_SOCKET, SO_LINGER
    int AF_INET, AF_INET6, SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC, MSG_NOSIGNAL
    int socket(int domain, int type, int protocol)
    int setsockopt(int descriptor, int level, int name, const void *value, socklen_t length)
    int c_connect "connect"(int descriptor, const sockaddr *address, socklen_t length)
    int accept4(int descriptor, sockaddr *address, socklen_t *length, int flags)
    ssize_t recv(int descriptor, void *buffer, size_t length, int flags)
    ssize_t c_send "send"(int descriptor, const void *buffer, size_t length, int flags)

cdef extern from "<netinet/in.h>" nogil:
    cdef struct in_addr:
        uint32_t s_addr
    cdef struct in6_addr:
        unsigned char s6_addr[16]
    cdef struct sockaddr_in:
        unsigned short sin_family
        uint16_t sin_port
        in_addr sin_addr
    cdef struct sockaddr_in6:
        unsigned short sin6_family
        uint16_t sin6_port
        in6_addr sin6_addr
    int IPPROTO_TCP, INET6_ADDRSTRLEN
    uint16_t htons(uint16_t number)
    uint16_t ntohs(uint16_t number)

cdef extern from "<netinet/tcp.h>" nogil:
    int TCP_NODELAY

cdef extern from "<arpa/inet.h>" nogil:
    const char *inet_ntop(int family, const void *address, char *text, socklen_t size)
    int inet_pton(int family, const char *text, void *address)

cdef enum:
    MOST = 65536

cdef char buffer[MOST]


cdef failed(int error):
    raise OSError(error, strerror(error))


def receive(int descriptor):
    """See `socketcalls.receive`."""
    cdef ssize_t count
    while True:
        count = recv(descriptor, buffer, MOST, 0)
        if count >= 0:
            return PyBytes_FromStringAndSize(buffer, count)
        if errno == EAGAIN:
            return None
        if errno != EINTR:
            failed(errno)


def send(int descriptor, bytes data not None, Py_ssize_t start):
    """See `socketcalls.send`."""
    cdef ssize_t count
    while True:
        count = c_send(
            descriptor, PyBytes_AS_STRING(data) + start, PyBytes_GET_SIZE(data) - start, MSG_NOSIGNAL
        )
        if count >= 0:
            return count
        if errno == EAGAIN:
            return 0
        if errno != EINTR:
            failed(errno)


def forget(int descriptor):
    """See `socketcalls.forget`."""
    cdef linger at_once
    at_once.l_onoff = 1
    at_once.l_linger = 0
    if setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) < 0:
        failed(errno)


def accept(listening):
    """See `socketcalls.accept`."""
    cdef sockaddr_storage address
    cdef socklen_t length = sizeof(address)
    cdef char text[64]
    cdef int descriptor = listening.fileno(), accepted
    while True:
        accepted = accept4(descriptor, <sockaddr *>&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC)
        if accepted >= 0:
            break
        if errno == EAGAIN:
            return None
        if errno != EINTR:
            failed(errno)
    text[0] = 0
    cdef int port = 0
    if address.ss_family == AF_INET:
        inet_ntop(AF_INET, &(<sockaddr_in *>&address).sin_addr, text, sizeof(text))
        port = ntohs((<sockaddr_in *>&address).sin_port)
    elif address.ss_family == AF_INET6:
        inet_ntop(AF_INET6, &(<sockaddr_in6 *>&address).sin6_addr, text, sizeof(text))
        port = ntohs((<sockaddr_in6 *>&address).sin6_port)
    return accepted, text.decode("ascii"), port


def connect(str host not None, int port):
    """See `socketcalls.connect`."""
    cdef sockaddr_storage address
    cdef socklen_t length
    cdef int descriptor, error, yes = 1
    cdef bytes text = host.encode("ascii")
    memset(&address, 0, sizeof(address))
    if inet_pton(AF_INET, text, &(<sockaddr_in *>&address).sin_addr) == 1:
        address.ss_family = AF_INET
        (<sockaddr_in *>&address).sin_port = htons(port)
        length = sizeof(sockaddr_in)
    elif inet_pton(AF_INET6, text, &(<sockaddr_in6 *>&address).sin6_addr) == 1:
        address.ss_family = AF_INET6
        (<sockaddr_in6 *>&address).sin6_port = htons(port)
        length = sizeof(sockaddr_in6)
    else:
        # An address with a zone, whose name somebody else has to look up.
        return socketcalls.connect(host, port)
    descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
    if descriptor < 0:
        failed(errno)
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes))
    if c_connect(descriptor, <sockaddr *>&address, length) < 0 and errno != EINPROGRESS:
        error = errno
        close(descriptor)
        failed(error)
    return descriptor

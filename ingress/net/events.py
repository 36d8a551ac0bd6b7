"""What may be told of a socket (epoll_ctl(2))."""

import select
from typing import Final

IN: Final = select.EPOLLIN
OUT: Final = select.EPOLLOUT
BROKEN: Final = select.EPOLLHUP | select.EPOLLERR
"""There is no connection any more, or none came about."""
ENDED: Final = select.EPOLLRDHUP | BROKEN
"""The same, or the peer has sent its last byte."""
ONCE: Final = select.EPOLLRDHUP | select.EPOLLET
"""Tell the end of a connection too, and each change once."""

"""Connections: listeners, clients, upstreams, exchanges between them."""

# Compiled, a module begins by importing those whose types it uses, before its own functions are there. The
# types of this package form a circle, in which only this module asks for nothing that is still to come.
import ingress.proxy.exchange  # noqa: F401

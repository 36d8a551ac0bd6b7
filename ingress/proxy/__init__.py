"""Connections: listeners, clients, upstreams, exchanges between them."""

"""TLS: of clients, in front of everything else, and of servers."""

"""TCP connections without a loop's own transports: sockets, and what waits for them."""

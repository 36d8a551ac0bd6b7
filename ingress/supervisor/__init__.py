"""The process that must not fail: it holds the sockets, starts the others, and starts again who dies."""

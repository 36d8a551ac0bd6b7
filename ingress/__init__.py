"""The data plane: serves a snapshot of routes and backends, and knows nothing of where it came from."""

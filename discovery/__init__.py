"""The control plane: turns what clusters say into routes and backends for the data plane."""

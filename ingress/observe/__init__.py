"""What happened: counters in the shared page, the access log."""

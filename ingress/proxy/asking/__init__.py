"""Questions to others: whether a request may pass."""

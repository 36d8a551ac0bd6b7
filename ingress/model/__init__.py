"""The border between discovery and the data plane: frozen facts, compared by value, replaced whole."""

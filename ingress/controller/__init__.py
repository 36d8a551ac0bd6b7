"""The process that follows the sources: it tells the workers what to serve, and people how things are."""

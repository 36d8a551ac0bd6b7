"""Which server gets a request: algorithms and what is learned about servers."""

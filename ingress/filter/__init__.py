"""The steps a request goes through before a server is chosen, in one declared order."""

"""`headgate demo`: Headgate with servers, traffic and changes to look at, on one machine."""

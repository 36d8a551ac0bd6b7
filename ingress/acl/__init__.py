"""The ACL language: text to syntax tree to one compiled predicate. Pure."""

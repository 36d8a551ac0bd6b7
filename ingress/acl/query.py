"""Parameters of a query, as they stand in it: nothing is decoded."""

import re
from collections.abc import Callable


def parameters(name: bytes, delimiter: bytes = b"?") -> Callable[[bytes], list[bytes]]:
    """A function that gives the values of all parameters of that name in a query, in order. Parameters
    are separated by `&`, `;` and again by what separates the query from the path."""
    separators = re.compile(b"[&;" + re.escape(delimiter) + b"]")
    wanted = name + b"="

    def find(query: bytes) -> list[bytes]:
        if query.find(wanted) < 0:
            return []
        pairs = separators.split(query)
        return [pair[len(wanted) :] for pair in pairs if pair.startswith(wanted)]

    return find

"""What of a tag of another product cannot be honoured, before it is known whose tag it is."""

from msgspec import Struct


class Complaint(Struct, frozen=True):
    """One thing that is wrong."""

    option: str
    """The option, or the whole tag."""
    reason: str
    value: str = ""
    """As written; empty where it may be a secret."""
    closes: bool = False
    """Who wrote it may rely on it to keep requests out, so its routes are closed."""
    flawed: bool = True
    """The route is another one than was meant: the last good version stays in force, if there is one."""


class ComplaintError(ValueError):
    """A value that cannot be honoured; the text says why."""

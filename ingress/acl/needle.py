"""Needles: texts that are looked for inside others, that byte of them first which is least common.

One byte costs a tenth of a search, and mostly tells that the rest cannot be there either. This is the form
for an interpreter; where the data plane is compiled, that of `needle.pyx` takes its place.
"""

from ingress.acl.rarity import rarest


class Needle:
    """A text, and the byte of it by which it is looked for."""

    __slots__ = ("byte", "text")

    def __init__(self, text: bytes) -> None:
        """The text is not empty."""
        self.byte = rarest(text)
        self.text = text

    def within(self, text: bytes) -> bool:
        """Whether it is anywhere in a text."""
        # To ask by `in` costs twice as much as `find`, but for a single byte.
        return self.byte in text and text.find(self.text) >= 0

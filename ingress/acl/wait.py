"""What a rule may have to wait for: its fetch or action says so, and is asked again when it is there.

What has come is kept beside the variables of the request, under names that no rule can write.
"""

from typing import Final, NamedTuple

from ingress.model.admission import Authorize

BODY: Final = "body"
"""What has come of the body."""
BODY_SIZE: Final = "body size"
"""How long it is, as far as is known."""
BODY_ENOUGH: Final = "body enough"
"""No more of it is waited for."""


class Check(NamedTuple):
    """Whether a password is that of a hash."""

    digest: bytes
    password: bytes

    @property
    def name(self) -> str:
        """What the outcome is kept by."""
        return f"password {self.digest!r} {self.password!r}"


class Body(NamedTuple):
    """That the body is there, or a part of it."""

    time: float = 0.0
    """Seconds it may take; 0: as long as a head may."""
    at_least: int = 0
    """Bytes that are enough; 0: all of it."""


class Ask(NamedTuple):
    """What somebody else says of the request."""

    action: Authorize

    @property
    def name(self) -> str:
        """What the answer is kept by."""
        return f"authorized {self.action!r}"


Need = Check | Body | Ask


class Wait(Exception):  # noqa: N818  it is no error
    """Something is not there yet."""

    def __init__(self, need: Need) -> None:
        super().__init__(type(need).__name__)
        self.need = need

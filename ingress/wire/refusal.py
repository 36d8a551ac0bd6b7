"""What is raised when the other side's bytes are not HTTP, or can be read in two ways."""

from ingress.model.reason import Reason


class Refusal(Exception):  # noqa: N818 (a verdict on the peer, not a fault)
    """Theirs, on the wire: answer with `status` and `reason`, and close. `detail` is for people."""

    def __init__(self, status: int, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail


def malformed(detail: str) -> Refusal:
    """The refusal of a message that breaks the grammar of HTTP/1."""
    return Refusal(400, Reason.BAD_REQUEST, detail)


def too_large(most: int) -> Refusal:
    """The refusal of a body of more bytes than are taken."""
    return Refusal(413, Reason.BODY_TOO_LARGE, f"a body of more than {most} bytes")


def bad_response(detail: str) -> Refusal:
    """The same fault, found in what a server sent."""
    return Refusal(502, Reason.BAD_RESPONSE, detail)

"""What the actions of rules are compiled to, and what they may do to messages."""

from collections.abc import Callable
from typing import Any, Protocol

from ingress.acl.sample import Client
from ingress.acl.sample import Request as AskedRequest
from ingress.acl.sample import Response as AskedResponse
from ingress.filter.reply import Reply


class Message(Protocol):
    """A request or a response whose fields can be changed on their way."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name, as edited so far."""

    def names(self) -> list[bytes]:
        """The lower-case names of all fields, as edited so far."""

    def edit(self, name: bytes, values: list[bytes]) -> None:
        """Send these values and no others of that name."""


class Response(Message, AskedResponse, Protocol):
    """An answer that can be changed."""

    def set_status(self, status: int, phrase: bytes = b"") -> None:
        """Give it another status."""


class Request(Message, AskedRequest, Protocol):
    """A request that can be changed."""

    def set_target(self, target: bytes) -> None:
        """Ask for another path and query."""

    def set_method(self, method: bytes) -> None:
        """Ask with another method."""

    def set_variable(self, name: str, content: Any) -> None:
        """Keep something for the rules that follow."""


Act = Callable[[Request, Client], Reply | None]
"""A reply ends the rules."""

Change = Callable[[Message, Request, Client], None]
"""What is done to the message that a rule is about."""

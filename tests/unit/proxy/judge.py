"""Somebody who is asked whether requests may pass."""

from typing import Any

from ingress.model.admission import Authorize
from ingress.model.backend import Server
from ingress.model.policy import Policy, Rule
from tests.unit.proxy.conftest import Conversation

YES = (
    b"HTTP/1.1 200 OK\r\nX-User: ann\r\nX-Role: a\r\nX-Role: b\r\nX-Team: red\r\nSet-Cookie: s=2\r\n"
    b"Content-Length: 2\r\n\r\nok"
)
NO = (
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
    b"Connection: keep-alive\r\nDate: never\r\nContent-Length: 8\r\n\r\nsign in\n"
)


class Guard:
    """Somebody who is asked: what was asked, and what is answered."""

    def __init__(self, *answers: bytes) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._answers = answers or (YES,)

    async def __call__(self, conversation: Conversation) -> None:
        self.connections += 1
        while head := await conversation.head():
            self.heads.append(head)
            conversation.say(self._answers[min(len(self.heads), len(self._answers)) - 1])


def asked(server: Server, path: str = "/verify?a=b", **options: Any) -> Policy:
    return Policy((Rule(Authorize(f"http://127.0.0.1:{server.port}{path}", **options)),))


def get(*fields: str, method: str = "GET", target: str = "/shop?x=1", body: str = "") -> bytes:
    lines = (f"{method} {target} HTTP/1.1", "Host: www.example.com", *fields, "Connection: close")
    return "\r\n".join((*lines, "", body)).encode()

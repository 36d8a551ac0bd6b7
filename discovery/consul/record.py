"""A key of Consul in which the replicas of Headgate keep one text."""

from base64 import b64decode
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct

from discovery.consul.api import Api, UnreachableError
from discovery.consul.question import Answer, Question, Subject, Topic
from discovery.shift.record_store import AwayError, Kept

_SHOWN: Final = 200


class _Entry(Struct, frozen=True, rename="pascal"):
    """What Consul says of a key; its value is base64 on the wire."""

    modify_index: int
    value: str | None = None


class KeyRecord:
    """Implements `discovery.shift.record_store.RecordStore`: the version is the index of the last change."""

    def __init__(self, make_api: Callable[[], Api], key: str) -> None:
        self._make_api = make_api
        self._api: Api | None = None
        self._topic = Topic(Subject.KEY, key)

    async def read(self) -> Kept:
        """What is there, as the leader of the servers knows it."""
        answer = await self._ask(Question(self._topic), HTTPStatus.NOT_FOUND)
        if answer.head.status == HTTPStatus.NOT_FOUND:
            return Kept()
        try:
            [entry] = msgspec.json.decode(answer.body, type=list[_Entry])
            return Kept(b64decode(entry.value or ""), str(entry.modify_index))
        except ValueError:
            raise AwayError("the answer is not Consul's; is this the address of an agent?") from None

    async def write(self, text: bytes, version: str) -> bool:
        """Put a text in the place of that of this version."""
        answer = await self._ask(Question(self._topic, text=text, version=int(version or 0)))
        return answer.body.strip() == b"true"

    async def close(self) -> None:
        """Ask no more."""
        if self._api is not None:
            await self._api.close()

    async def _ask(self, question: Question, also: int = HTTPStatus.OK) -> Answer:
        if self._api is None:
            self._api = self._make_api()
        try:
            answer = await self._api.ask(question)
        except UnreachableError as error:
            raise AwayError(str(error)) from None
        if answer.head.status not in {HTTPStatus.OK, also}:
            text = " ".join(answer.body[:1000].decode(errors="replace").split())[:_SHOWN]
            raise AwayError(f"{answer.head.status}: {text}")
        return answer

"""A ConfigMap in which the replicas of Headgate keep one text."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct

from discovery.kubernetes.api import Answer, Api, UnreachableError
from discovery.kubernetes.events import GarbageError
from discovery.kubernetes.refusal import MALFORMED
from discovery.shift.record_store import AwayError, Kept

_KEY: Final = "shifts"
_PATIENCE: Final = 10.0


class _Meta(Struct, frozen=True, rename="camel"):
    resource_version: str


class _ConfigMap(Struct, frozen=True):
    metadata: _Meta
    data: dict[str, str] | None = None


class ConfigMapRecord:
    """Implements `discovery.shift.record_store.RecordStore`: the version is that of the object."""

    def __init__(self, make_api: Callable[[], Api], namespace: str, name: str) -> None:
        """The ConfigMap may be there already; where it is not, it is made."""
        self._make_api = make_api
        self._api: Api | None = None
        self._folder = f"/api/v1/namespaces/{namespace}/configmaps"
        self._name = name

    async def read(self) -> Kept:
        """What is there."""
        found = await self._ask("GET", f"{self._folder}/{self._name}", None, (200, 404))
        if found is None:
            return Kept()
        return Kept((found.data or {}).get(_KEY, "").encode(), found.metadata.resource_version)

    async def write(self, text: bytes, version: str) -> bool:
        """Put a text in the place of that of this version."""
        data = {_KEY: text.decode()}
        if not version:
            made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self._name}, "data": data}
            return await self._ask("POST", self._folder, made, (201, 409)) is not None
        # With a version in it, a patch is refused if the object is of another one by now.
        patch = {"metadata": {"resourceVersion": version}, "data": data}
        return await self._ask("PATCH", f"{self._folder}/{self._name}", patch, (200, 409)) is not None

    async def close(self) -> None:
        """Ask no more."""
        if self._api is not None:
            await self._api.close()

    async def _ask(
        self, method: str, path: str, body: object, expected: tuple[int, int]
    ) -> _ConfigMap | None:
        """The object that the first of two statuses comes with; None with the second one."""
        if self._api is None:
            self._api = self._make_api()
        try:
            async with await self._api.send(method, path, {}, body) as answer:
                if answer.code == HTTPStatus.UNAUTHORIZED:
                    await self._api.renew(answer.generation)
                return await _read(answer, expected)
        except (UnreachableError, TimeoutError, GarbageError) as error:
            raise AwayError(str(error) or "no answer in time") from None
        except MALFORMED:
            raise AwayError("the answer is not that of an API server") from None


async def _read(answer: Answer, expected: tuple[int, int]) -> _ConfigMap | None:
    if answer.code == expected[0]:
        return msgspec.json.decode(await answer.body(_PATIENCE), type=_ConfigMap)
    if answer.code != expected[1]:
        raise AwayError(str(await answer.refusal(_PATIENCE)))
    return None

"""An API server in this process, which can be told to fail.

Its list, watch, bookmarks, initial events, versions and refusals are those of kube-apiserver 1.34.
"""

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from aiohttp import web

PATIENCE = 5.0
HOLD = b"hold"
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
Object = dict[str, Any]
KIND_OF = {
    "ingresses": "Ingress",
    "services": "Service",
    "endpointslices": "EndpointSlice",
    "ingressclasses": "IngressClass",
    "secrets": "Secret",
}


def text(obj: Object) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()


def status(code: int, reason: str, message: str = "") -> Object:
    return {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}


class FakeApi:
    """Objects with versions, those who watch them, and the faults that the next requests meet."""

    def __init__(self) -> None:
        self.version = 100
        self.compacted = 0
        self.streams_initial_events = True
        self.token = "good"
        self.refused: dict[str, int] = {}
        self.refused_namespaces: set[str] = set()
        self.unwatchable: set[str] = set()
        self.expire_pages = 0
        self.names_only = False
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.open = 0
        self.most_open = 0
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._log: list[tuple[int, str, str, Object]] = []
        self._changed = asyncio.Event()
        self._faults: dict[str, list[Fault]] = {}
        self._watches: dict[str, set[asyncio.Task[None]]] = {}
        self._silent: set[str] = set()
        self._pages: dict[str, tuple[int, list[Object]]] = {}

    # --- what a test does to it

    def put(self, kind: str, namespace: str, name: str, **content: Any) -> None:
        """Create or replace an object; `labels` are its metadata's."""
        self.version += 1
        key = kind, namespace, name
        verb = "MODIFIED" if key in self._objects else "ADDED"
        meta: Object = {"name": name, "resourceVersion": str(self.version)}
        meta["labels"] = content.pop("labels", {})
        if namespace:
            meta["namespace"] = namespace
        self._objects[key] = {"kind": KIND_OF[kind], "metadata": meta, **content}
        self._say(verb, kind, self._objects[key])

    def drop(self, kind: str, namespace: str, name: str) -> None:
        self.version += 1
        gone = self._objects.pop((kind, namespace, name))
        gone["metadata"]["resourceVersion"] = str(self.version)
        self._say("DELETED", kind, gone)

    def compact(self) -> None:
        """Forget all that happened, as etcd does: who asks for it gets 410."""
        self.compacted = self.version
        self._log.clear()

    def fail(self, kind: str, *faults: Fault) -> None:
        """The next requests for this kind meet these, one each."""
        self._faults.setdefault(kind, []).extend(faults)

    def has_faults(self, kind: str) -> bool:
        """Whether there are any that nobody has met yet."""
        return bool(self._faults.get(kind))

    def mend(self, kind: str) -> None:
        """No more faults."""
        self._faults.pop(kind, None)

    def cut(self, kind: str) -> None:
        """End the watches of a kind, politely."""
        self._silent.discard(kind)
        for task in self._watches.pop(kind, ()):
            task.cancel()

    def silence(self, kind: str) -> None:
        """Say nothing of this kind to those who watch it, until the watches are cut."""
        self._silent.add(kind)

    def asked(self, kind: str, what: str = "") -> list[dict[str, str]]:
        """The queries for a kind so far, or those that have a certain parameter."""
        return [query for asked, query in self.requests if asked == kind and (not what or what in query)]

    # --- what it answers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        kind = request.path.rsplit("/", 1)[1]
        self.requests.append((kind, dict(request.query)))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._answer(request, kind)
        finally:
            self.open -= 1

    async def _answer(self, request: web.Request, kind: str) -> web.StreamResponse:
        if self._faults.get(kind):
            return await self._faults[kind].pop(0)(request)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response(status(401, "Unauthorized"), status=401)
        if kind in self.refused or self._namespace(request) in self.refused_namespaces:
            refusal = status(403, "Forbidden", f"{kind} is forbidden")
            return web.json_response(refusal, status=self.refused.get(kind, 403))
        selector = request.query.get("fieldSelector", "")
        if self.names_only and kind == "secrets" and not selector.startswith("metadata.name="):
            return web.json_response(status(403, "Forbidden"), status=403)
        if kind in self.unwatchable and "watch" in request.query:
            return web.json_response(status(403, "Forbidden"), status=403)
        if "watch" in request.query:
            return await self._watch(request, kind)
        return self._list(request, kind)

    def _list(self, request: web.Request, kind: str) -> web.StreamResponse:
        limit = int(request.query.get("limit", "0")) or None
        token = request.query.get("continue", "")
        version, items = self._pages.get(token, (self.version, self._selected(request, kind)))
        if token and self.expire_pages:
            self.expire_pages -= 1
            return web.json_response(
                status(410, "Expired", "The provided continue parameter is too old"), status=410
            )
        meta = {"resourceVersion": str(version)}
        if limit is not None and len(items) > limit:
            meta["continue"] = f"page-{len(self._pages)}"
            self._pages[meta["continue"]] = version, items[limit:]
        return web.json_response({"kind": f"{KIND_OF[kind]}List", "metadata": meta, "items": items[:limit]})

    async def _watch(self, request: web.Request, kind: str) -> web.StreamResponse:
        initial = "sendInitialEvents" in request.query
        if initial and not self.streams_initial_events:
            refusal = status(
                422,
                "Invalid",
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless "
                "the WatchList feature gate is enabled",
            )
            return web.json_response(refusal, status=422)
        seen = int(request.query.get("resourceVersion", "0"))
        response = await stream(request)
        if initial:
            seen = self.version
            for obj in self._selected(request, kind):
                await event(response, "ADDED", obj)
            await event(response, "BOOKMARK", self._mark(kind))
        elif seen < self.compacted:
            gone = status(410, "Expired", f"too old resource version: {seen} ({self.compacted})")
            await event(response, "ERROR", gone)
            return response
        task = asyncio.create_task(self._follow(request, response, kind, seen))
        self._watches.setdefault(kind, set()).add(task)
        try:
            await asyncio.gather(task, return_exceptions=True)
        finally:
            task.cancel()
        return response

    async def _follow(self, request: web.Request, response: web.StreamResponse, kind: str, seen: int) -> None:
        while True:
            changed = self._changed
            for version, verb, of, obj in [entry for entry in self._log if entry[0] > seen]:
                if of == kind and kind not in self._silent and self._selects(request, obj):
                    await event(response, verb, obj)
                seen = version
            await changed.wait()

    def _mark(self, kind: str) -> Object:
        annotations = {"k8s.io/initial-events-end": "true"}
        meta = {"resourceVersion": str(self.version), "annotations": annotations}
        return {"kind": KIND_OF[kind], "metadata": meta, "spec": {}}

    def _selected(self, request: web.Request, kind: str) -> list[Object]:
        # Backwards: initial events come in no order that a client may rely on.
        return [
            obj
            for (of, _, _), obj in reversed(self._objects.items())
            if of == kind and self._selects(request, obj)
        ]

    def _selects(self, request: web.Request, obj: Object) -> bool:
        namespace = self._namespace(request)
        field, _, value = request.query.get("fieldSelector", "").partition("=")
        found = obj["metadata"]["name"] if field == "metadata.name" else obj.get("type")
        in_namespace = not namespace or obj["metadata"].get("namespace") == namespace
        return in_namespace and (not field or found == value)

    def _namespace(self, request: web.Request) -> str:
        folders = request.path.split("/")
        return folders[folders.index("namespaces") + 1] if "namespaces" in folders else ""

    def _say(self, verb: str, kind: str, obj: Object) -> None:
        self._log.append((self.version, verb, kind, json.loads(text(obj))))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


async def event(response: web.StreamResponse, verb: str, obj: Object) -> None:
    await response.write(text({"type": verb, "object": obj}) + b"\n")


# --- faults


def refuses(code: int, reason: str = "", **headers: str) -> Fault:
    async def fault(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(status(code, reason), status=code, headers=named)

    return fault


def says(code: int, body: str, content_type: str = "text/html") -> Fault:
    async def fault(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text=body, content_type=content_type)

    return fault


def streams(*lines: bytes) -> Fault:
    """Begins as asked, says these pieces and ends; or goes on without a word, if the last is HOLD."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        for line in lines:
            if line == HOLD:
                await asyncio.sleep(PATIENCE)
            await response.write(line)
        return response

    return fault


async def says_nothing(request: web.Request) -> web.StreamResponse:
    """Begins as asked, and never sends a byte: a half-open connection."""
    response = await stream(request)
    await asyncio.sleep(PATIENCE)
    return response


async def never_answers(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(PATIENCE)
    return web.Response()


def resets(*lines: bytes) -> Fault:
    """Begins as asked, says these pieces and resets the connection."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        for line in lines:
            await response.write(line)
        assert request.transport is not None
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
        return response

    return fault

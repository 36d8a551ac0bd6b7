"""A Consul in this process, which can be told to fail. Its blocking queries are those of Consul 1.22."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

PATIENCE = 5.0
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
NODES = "/v1/catalog/nodes"
NODE = "/v1/catalog/node/"
TAGS = ("headgate.enable=true", "headgate.host=www.example.com")


class FakeConsul:
    """Instances with an index, who waits for a change of it, and the faults that requests meet."""

    def __init__(self) -> None:
        self.index = 100
        self.node_index = 1
        self.nodes = ["n1"]
        """All that there are; the first has the instances of which nothing else is said."""
        self.requests: list[tuple[str, dict[str, str], str]] = []
        self.headers: dict[str, str] = {}
        """Set on every answer."""
        self.fault: Fault | None = None
        self.unreachable: set[str] = set()
        """Datacentres to which there is no way."""
        self.refused: set[str] = set()
        """Services of which nothing is said."""
        self.hidden: set[str] = set()
        """Services of which a token may see nothing: they are filtered out."""
        self.unlisted: set[str] = set()
        """Services that the catalog filters out, though their health may be seen."""
        self.open = 0
        self._keys: dict[str, str] = {}
        self._entries: dict[str, dict[str, dict[str, Any]]] = {}
        self._touched: dict[str, int] = {}
        self._changed = asyncio.Event()

    # --- what a test does to it

    def put(
        self,
        name: str = "web-1",
        service: str = "web",
        *,
        address: str = "10.0.0.1",
        port: int = 80,
        tags: tuple[str, ...] = TAGS,
        status: str = "passing",
        checked: bool = True,
        node: str = "n1",
    ) -> None:
        """Register an instance, or register it anew."""
        self._entries.setdefault(service, {})[name] = {
            "Node": {"Node": node, "Address": address, "Datacenter": "dc1"},
            "Service": self._facts(name, service, port=port, tags=tags),
            "Checks": self._checks_of(name, service, status) if checked else [],
        }
        self.touch(service, node)

    def add_node(self, name: str) -> None:
        """A machine on which there is nothing yet."""
        self.nodes.append(name)
        self.touch(nodes=True)

    def drop(self, name: str = "web-1", service: str = "web") -> None:
        node = self._entries[service].pop(name)["Node"]["Node"]
        if not self._entries[service]:
            del self._entries[service]
        self.touch(service, node)

    def move(self, name: str, service: str, port: int) -> None:
        """Another port for an instance: no check of it is any different."""
        entry = self._entries[service][name]
        entry["Service"] |= {"Port": port, "ModifyIndex": self.index + 1}
        self.touch(service, entry["Node"]["Node"])

    def put_key(self, key: str, text: str) -> None:
        """A key with its value; an empty one is deleted."""
        self._keys[key] = text
        if not text:
            del self._keys[key]
        self.touch()

    def touch(self, service: str = "", node: str = "", *, nodes: bool = False) -> None:
        """The index moves, whether or not anything is different."""
        self.index += 1
        self._touched[service] = self._touched[""] = self._touched[f"{NODE}{node}"] = self.index
        if nodes:
            self._touched[NODES] = self.index
        self.wake()

    def wipe(self) -> None:
        """It has lost all data, and starts over."""
        self._entries.clear()
        self._touched.clear()
        self.index = 7
        self.wake()

    def wake(self) -> None:
        """Answer all who wait."""
        self._changed.set()
        self._changed = asyncio.Event()

    def stop(self) -> None:
        """Answer all who wait, and nobody waits any more."""
        self.fault = refuse(503)
        self.wake()

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries for a path so far."""
        return [query for asked, query, _ in self.requests if asked == path]

    # --- what it answers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/agent/self":
            return web.Response(status=403, text="Permission denied")
        token = request.headers.get("X-Consul-Token", "")
        self.requests.append((request.path, dict(request.query), token))
        if self.fault:
            return await self.fault(request)
        if request.query.get("dc") in self.unreachable:
            return web.Response(status=500, text="No path to datacenter")
        if self._service(request) in self.refused:
            return web.Response(status=500, text="rpc error")
        self.open += 1
        try:
            await self._wait(request)
        finally:
            self.open -= 1
        return await self.fault(request) if self.fault else self._answer(request)

    async def _wait(self, request: web.Request) -> None:
        known = int(request.query.get("index", "0"))
        limit = float(request.query.get("wait", "300000ms").removesuffix("ms")) / 1000
        try:
            async with asyncio.timeout(limit):
                while known and known == self._index(request) and not self.fault:
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _service(self, request: web.Request) -> str:
        prefix = "/v1/health/service/"
        return request.path.removeprefix(prefix) if request.path.startswith(prefix) else ""

    def _index(self, request: web.Request) -> int:
        if request.path == NODES or request.path.startswith(NODE):
            return self._touched.get(request.path, 1)
        return self._touched.get(self._service(request), self.index)

    def _answer(self, request: web.Request) -> web.Response:
        service = self._service(request)
        filtered = service in self.hidden or (not service and bool(self.hidden | self.unlisted))
        headers = {"X-Consul-Index": str(self._index(request)), "X-Consul-KnownLeader": "true"}
        if service and "index" in request.query:
            # Consul answers such questions out of a stream, where nobody fills in this field.
            headers |= {"X-Consul-KnownLeader": "false", "X-Consul-Query-Backend": "streaming"}
        if filtered:
            headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
        body: object = self._health(service) if service else self._catalog()
        if request.path.startswith("/v1/kv/"):
            return self._values(request.path.removeprefix("/v1/kv/"), headers | self.headers)
        if request.path == NODES:
            body = [{"Node": node} for node in self.nodes]
        if request.path.startswith(NODE):
            body = self._offers(request.path.removeprefix(NODE))
        if request.path.startswith("/v1/health/state/"):
            body = self._checks(request.path.rpartition("/")[2])
        return web.json_response(body, headers=headers | self.headers)

    def _values(self, prefix: str, headers: dict[str, str]) -> web.Response:
        found = {key: text for key, text in sorted(self._keys.items()) if key.startswith(prefix)}
        if not found:
            return web.Response(status=404, headers=headers)
        pairs = [{"Key": key, "Value": b64encode(text.encode()).decode()} for key, text in found.items()]
        return web.json_response([*pairs, {"Key": f"{prefix}/", "Value": None}], headers=headers)

    def _health(self, service: str) -> list[dict[str, Any]]:
        return [] if service in self.hidden else list(self._entries.get(service, {}).values())

    def _facts(self, name: str, service: str, port: int, tags: tuple[str, ...]) -> dict[str, Any]:
        facts = {"ID": name, "Service": service, "Address": "", "Port": port, "Tags": tags}
        return facts | {"ModifyIndex": self.index + 1}

    def _checks_of(self, name: str, service: str, status: str) -> list[dict[str, Any]]:
        check = {"CheckID": f"service:{name}", "Status": status, "ServiceID": name, "Name": "ping"}
        return [check | {"Node": "n1", "ServiceName": service, "ModifyIndex": self.index + 1}]

    def _offers(self, node: str) -> dict[str, Any]:
        entries = [entry for service in self._entries.values() for entry in service.values()]
        here = [entry["Service"] for entry in entries if entry["Node"]["Node"] == node]
        return {"Node": {"Node": node}, "Services": {facts["ID"]: facts for facts in here}}

    def _checks(self, state: str) -> list[dict[str, Any]]:
        """Those of all services, and one of the node, as far as they are in a state."""
        of_node = {"Node": "n1", "CheckID": "serfHealth", "Status": "passing", "ModifyIndex": self.node_index}
        entries = [entry for service in self._entries.values() for entry in service.values()]
        checks = [of_node, *(check for entry in entries for check in entry["Checks"])]
        return [check for check in checks if check["Status"] == state]

    def _catalog(self) -> dict[str, list[str]]:
        return {
            name: sorted({tag for entry in entries.values() for tag in entry["Service"]["Tags"]})
            for name, entries in self._entries.items()
            if name not in self.hidden | self.unlisted
        } | {"consul": []}


def refuse(status: int, text: str = "no", **headers: str) -> Fault:
    """Answer with a status."""

    async def fault(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return fault


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.sleep(60)
    raise AssertionError


async def page(request: web.Request) -> web.StreamResponse:
    """Answer as somebody else."""
    return web.Response(text="<html>welcome</html>", content_type="text/html")


async def reset(request: web.Request) -> web.StreamResponse:
    """Break the connection."""
    assert request.transport
    request.transport.abort()
    return web.Response()

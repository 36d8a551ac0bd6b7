"""A real Consul of the tests: servers that are their own agents, and what people do to them."""

import http.client
import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.real.harness.binaries import binary
from tests.real.harness.daemon import Daemon
from tests.real.harness.pod import PodFacts

ADDRESS = "127.0.0.1:8500"
PORTS = {"https": -1, "dns": -1, "grpc": -1, "grpc_tls": -1, "serf_wan": -1}
"""What is not listened on."""
MANAGEMENT = "11111111-2222-3333-4444-555555555555"


class Consul:
    """One server of a Consul; alone, unless it is told who belongs to it."""

    def __init__(
        self,
        folder: Path,
        *,
        acl: bool = False,
        place: str = "127.0.0.1",
        servers: Sequence[str] = (),
        within: Sequence[str] = (),
        more: Mapping[str, Any] | None = None,
    ):
        """`place` is its address, `servers` are those of all of them; `within` is a command that runs
        the server somewhere else; `more` is put into its configuration."""
        self.place = place
        self._data = folder / f"data-{place}"
        config = folder / f"consul-{place}.json"
        settings = configuration(acl=acl, place=place, servers=servers) | dict(more or {})
        config.write_text(json.dumps(settings))
        command = [*within, binary("consul"), "agent", "-server", f"-data-dir={self._data}"]
        self.daemon = Daemon("consul", [*command, f"-config-file={config}"], folder / f"consul-{place}.log")
        self._token = MANAGEMENT if acl else ""
        self._numbers = itertools.count(1)

    def __enter__(self) -> "Consul":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        if self.daemon.is_alive():
            self.daemon.thaw()
        self.daemon.kill()

    def start(self) -> None:
        """Start, and wait until there is a leader."""
        self.daemon.start()
        self.daemon.wait_until(self.is_ready, 60.0)

    @property
    def address(self) -> str:
        """That of its API."""
        return f"{self.place}:8500"

    def is_ready(self) -> bool:
        """Whether there is a leader, and this agent is in its catalog."""
        try:
            return bool(self.get("/v1/status/leader")) and bool(self.get("/v1/health/service/consul"))
        except (OSError, AssertionError):
            return False

    def crash(self) -> None:
        """The process ends without a word; its data stay."""
        self.daemon.kill()

    def wipe(self) -> None:
        """Its data are gone."""
        shutil.rmtree(self._data)

    # --- what people do

    def register(self, pod: PodFacts, service: str, *tags: str, **more: Any) -> None:
        """A pod is an instance of a service, under its name; passing, unless something else is said.
        `Check=None`: without a check."""
        check = {"CheckID": f"check-{pod.name}", "TTL": "1h", "Status": "passing"}
        facts = {"ID": pod.name, "Name": service, "Address": pod.address, "Port": pod.port}
        self.put("/v1/agent/service/register", {**facts, "Tags": tags, "Check": check, **more})

    def deregister(self, pod: PodFacts) -> None:
        """The instance is gone."""
        self.put(f"/v1/agent/service/deregister/{pod.name}")

    def judge(self, pod: PodFacts, verdict: str) -> None:
        """Its check says `pass`, `warn` or `fail`."""
        self.put(f"/v1/agent/check/{verdict}/check-{pod.name}")

    def maintain(self, pod: PodFacts, *, enable: bool) -> None:
        """The instance is in maintenance, or not any more."""
        self.put(f"/v1/agent/service/maintenance/{pod.name}?enable={str(enable).lower()}")

    def write(self, key: str, text: str) -> None:
        """A key with its value; without one it is deleted."""
        connection = http.client.HTTPConnection(self.address, timeout=10.0)
        try:
            headers = {"X-Consul-Token": self._token} if self._token else {}
            connection.request("PUT" if text else "DELETE", f"/v1/kv/{key}", text or None, headers)
            assert connection.getresponse().read() == b"true"
        finally:
            connection.close()

    def record(self, operations: Sequence[Mapping[str, Any]]) -> None:
        """Write into the catalog, without an agent: operations of a transaction, 64 at a time."""
        for start in range(0, len(operations), 64):
            self.call("PUT", "/v1/txn", operations[start : start + 64], self._token)

    def make_token(self, rules: str) -> str:
        """A token with these rules."""
        name = f"policy-{next(self._numbers)}"
        self.put("/v1/acl/policy", {"Name": name, "Rules": rules})
        made = self.put("/v1/acl/token", {"Policies": [{"Name": name}]})
        return str(made["SecretID"])

    def revoke(self, token: str) -> None:
        """The token is worth nothing any more."""
        accessor = self.get("/v1/acl/token/self", token=token)["AccessorID"]
        self.call("DELETE", f"/v1/acl/token/{accessor}", None, self._token)

    def get(self, path: str, token: str = "") -> Any:
        """What the API answers."""
        return self.call("GET", path, None, token or self._token)

    def put(self, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Tell the API something."""
        return self.call("PUT", path, content, self._token)

    def call(self, method: str, path: str, content: object, token: str) -> Any:
        """One request, which must succeed."""
        connection = http.client.HTTPConnection(self.address, timeout=10.0)
        try:
            body = json.dumps(content) if content is not None else None
            connection.request(method, path, body, {"X-Consul-Token": token} if token else {})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, (method, path, answer.status, text)
            return json.loads(text) if text else None
        finally:
            connection.close()


def node(name: str) -> dict[str, Any]:
    """The operation that records a machine."""
    return {"Node": {"Verb": "set", "Node": {"Node": name, "Address": "10.244.0.1"}}}


def service(name: str, service: str, pod: PodFacts, *tags: str) -> dict[str, Any]:
    """The operation that records a pod as an instance of a service, on the machine of this name."""
    facts = {"ID": pod.name, "Service": service, "Address": pod.address, "Port": pod.port, "Tags": tags}
    return {"Service": {"Verb": "set", "Node": name, "Service": facts}}


def configuration(*, acl: bool, place: str, servers: Sequence[str]) -> dict[str, Any]:
    """What Consul's configuration file says."""
    rules = {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": MANAGEMENT}}
    return {
        "bind_addr": place,
        "client_addr": place,
        "node_name": f"server-{place}",
        "bootstrap_expect": len(servers) or 1,
        "retry_join": list(servers),
        "retry_interval": "1s",
        "log_level": "warn",
        "ports": PORTS,
        "performance": {"raft_multiplier": 1},
        **({"acl": rules} if acl else {}),
    }

"""A real Consul of the tests: one server that is its own agent, and what people do to it."""

import http.client
import itertools
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.real.harness.binaries import binary
from tests.real.harness.daemon import Daemon
from tests.real.harness.pod import PodFacts

ADDRESS = "127.0.0.1:8500"
MANAGEMENT = "11111111-2222-3333-4444-555555555555"


class Consul:
    """One Consul, on loopback."""

    def __init__(self, folder: Path, *, acl: bool = False):
        self._data = folder / "data"
        config = folder / "consul.json"
        config.write_text(json.dumps(configuration(acl=acl)))
        command = [binary("consul"), "agent", "-server", "-bootstrap-expect=1", f"-data-dir={self._data}"]
        self.daemon = Daemon("consul", [*command, f"-config-file={config}"], folder / "consul.log")
        self._token = MANAGEMENT if acl else ""
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Start, and wait until it has elected itself."""
        self.daemon.start()
        self.daemon.wait_until(self.is_ready, 60.0)

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
        connection = http.client.HTTPConnection(ADDRESS, timeout=10.0)
        try:
            headers = {"X-Consul-Token": self._token} if self._token else {}
            connection.request("PUT" if text else "DELETE", f"/v1/kv/{key}", text or None, headers)
            assert connection.getresponse().read() == b"true"
        finally:
            connection.close()

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

    def call(self, method: str, path: str, content: Mapping[str, Any] | None, token: str) -> Any:
        """One request, which must succeed."""
        connection = http.client.HTTPConnection(ADDRESS, timeout=10.0)
        try:
            body = json.dumps(content) if content is not None else None
            connection.request(method, path, body, {"X-Consul-Token": token} if token else {})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, (method, path, answer.status, text)
            return json.loads(text) if text else None
        finally:
            connection.close()


def configuration(*, acl: bool) -> dict[str, Any]:
    """What Consul's configuration file says."""
    ports = {"https": -1, "dns": -1, "grpc": -1, "grpc_tls": -1, "serf_wan": -1}
    rules = {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": MANAGEMENT}}
    return {
        "bind_addr": "127.0.0.1",
        "client_addr": "127.0.0.1",
        "log_level": "warn",
        "ports": ports,
        "performance": {"raft_multiplier": 1},
        **({"acl": rules} if acl else {}),
    }

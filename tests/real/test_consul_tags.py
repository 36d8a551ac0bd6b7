"""Routes as tags and keys of a real Consul declare them: ours, fabio's, and both beside one another."""

import socket
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec import Struct

from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts

KEYS = "edge/routes"


class Stage(Struct):
    """A Headgate on a Consul."""

    consul: Consul
    headgate: Headgate
    node: Node

    def serve(self, name: str, service: str, *tags: str) -> PodFacts:
        """A pod that is an instance of a service with these tags."""
        pod = self.node.start(name)
        # An agent that starts takes each check for critical until it has been made.
        self.consul.register(pod, service, *tags, Check=None)
        return pod

    def problems(self) -> list[str]:
        """`urlprefix-a.example.com/: proto: ...`."""
        return [f"{item['option']}: {item['reason']}" for item in self.headgate.items("problems")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("tags")
    consul = Consul(folder)
    options = ["--consul", f"http://{AGENT}", "--consul-dialect", "fabio", "--consul-kv", KEYS]
    headgate = Headgate(folder, [*options, "--http", f"{ADDRESS}:80", "--workers", "1"])
    with Node() as node:
        try:
            consul.start()
            headgate.start()
            yield Stage(consul, headgate, node)
        finally:
            headgate.kill()
            consul.daemon.kill()


def spread(host: str, requests: int) -> Counter[str]:
    return Counter(ask(host).pod for _ in range(requests))


def head(host: str, path: str, **fields: str) -> list[str]:
    """The lines of the head that the server got."""
    return ask(host, path, **fields).body.splitlines()


def test_numbered_routes_are_routes_of_their_own(stage: Stage) -> None:
    tags = (
        "headgate.enable=true",
        "headgate.host=n1.example.com",
        "headgate.http-request=set-header X-All 1",
    )
    more = ("headgate.route.2.host=n2.example.com", "headgate.route.2.path=/head/two")
    rules = ("headgate.route.2.http-request=deny if { path_end /no }",)
    stage.serve("numbered", "numbered", *tags, *more, *rules)
    eventually(lambda: ask("n1.example.com").status == 200, what="the first")
    assert "X-All: 1" in head("n2.example.com", "/head/two")
    assert ask("n2.example.com", "/head/two/no").reason == "denied"
    assert ask("n2.example.com", "/head").status == 404


def test_fabios_options_are_seen_by_servers_and_clients(stage: Stage) -> None:
    stage.serve(
        "options",
        "options",
        "urlprefix-f1.example.com/api strip=/api prepend=/head host=inner.example.com",
        "urlprefix-f2.example.com/ redirect=301,https://$host/new$path",
        "urlprefix-f3.example.com/ allow=ip:192.0.2.0/24",
        "urlprefix-f4.example.com/ deny=ip:192.0.2.0/24",
        "urlprefix-*.f5.example.com/head",
        "urlprefix-f6.example.com/ allow=ip:10.0.0.0/8",
    )
    eventually(lambda: ask("f4.example.com").status == 200, what="the tags")
    lines = head("f1.example.com", "/api/x?y=1")
    assert lines[0] == "GET /head/x?y=1 HTTP/1.1"
    assert {"Host: inner.example.com", "X-Forwarded-Prefix: /api"} <= set(lines)
    assert ask("f1.example.com", "/apix").status == 200
    assert ask("f1.example.com", "/ap").status == 404
    moved = ask("f2.example.com", "/a?b=1")
    assert (moved.status, moved.location) == (301, "https://f2.example.com/new/a?b=1")
    assert ask("f3.example.com").reason == "denied"
    assert ask("f4.example.com", **{"X-Forwarded-For": "10.0.0.1, 192.0.2.9"}).reason == "denied"
    assert ask("f6.example.com", **{"X-Forwarded-For": "10.1.1.1, junk"}).status == 200
    assert ask("f6.example.com", **{"X-Forwarded-For": "10.1.1.1, 192.0.2.9"}).reason == "denied"
    assert ask("x.y.f5.example.com", "/headline").status == 200


def test_services_share_a_route_of_fabio_by_their_weights(stage: Stage) -> None:
    stage.serve("share-1", "share", "urlprefix-share.example.com/")
    stage.serve("share-2", "share", "urlprefix-share.example.com/")
    stage.serve("canary", "share-canary", "urlprefix-share.example.com/ weight=0.1", "canary")
    eventually(lambda: set(spread("share.example.com", 20)) == {"share-1", "share-2", "canary"}, what="all")
    assert spread("share.example.com", 40) == {"share-1": 18, "share-2": 18, "canary": 4}
    stage.consul.write("fabio/config/split", 'route weight share.example.com/ weight 0.5 tags "canary"')
    eventually(lambda: spread("share.example.com", 40)["canary"] == 20, what="the command")
    stage.consul.write("fabio/config/split", "")
    eventually(lambda: spread("share.example.com", 40)["canary"] == 4, what="its end")


def test_a_tcp_port_of_fabio_is_relayed(stage: Stage) -> None:
    stage.serve("tcp", "tcp", "urlprefix-:7000 proto=tcp")

    def relayed() -> bool:
        try:
            with socket.create_connection((ADDRESS, 7000), timeout=5.0) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return b"X-Pod: tcp" in connection.recv(4096)
        except OSError:
            return False

    eventually(relayed, what="the port")


def test_a_key_is_a_route_and_what_is_wrong_with_it_is_said(stage: Stage) -> None:
    pod = stage.node.start("keyed")
    text = f"host: key.example.com\nhttp-request: deny if {{ path /no }}\nservers: ['{pod.address}:80']\n"
    stage.consul.write(f"{KEYS}/one", text)
    eventually(lambda: ask("key.example.com").pod == "keyed", what="the key")
    assert ask("key.example.com", "/no").reason == "denied"
    stage.consul.write(f"{KEYS}/one", text.replace("host", "hosst"))
    eventually(
        lambda: any("did you mean headgate.host" in each for each in stage.problems()), what="a problem"
    )
    assert ask("key.example.com").pod == "keyed"
    stage.consul.write(f"{KEYS}/one", "")
    eventually(lambda: ask("key.example.com").status == 404, what="the end of the key")


def test_a_tag_that_cannot_be_honoured_is_refused_by_its_name_and_closes_its_route(stage: Stage) -> None:
    stage.serve("refused", "refused", "urlprefix-auth.example.com/ auth=team", "urlprefix-open.example.com/")
    eventually(lambda: ask("open.example.com").status == 200, what="the other tag")
    assert ask("auth.example.com").reason == "route-closed"
    assert any(each.startswith("urlprefix-auth.example.com/: auth: ") for each in stage.problems())

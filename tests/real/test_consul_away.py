"""What Consul has said by tags of others and by keys is served while it is away, over a restart too."""

from pathlib import Path

from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.node import Node

KEYS = "edge/routes"


def test_routes_of_all_kinds_outlive_a_restart_without_consul(tmp_path: Path) -> None:
    consul = Consul(tmp_path)
    options = [
        *("--consul", f"http://{AGENT}", "--consul-dialect", "fabio", "--consul-dialect", "traefik"),
        *("--consul-kv", KEYS, "--state-dir", str(tmp_path / "state"), "--http", f"{ADDRESS}:80"),
    ]
    headgate = Headgate(tmp_path, options)
    with Node() as node:
        try:
            consul.start()
            headgate.start()
            one, two, three = (node.start(f"kept-{number}") for number in (1, 2, 3))
            # An agent that starts takes each check for critical until it has been made.
            consul.register(
                one, "one", "urlprefix-k1.example.com/ redirect=301,https://$host$path", Check=None
            )
            rule = "traefik.http.routers.k2.rule=Host(`k2.example.com`) && Method(`GET`)"
            consul.register(two, "two", "traefik.enable=true", rule, Check=None)
            consul.write(f"{KEYS}/k3", f"host: k3.example.com\nservers: ['{three.address}:80']\n")
            asked = {"k1.example.com": 301, "k2.example.com": 200, "k3.example.com": 200}
            eventually(lambda: {host: ask(host).status for host in asked} == asked, what="all three")
            headgate.stop()
            consul.crash()
            headgate.start(ready=False)
            eventually(lambda: is_answered(asked), 30.0, "the last good state")
            assert ask("k2.example.com", method="POST").status == 404
            consul.start()
            eventually(lambda: headgate.items("sources")[0]["state"] == "live", 30.0, "the end of the outage")
            assert is_answered(asked)
        finally:
            headgate.kill()
            consul.daemon.kill()


def is_answered(asked: dict[str, int]) -> bool:
    try:
        return {host: ask(host).status for host in asked} == asked
    except OSError:
        return False

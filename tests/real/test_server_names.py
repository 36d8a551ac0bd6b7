"""Hosts whose TLS is relayed by name, as tags of a real Consul say; and Traefik beside us, asked the same."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from msgspec import Struct

from tests.real.harness.browser import Named, ask, ask_tls, eventually
from tests.real.harness.certificate import Pair, self_signed
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts
from tests.real.harness.tls_server import greeting, with_certificate
from tests.real.harness.traefik import ADDRESS as TRAEFIK
from tests.real.harness.traefik import PG_PORT, TLS_PORT, Traefik

SHOP, PAY = "shop.example.com", "pay.example.com"
SERVER = PodFacts("pay-1", "10.244.9.1", 443)
ENABLE = "traefik.enable=true"
TAGS = {
    "headgate": ("headgate.enable=true", f"headgate.host={PAY}", "headgate.ssl-passthrough=true"),
    "fabio": (f"urlprefix-{PAY}/ proto=tcp",),
    "fabio's other word": (f"urlprefix-{PAY}/ proto=tcp+sni",),
    "traefik": (
        *(ENABLE, f"traefik.tcp.routers.pay.rule=HostSNI(`{PAY}`)", "traefik.tcp.routers.pay.tls=true"),
        *("traefik.tcp.routers.pay.tls.passthrough=true", "traefik.tcp.routers.pay.entrypoints=websecure"),
    ),
}


class Stage(Struct):
    """A Headgate on a Consul, with a certificate for the shop; a Traefik; and a server with its own."""

    consul: Consul
    headgate: Headgate
    node: Node
    ours: Pair
    theirs: Pair


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("names")
    ours, theirs = self_signed(SHOP), self_signed(PAY)
    (folder / "shop.pem").write_bytes(ours.chain + ours.key)
    consul, traefik = Consul(folder), Traefik(folder)
    options = ["--consul", f"http://{AGENT}", "--consul-dialect", "traefik", "--consul-dialect", "fabio"]
    options += ["--http", f"{ADDRESS}:80", "--https", f"{ADDRESS}:443", "--workers", "1"]
    options += ["--consul-entry-point", "pg=5432"]
    headgate = Headgate(folder, [*options, "--default-certificate", str(folder / "shop.pem")])
    with ExitStack() as stack:
        node = stack.enter_context(Node())
        (folder / "server").mkdir()
        context = with_certificate(folder / "server", theirs)
        stack.enter_context(greeting(SERVER.address, SERVER.port, context))
        for start, kill in (
            (consul.start, consul.daemon.kill),
            (traefik.start, traefik.daemon.kill),
            (headgate.start, headgate.kill),
        ):
            stack.callback(kill)
            start()
        pod = node.start("shop-1")
        tags = ("headgate.enable=true", f"headgate.host={SHOP}", *route("shop", SHOP, "http"))
        consul.register(pod, "shop", *tags, Check=None)
        eventually(lambda: is_shop(ours), what="the shop")
        yield Stage(consul, headgate, node, ours, theirs)


def route(name: str, host: str, kind: str) -> tuple[str, ...]:
    """Tags of Traefik for a router with TLS."""
    matcher = "Host" if kind == "http" else "HostSNI"
    router = f"traefik.{kind}.routers.{name}"
    return (
        *(ENABLE, f"{router}.rule={matcher}(`{host}`)", f"{router}.tls=true"),
        f"{router}.entrypoints=websecure",
    )


def is_shop(ours: Pair) -> bool:
    """Whether the shop is served, with our certificate."""
    try:
        return ask_tls(SHOP, ours.chain).pod == "shop-1"
    except OSError:
        return False


def is_relayed(theirs: Pair) -> bool:
    """Whether clients see the server's own certificate, and its answer."""
    try:
        return ask_tls(PAY, theirs.chain).body == "secret\n"
    except OSError:
        return False


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_clients_see_the_certificate_of_the_server_and_other_hosts_ours(
    stage: Stage, tags: tuple[str, ...]
) -> None:
    stage.consul.register(SERVER, "pay", *tags, Check=None)
    eventually(lambda: is_relayed(stage.theirs), what="the tag")
    assert is_shop(stage.ours)
    [item] = stage.headgate.items("tcp-routes")
    assert (item["host"], item["port"], item["ended"]) == (PAY, 0, False)
    stage.consul.deregister(SERVER)
    eventually(lambda: not is_relayed(stage.theirs), what="its end")
    assert is_shop(stage.ours)


def test_plain_http_of_a_relayed_host_is_sent_to_https(stage: Stage) -> None:
    stage.consul.register(SERVER, "pay", *TAGS["headgate"], Check=None)
    eventually(lambda: is_relayed(stage.theirs), what="the tag")
    moved = ask(PAY, "/a")
    assert (moved.status, moved.location) == (308, f"https://{PAY}/a")
    stage.consul.deregister(SERVER)


def test_explain_tells_that_a_host_is_relayed(stage: Stage) -> None:
    stage.consul.register(SERVER, "pay", *TAGS["headgate"], Check=None)
    eventually(lambda: is_relayed(stage.theirs), what="the tag")
    status, told = stage.headgate.page(f"/api/v1/explain?url=https://{PAY}/")
    assert status == 200
    assert told["relayed"]
    assert told["backend"] == "consul:pay"
    stage.consul.deregister(SERVER)


def answer(address: str, port: int, host: str) -> tuple[str, str]:
    """The certificate that a client sees which asks for a host, and what it is answered; empty: nothing."""
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    connection = Named(address, port, timeout=5.0, context=tls, name=host)
    try:
        connection.connect()
        chain = ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(True) or b"")
        connection.request("GET", "/", headers={"Host": host})
        body = connection.getresponse().read().decode()
        return chain, body.partition("\n")[0]
    except (OSError, http.client.HTTPException):
        return "", ""
    finally:
        connection.close()


CASES = {
    "a name": (("HostSNI(`pay.example.com`)", "passthrough"), {PAY: True, SHOP: False}),
    "several names": (
        ("HostSNI(`pay.example.com`) || HostSNI(`buy.example.com`)", "passthrough"),
        {PAY: True, "buy.example.com": True, SHOP: False},
    ),
    "upper case": (("HostSNI(`PAY.example.com`)", "passthrough"), {PAY: True, "Pay.Example.com": True}),
    "a star": (
        ("HostSNI(`*.example.com`)", "passthrough"),
        {PAY: True, "x.y.example.com": False, SHOP: False},
    ),
    "any name": (("HostSNI(`*`)", "passthrough"), {PAY: True, "x.example.org": True, SHOP: False}),
}


@pytest.mark.parametrize(("rule", "names"), CASES.values(), ids=CASES)
def test_traefik_relays_the_same_names(stage: Stage, rule: tuple[str, str], names: dict[str, bool]) -> None:
    router = "traefik.tcp.routers.pay"
    tags = (
        ENABLE,
        f"{router}.rule={rule[0]}",
        f"{router}.tls.{rule[1]}=true",
        f"{router}.entrypoints=websecure",
    )
    stage.consul.register(SERVER, "pay", *tags, Check=None)
    theirs = stage.theirs.chain.decode().strip()

    def sees(address: str, port: int, host: str) -> bool:
        chain, body = answer(address, port, host)
        return chain.strip() == theirs and body == "secret"

    try:
        for address, port in ((TRAEFIK, TLS_PORT), (ADDRESS, 443)):
            eventually(partial(sees, address, port, PAY), 10.0, f"the tag on {address}:{port}")
        for host, relayed in names.items():
            assert sees(TRAEFIK, TLS_PORT, host) == relayed, f"traefik: {host}"
            assert sees(ADDRESS, 443, host) == relayed, f"headgate: {host}"
    finally:
        stage.consul.deregister(SERVER)
        eventually(lambda: not sees(TRAEFIK, TLS_PORT, PAY) and not sees(ADDRESS, 443, PAY), 10.0, "the end")


def test_both_end_tls_for_a_router_without_passthrough(stage: Stage) -> None:
    pod = stage.node.start("plain-1")
    stage.consul.register(pod, "plain", *route("plain", "plain.example.com", "tcp"), Check=None)
    for at in ((TRAEFIK, TLS_PORT), (ADDRESS, 443)):
        eventually(partial(is_plain, *at), 10.0, f"the tag on {at}")
    chain, _ = answer(ADDRESS, 443, "plain.example.com")
    assert chain.strip() == stage.ours.chain.decode().strip()


def is_plain(address: str, port: int) -> bool:
    """Whether the server that has no TLS of its own is reached over TLS."""
    return answer(address, port, "plain.example.com")[1] == "plain-1"


def plain_answer(address: str, port: int) -> str:
    """What a port answers to a request in plain text."""
    connection = http.client.HTTPConnection(address, port, timeout=5.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode().partition("\n")[0]
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def test_a_tcp_port_is_shared_by_a_name_and_what_has_no_tls(stage: Stage) -> None:
    pod = stage.node.start("rest-1")
    rest, name = "traefik.tcp.routers.rest", "traefik.tcp.routers.pay"
    everybody = (ENABLE, f"{rest}.rule=HostSNI(`*`)", f"{rest}.entrypoints=pg")
    named = (
        ENABLE,
        f"{name}.rule=HostSNI(`{PAY}`)",
        f"{name}.tls.passthrough=true",
        f"{name}.entrypoints=pg",
    )
    stage.consul.register(pod, "rest", *everybody, Check=None)
    stage.consul.register(SERVER, "pay", *named, Check=None)
    theirs = stage.theirs.chain.decode().strip()
    for at in ((TRAEFIK, PG_PORT), (ADDRESS, 5432)):
        eventually(partial(shares, *at, theirs), 10.0, f"both on {at}")
    assert stage.headgate.items("listeners")[0]["port"] == 5432
    stage.consul.deregister(pod)
    eventually(lambda: plain_answer(ADDRESS, 5432) == "", what="the end of the one")
    assert answer(ADDRESS, 5432, PAY)[0].strip() == theirs
    stage.consul.deregister(SERVER)
    eventually(lambda: not stage.headgate.items("listeners"), what="the end of both")


def shares(address: str, port: int, theirs: str) -> bool:
    """Whether a name is relayed to the server with this certificate, and plain text to the other one."""
    chain, body = answer(address, port, PAY)
    return (chain.strip(), body, plain_answer(address, port)) == (theirs, "secret", "rest-1")


def test_our_own_word_ends_tls_for_a_name_on_a_port_and_is_for_no_other_client(stage: Stage) -> None:
    pod = stage.node.start("own-1")
    stage.consul.register(pod, "own", "headgate.enable=true", "headgate.tcp=own.example.com:6432", Check=None)
    eventually(lambda: answer(ADDRESS, 6432, "own.example.com")[1] == "own-1", what="the tag")
    assert answer(ADDRESS, 6432, "own.example.com")[0].strip() == stage.ours.chain.decode().strip()
    assert answer(ADDRESS, 6432, "other.example.com") == ("", "")
    assert plain_answer(ADDRESS, 6432) == ""
    stage.consul.deregister(pod)
    eventually(lambda: answer(ADDRESS, 6432, "own.example.com") == ("", ""), what="its end")

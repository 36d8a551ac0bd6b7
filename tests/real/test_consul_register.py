"""fabio's `register=`: this instance in a real Consul, under the name that a tag asks for."""

from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.pod import PodFacts

HOST = "www.example.com"
NAME = "edge"
TAG = f"urlprefix-{HOST}/ register={NAME}"
REGISTER = ("--consul-dialect", "fabio", "--consul-register", f"{ADDRESS}:80")
RULES = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'


def found(consul: Consul) -> list[str]:
    """Where the name leads, by what passes its checks."""
    instances = consul.get(f"/v1/health/service/{NAME}?passing")
    return sorted(f"{each['Service']['Address']}:{each['Service']['Port']}" for each in instances)


def known(consul: Consul) -> list[str]:
    """Who is an instance of the name, well or not."""
    return [str(each["ServiceID"]) for each in consul.get(f"/v1/catalog/service/{NAME}")]


def enrolled(consul: Consul, pod: PodFacts, on_consul: StartOnConsul, *options: str) -> Headgate:
    """One that is found by its name, as a tag asks."""
    consul.register(pod, "shop", TAG, Check=None)
    headgate = on_consul(*REGISTER, *options)
    eventually(lambda: found(consul) == [f"{ADDRESS}:80"], what="the name")
    return headgate


def test_an_instance_with_two_workers_is_found_once_and_until_the_last_tag_is_gone(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    for pod in pods:
        consul.register(pod, "shop", TAG, Check=None)
    headgate = on_consul(*REGISTER)
    eventually(lambda: found(consul) == [f"{ADDRESS}:80"], what="the name")
    assert headgate.items("problems") == []
    assert ask(HOST).status == 200
    # What is registered asks for no requests, whoever serves all that say nothing.
    [entry] = consul.get(f"/v1/catalog/service/{NAME}")
    assert "headgate.enable=false" in entry["ServiceTags"]
    consul.deregister(pods[0])
    consul.register(pods[1], "shop", f"urlprefix-{HOST}/", Check=None)
    eventually(lambda: known(consul) == [], what="the end of the tag")


@pytest.mark.parametrize("delay", ["0s", "5s"])
def test_an_instance_that_stops_takes_its_name_back(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul, delay: str
) -> None:
    headgate = enrolled(consul, pods[0], on_consul, "--drain-delay", delay)
    headgate.signal(SIGTERM)
    eventually(lambda: known(consul) == [], 4.0, what="the end of the name")
    assert headgate.is_alive() or delay == "0s"
    assert headgate.wait(20.0) == 0
    assert known(consul) == []


def test_who_dies_is_not_found_any_more_and_is_found_again_when_it_is_back(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    headgate = enrolled(consul, pods[0], on_consul)
    headgate.kill()
    eventually(lambda: found(consul) == [], 25.0, what="the end of its life")
    headgate.start()
    eventually(lambda: found(consul) == [f"{ADDRESS}:80"], what="the name again")
    headgate.kill_child("controller")
    headgate.wait_until_ready()
    assert found(consul) == [f"{ADDRESS}:80"]


def test_a_consul_that_has_lost_its_data_is_told_again(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    enrolled(consul, pods[0], on_consul)
    consul.crash()
    consul.wipe()
    consul.start()
    consul.register(pods[0], "shop", TAG, Check=None)
    eventually(lambda: found(consul) == [f"{ADDRESS}:80"], 30.0, what="the name again")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Consul]:
    """A Consul that asks for tokens."""
    with Consul(tmp_path, acl=True) as consul:
        yield consul


def told(headgate: Headgate) -> list[str]:
    """The problems with the tag."""
    return [str(item["reason"]) for item in headgate.items("problems") if item["option"].endswith(f"{HOST}/")]


def test_a_token_that_may_not_write_costs_the_name_alone_and_says_which_rule_is_missing(
    guarded: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    guarded.register(pods[0], "shop", TAG, Check=None)
    file = tmp_path / "token"
    file.write_text(guarded.make_token(RULES))
    headgate = on_consul(*REGISTER, "--consul-token-file", str(file))
    eventually(lambda: told(headgate), what="the problem")
    [reason] = told(headgate)
    assert "does not take edge: 403: Permission denied" in reason
    assert f'the token needs service "{NAME}" {{ policy = "write" }}' in reason
    assert ask(HOST).status == 200
    file.write_text(guarded.make_token(f'{RULES} service "{NAME}" {{ policy = "write" }}'))
    eventually(lambda: found(guarded) == [f"{ADDRESS}:80"], within=15.0, what="the right to write")
    assert told(headgate) == []


def test_without_the_setting_nothing_is_written_and_the_setting_is_named(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    consul.register(pods[0], "shop", TAG, Check=None)
    headgate = on_consul("--consul-dialect", "fabio")
    eventually(lambda: told(headgate), what="the problem")
    assert "--consul-register" in told(headgate)[0]
    assert ask(HOST).status == 200
    assert known(consul) == []

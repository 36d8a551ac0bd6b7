"""A start among files that cannot be read: what an earlier process read in them stays in force."""

from collections.abc import Callable
from pathlib import Path

import pytest

from discovery.assemble import Assembly
from discovery.assemble.state import State
from discovery.files.manifest import Manifest
from discovery.files.reader import News
from discovery.files.reading import Reading, read
from discovery.files.telling import Telling
from discovery.kubernetes.cluster import Cluster, ClusterOptions

Shop = Callable[..., str]
HALF = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ["
OPTIONS = ClusterOptions("files", watch_without_class=True, allow_loopback=True)


class Life:
    """One process: files are read, and what they say is told."""

    def __init__(self, state: State | None = None) -> None:
        self.assembly = Assembly(("files",))
        if state:
            self.assembly.restore(state)
        self._cluster = Cluster(OPTIONS, self.assembly, lambda: 0.0)
        self._telling = Telling("files", self._cluster, self.assembly)
        self._readings: dict[str, Reading] = {}

    def see(self, wait: float | None = None, unread: dict[str, str] | None = None, **files: str) -> list[str]:
        """The hosts that are served once these files have been read."""
        changed: dict[str, Manifest | None] = {}
        for path, text in files.items():
            self._readings[path] = read(f"{path}.yaml", text.encode(), self._readings.get(path))
            changed[path] = self._readings[path].manifest
        news = News(changed, wait, unread or {})
        for _ in (*self._telling.take(news), *self._telling.tell(10.0, news)):
            pass
        self._telling.report(news, "")
        self.assembly.take_changes()
        return sorted(host.name for host in self.assembly.hosts())

    def servers(self) -> list[str]:
        return [server.address for backend in self.assembly.backends() for server in backend.servers]


@pytest.fixture
def successor(shop: Shop) -> Life:
    before = Life()
    assert before.see(shop=shop(), blog=shop("blog")) == ["blog.example.com", "shop.example.com"]
    return Life(before.assembly.state())


def test_a_file_that_is_no_yaml_takes_nothing_away(successor: Life, shop: Shop) -> None:
    assert successor.see(shop=HALF, blog=shop("blog")) == ["blog.example.com", "shop.example.com"]
    assert len(successor.servers()) == 2
    assert successor.assembly.unsynced() == ()


def test_what_was_in_it_goes_when_it_can_be_read_and_does_not_say_it(successor: Life, shop: Shop) -> None:
    successor.see(shop=HALF, blog=shop("blog"))
    assert successor.see(shop=shop("new")) == ["blog.example.com", "new.example.com"]


def test_an_object_that_cannot_be_read_keeps_only_itself(successor: Life, shop: Shop) -> None:
    broken = shop().replace("pathType: Prefix", "pathType: 7")
    assert successor.see(shop=broken) == ["shop.example.com"]
    assert successor.servers() == ["127.0.0.1:8080"]


def test_a_service_that_cannot_be_read_keeps_the_servers_it_had(successor: Life, shop: Shop) -> None:
    broken = shop().replace("ports: [{port: 80}]", "ports: none")
    assert successor.see(shop=broken) == ["shop.example.com"]
    assert successor.servers() == ["127.0.0.1:8080"]


def test_a_flawed_object_is_served_by_live_servers_of_its_last_good_version(
    successor: Life, shop: Shop
) -> None:
    ours, _, others = shop(address="127.0.0.9").partition("---")
    flawed = ours.replace("service: {name: shop", "service: {name: other").replace(
        "  namespace: team-a", "  namespace: team-a\n  annotations: {headgate.dev/use-backend: nonsense}"
    )
    assert successor.see(shop=f"{flawed}---{others}") == ["shop.example.com"]
    assert successor.assembly.held()
    assert successor.servers() == ["127.0.0.9:8080"]


@pytest.mark.parametrize(("wait", "unread"), [(0.1, {}), (None, {"folder": "Permission denied"})])
def test_files_that_have_not_been_looked_into_may_have_all_that_is_missing(
    successor: Life, shop: Shop, wait: float | None, unread: dict[str, str]
) -> None:
    successor.see(wait=10.0, shop=shop())
    both = ["blog.example.com", "shop.example.com"]
    assert successor.see(wait, unread, shop=shop()) == both
    assert successor.see() == ["shop.example.com"]


def test_a_file_that_stays_unreadable_stays_unread(tmp_path: Path) -> None:
    first = read("shop.yaml", HALF.encode())
    second = read("shop.yaml", HALF.encode() + b" x", first)
    assert second.manifest.unreadable


def test_a_folder_that_is_empty_after_a_restart_takes_nothing_away_until_there_is_a_file(
    successor: Life,
) -> None:
    assert successor.see() == ["blog.example.com", "shop.example.com"]
    assert len(successor.servers()) == 2
    [status] = successor.assembly.statuses()
    assert status.state == "degraded"
    assert "the folder is empty; what they said stays in force" in status.detail
    assert successor.see(empty="") == []
    [status] = successor.assembly.statuses()
    assert (status.state, status.detail) == ("live", "")

"""The source as its sink sees it: a real folder, watched by the real kernel."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.files.source import FilesSource, Timings
from discovery.kubernetes.cluster import ClusterOptions
from discovery.source import SourceState
from ingress.model.backend import Backend

Shop = Callable[..., str]
Replace = Callable[[Path, str], None]
LONG = 60.0


class Running:
    """A source on a folder, and what its assembly says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assembly = Assembly(("files",))

    def hosts(self) -> list[str]:
        self.assembly.take_changes()
        return sorted(host.name for host in self.assembly.hosts())

    def servers(self) -> list[str]:
        self.assembly.take_changes()
        return [server.address for backend in self.assembly.backends() for server in backend.servers]

    def problems(self) -> list[str]:
        return [str(problem) for problem in self.assembly.problems()]

    @property
    def state(self) -> SourceState:
        return self.assembly.statuses()[0].state

    async def until(self, holds: Callable[[], bool]) -> float:
        """How long it took, in seconds."""
        start = perf_counter()
        async with asyncio.timeout(LONG):
            while not holds():
                await asyncio.sleep(0.002)
        return perf_counter() - start


def serves(run: Running, address: str) -> bool:
    return run.servers() == [address]


def running(folder: Path, story: Callable[[Running], Awaitable[None]], tick: float = 0.05) -> None:
    """Tell the story while the source runs."""

    async def play() -> None:
        run = Running(folder)
        source = FilesSource(folder, ClusterOptions("files"), timings=Timings(tick=tick))
        task = asyncio.create_task(source.run(run.assembly), name="source")
        try:
            await story(run)
        finally:
            task.cancel()
            [end] = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(end, asyncio.CancelledError)

    asyncio.run(play())


def test_what_is_in_the_folder_is_said_and_the_source_is_live(tmp_path: Path, shop: Shop) -> None:
    (tmp_path / "shop.yaml").write_text(shop())

    async def story(run: Running) -> None:
        await run.until(lambda: run.assembly.unsynced() == ())
        assert run.hosts() == ["shop.example.com"]
        assert run.servers() == ["127.0.0.1:8080"]
        assert run.problems() == []
        await run.until(lambda: run.state is SourceState.LIVE)
        assert run.assembly.statuses()[0].parts == {"files": "1", "objects": "3"}

    running(tmp_path, story)


def test_a_change_is_in_force_within_a_moment(tmp_path: Path, shop: Shop, replace: Replace) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(shop())

    async def story(run: Running) -> None:
        await run.until(lambda: run.servers() == ["127.0.0.1:8080"])
        took = []
        for host in range(2, 100):
            replace(file, shop(address=f"127.0.0.{host}"))
            took.append(await run.until(partial(serves, run, f"127.0.0.{host}:8080")))
            # One is enough: that others take longer may be this machine's doing.
            if took[-1] < 0.05:
                return
        raise AssertionError(took)

    running(tmp_path, story, tick=LONG)


def test_a_file_that_is_written_in_pieces_takes_nothing_away(tmp_path: Path, shop: Shop) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(shop("one") + "---\n" + shop("two"))

    async def story(run: Running) -> None:
        await run.until(lambda: len(run.hosts()) == 2)
        text = shop("one") + "---\n" + shop("two") + "---\n" + shop("three")
        with file.open("w") as out:
            for start in range(0, len(text), 100):
                out.write(text[start : start + 100])
                out.flush()
                await asyncio.sleep(0.005)
                assert len(run.hosts()) >= 2
        await run.until(lambda: len(run.hosts()) == 3)

    running(tmp_path, story)


def test_a_broken_file_is_a_problem_until_it_is_mended(tmp_path: Path, shop: Shop, replace: Replace) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(shop())

    async def story(run: Running) -> None:
        await run.until(lambda: run.hosts() == ["shop.example.com"])
        replace(file, shop() + "---\nkind: [\n")
        await run.until(lambda: bool(run.problems()))
        [problem] = run.problems()
        assert problem.startswith("file shop.yaml: line ")
        assert run.hosts() == ["shop.example.com"]
        replace(file, shop("mended"))
        await run.until(lambda: run.hosts() == ["mended.example.com"] and not run.problems())

    running(tmp_path, story)


def test_an_object_in_two_files_is_taken_from_the_first_and_the_second_takes_over(
    tmp_path: Path, shop: Shop
) -> None:
    (tmp_path / "a.yaml").write_text(shop(address="127.0.0.1"))
    (tmp_path / "b.yaml").write_text(shop(address="127.0.0.2"))

    async def story(run: Running) -> None:
        await run.until(lambda: run.servers() == ["127.0.0.1:8080"] and len(run.problems()) == 3)
        assert run.problems()[0] == (
            "file b.yaml: endpointslice team-a/shop-1: line 20: "
            "already in a.yaml, line 20, which comes first; this one is not used"
        )
        (tmp_path / "a.yaml").unlink()
        await run.until(lambda: run.servers() == ["127.0.0.2:8080"] and not run.problems())

    running(tmp_path, story)


def test_a_folder_that_is_missing_at_the_start_is_waited_for(tmp_path: Path, shop: Shop) -> None:
    folder = tmp_path / "later"

    async def story(run: Running) -> None:
        await run.until(lambda: "No such file" in run.assembly.statuses()[0].detail)
        assert run.state is SourceState.STARTING
        assert run.assembly.unsynced() == ("files",)
        folder.mkdir()
        (folder / "shop.yaml").write_text(shop())
        await run.until(lambda: run.assembly.unsynced() == ())
        assert run.hosts() == ["shop.example.com"]
        await run.until(lambda: run.state is SourceState.LIVE)

    running(folder, story)


def test_a_folder_that_goes_and_comes_back_keeps_what_it_said_meanwhile(
    tmp_path: Path, shop: Shop, replace: Replace
) -> None:
    folder, aside = tmp_path / "folder", tmp_path / "aside"
    folder.mkdir()
    (folder / "shop.yaml").write_text(shop())

    async def story(run: Running) -> None:
        await run.until(lambda: run.hosts() == ["shop.example.com"])
        folder.rename(aside)
        await run.until(lambda: run.state is SourceState.DEGRADED)
        assert run.hosts() == ["shop.example.com"]
        aside.rename(folder)
        replace(folder / "shop.yaml", shop("back"))
        await run.until(lambda: run.hosts() == ["back.example.com"])
        await run.until(lambda: run.state is SourceState.LIVE)
        replace(folder / "shop.yaml", shop("still-watched"))
        await run.until(lambda: run.hosts() == ["still-watched.example.com"])

    running(folder, story)


def test_a_link_to_another_folder_is_followed_and_watched(
    tmp_path: Path, shop: Shop, replace: Replace
) -> None:
    link = tmp_path / "current"
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "shop.yaml").write_text(shop(version))
    link.symlink_to("one")

    async def story(run: Running) -> None:
        await run.until(lambda: run.hosts() == ["one.example.com"])
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(link)
        assert await run.until(lambda: run.hosts() == ["two.example.com"]) < LONG / 2
        replace(tmp_path / "two" / "shop.yaml", shop("three"))
        assert await run.until(lambda: run.hosts() == ["three.example.com"]) < LONG / 2

    running(link, story)


def test_an_empty_folder_is_in_sync(tmp_path: Path) -> None:
    async def story(run: Running) -> None:
        await run.until(lambda: run.assembly.unsynced() == ())
        assert run.hosts() == []

    running(tmp_path, story)


def test_new_folders_are_watched_as_well(tmp_path: Path, shop: Shop, replace: Replace) -> None:
    async def story(run: Running) -> None:
        await run.until(lambda: run.assembly.unsynced() == ())
        (tmp_path / "team").mkdir()
        await asyncio.sleep(0.05)
        replace(tmp_path / "team" / "shop.yaml", shop())
        assert await run.until(lambda: run.hosts() == ["shop.example.com"]) < LONG / 2

    running(tmp_path, story, tick=LONG)


def test_without_notice_from_the_kernel_changes_are_found_by_looking(
    tmp_path: Path, shop: Shop, replace: Replace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*arguments: Any) -> None:
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr("discovery.files.watch.RustNotify", refuses)
    (tmp_path / "shop.yaml").write_text(shop())

    async def story(run: Running) -> None:
        await run.until(lambda: run.hosts() == ["shop.example.com"])
        replace(tmp_path / "shop.yaml", shop("other"))
        await run.until(lambda: run.hosts() == ["other.example.com"])
        assert "watch limit reached" in run.assembly.statuses()[0].detail

    running(tmp_path, story)


def test_only_the_backend_that_changed_is_told(tmp_path: Path, shop: Shop, replace: Replace) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.yaml").write_text(shop(name))

    async def story(run: Running) -> None:
        await run.until(lambda: len(run.hosts()) == 3 and not run.assembly.unsynced())
        run.assembly.take_changes()
        before: dict[str, Backend] = {backend.name: backend for backend in run.assembly.backends()}
        replace(tmp_path / "two.yaml", shop("two", "127.0.0.9"))
        changed = asyncio.Event()
        run.assembly.changed = changed.set
        await asyncio.wait_for(changed.wait(), LONG)
        changes: list[Any] = run.assembly.take_changes()
        assert [change.backend for change in changes] == ["files:team-a/two:80"]
        assert before.keys() == {backend.name for backend in run.assembly.backends()}

    running(tmp_path, story)

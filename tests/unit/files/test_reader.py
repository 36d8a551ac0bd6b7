"""What a folder says over time. The time is handed in; the files are real."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from discovery.files.folder import FolderError
from discovery.files.reader import News, Reader

Ingress = Callable[[str], str]
Replace = Callable[[Path, str], None]
T0 = 1_800_000_000.0
"""When files were written; the tests look at them from here on."""


class Folder:
    """A folder whose files were all written at a known time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reader = Reader(root)

    def write(self, path: str, text: str, at: float = T0) -> None:
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        os.utime(file, (at, at))

    def refresh(self, at: float = T0 + 60, *paths: str) -> News:
        return self.reader.refresh(at, [str(self.root / path) for path in paths] if paths else None)

    def changed(self, at: float = T0 + 60, *paths: str) -> dict[str, list[str] | None]:
        """The names of the objects of each file that says something new."""
        return {
            path: [item.identity[2] for item in manifest.items] if manifest else None
            for path, manifest in self.refresh(at, *paths).changed.items()
        }


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "folder").mkdir()
    return Folder(tmp_path / "folder")


def test_all_manifests_are_found_in_the_order_of_their_paths(folder: Folder, ingress: Ingress) -> None:
    for path in ("b.yaml", "a/z.yml", "c.json", "a/README.md", ".hidden.yaml", ".git/x.yaml"):
        folder.write(path, ingress("x") if not path.endswith("json") else "{}")
    assert list(folder.refresh().changed) == ["a/z.yml", "b.yaml", "c.json"]


def test_only_what_says_something_new_is_news(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.write("two.yaml", ingress("two"))
    assert folder.changed() == {"one.yaml": ["one"], "two.yaml": ["two"]}
    assert folder.changed() == {}
    folder.write("two.yaml", ingress("three"), T0 + 1)
    assert folder.changed() == {"two.yaml": ["three"]}
    folder.write("two.yaml", "# a comment\n" + ingress("three"), T0 + 2)
    assert folder.changed() == {"two.yaml": ["three"]}


def test_a_file_that_was_just_written_to_is_left_alone_for_a_moment(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    news = folder.refresh(T0 + 0.005)
    assert news.changed == {}
    assert news.wait == pytest.approx(0.005, abs=1e-3)
    assert folder.changed(T0 + 0.011) == {"one.yaml": ["one"]}


def test_a_file_from_the_future_is_read_at_once(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"), T0 + 3600)
    assert folder.changed(T0) == {"one.yaml": ["one"]}


def test_a_path_that_is_known_to_have_changed_is_read_whatever_its_time(
    folder: Folder, ingress: Ingress
) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    stamp = (folder.root / "one.yaml").stat()
    folder.write("one.yaml", ingress("two"))
    assert (folder.root / "one.yaml").stat().st_size == stamp.st_size
    assert folder.changed() == {}
    assert folder.changed(T0 + 60, "one.yaml") == {"one.yaml": ["two"]}


def test_a_file_that_is_moved_into_place_does_not_cost_a_look_at_all_others(
    folder: Folder, ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    monkeypatch.delattr("discovery.files.reader.survey")
    folder.write("one.yaml", ingress("two"), T0 + 60)
    assert folder.changed(T0 + 60, "one.yaml", ".one.yaml.new", "one.yaml~", "4913") == {}
    assert folder.reader.refresh(T0 + 60.3, []).changed.keys() == {"one.yaml"}


def test_a_folder_of_files_that_is_moved_away_is_noticed(folder: Folder, ingress: Ingress) -> None:
    folder.write("sub/one.yaml", ingress("one"))
    folder.refresh()
    (folder.root / "sub").rename(folder.root.with_name("aside"))
    assert folder.refresh(T0 + 60, "sub").wait is not None
    assert folder.changed(T0 + 61, "sub") == {"sub/one.yaml": None}


def test_a_deleted_file_is_gone_after_a_moment(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    (folder.root / "one.yaml").unlink()
    news = folder.refresh(T0 + 60, "one.yaml")
    assert news.changed == {}
    assert news.wait == pytest.approx(0.2, abs=1e-3)
    assert folder.changed(T0 + 60.3) == {"one.yaml": None}
    assert folder.changed(T0 + 61) == {}


def test_a_file_that_is_back_within_that_moment_was_never_gone(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    (folder.root / "one.yaml").unlink()
    folder.refresh(T0 + 60)
    folder.write("one.yaml", ingress("one"))
    assert folder.changed(T0 + 60.1) == {}
    assert folder.changed(T0 + 70) == {}


def test_an_object_that_leaves_its_file_is_missed_for_a_moment_before_it_is_gone(
    folder: Folder, ingress: Ingress
) -> None:
    folder.write("one.yaml", f"{ingress('one')}---\n{ingress('two')}")
    folder.refresh()
    folder.write("one.yaml", ingress("one"), T0 + 60)
    news = folder.refresh(T0 + 60.05)
    assert news.changed == {}
    assert news.wait == pytest.approx(0.15, abs=1e-3)
    assert folder.changed(T0 + 60.3) == {"one.yaml": ["one"]}


def test_news_of_one_file_does_not_keep_another_from_going(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.write("two.yaml", ingress("two"))
    folder.refresh()
    (folder.root / "one.yaml").unlink()
    folder.refresh(T0 + 60, "one.yaml")
    folder.write("two.yaml", ingress("three"))
    assert folder.changed(T0 + 61, "two.yaml") == {"two.yaml": ["three"], "one.yaml": None}


def test_a_config_map_that_swaps_its_link_is_one_change(folder: Folder, ingress: Ingress) -> None:
    root = folder.root
    for version, name in (("..1", "one"), ("..2", "two")):
        folder.write(f"{version}/shop.yaml", ingress(name))
    (root / "..data").symlink_to("..1")
    (root / "shop.yaml").symlink_to("..data/shop.yaml")
    assert folder.changed() == {"shop.yaml": ["one"]}
    (root / "..data_tmp").symlink_to("..2")
    os.replace(root / "..data_tmp", root / "..data")
    assert folder.changed(T0 + 60, "..data", "..data_tmp") == {"shop.yaml": ["two"]}


def test_a_folder_that_is_not_there_is_no_empty_folder(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    aside = folder.root.with_name("aside")
    folder.root.rename(aside)
    with pytest.raises(FolderError, match="No such file"):
        folder.refresh(T0 + 90)
    aside.rename(folder.root)
    assert folder.changed(T0 + 120) == {}


def test_another_folder_that_is_empty_takes_nothing_away(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    folder.root.rename(folder.root.with_name("aside"))
    folder.root.mkdir()
    with pytest.raises(FolderError, match="has a mount gone"):
        folder.refresh(T0 + 90)
    folder.write("two.yaml", ingress("two"))
    assert folder.changed(T0 + 120) == {"two.yaml": ["two"]}
    assert folder.changed(T0 + 121) == {"one.yaml": None}


def test_the_last_file_that_is_deleted_is_gone_like_any_other(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    (folder.root / "one.yaml").unlink()
    folder.refresh(T0 + 60)
    assert folder.changed(T0 + 61) == {"one.yaml": None}


def test_files_that_go_all_at_once_take_nothing_away_until_there_is_a_file(
    folder: Folder, ingress: Ingress
) -> None:
    for name in ("one", "two"):
        folder.write(f"{name}.yaml", ingress(name))
    folder.refresh()
    for name in ("one", "two"):
        (folder.root / f"{name}.yaml").unlink()
    for later in (60, 90):
        with pytest.raises(FolderError, match="all 2 files went at once; what they said stays in force"):
            folder.refresh(T0 + later)
    folder.write("empty.yaml", "")
    folder.refresh(T0 + 120)
    assert folder.changed(T0 + 121) == {"one.yaml": None, "two.yaml": None}


def test_what_cannot_be_looked_into_stays_as_it_was(
    folder: Folder, ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("sub/one.yaml", ingress("one"))
    folder.refresh()
    scan = os.scandir

    def fails(path: str | Path) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr("os.scandir", fails)
    for at in (T0 + 60, T0 + 90):
        news = folder.refresh(at)
        assert news.changed == {}
        assert news.unread == {"sub": "Permission denied"}


def test_a_file_that_is_too_large_keeps_what_it_said(folder: Folder, ingress: Ingress) -> None:
    folder.write("one.yaml", ingress("one"))
    folder.refresh()
    with (folder.root / "one.yaml").open("ab") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    os.utime(folder.root / "one.yaml", (T0 + 1, T0 + 1))
    manifest = folder.refresh().changed["one.yaml"]
    assert manifest is not None
    assert [item.identity[2] for item in manifest.items] == ["one"]
    assert [each.reason for each in manifest.complaints] == ["larger than 16 MiB"]


def test_links_in_a_circle_are_followed_once(folder: Folder, ingress: Ingress) -> None:
    folder.write("sub/one.yaml", ingress("one"))
    (folder.root / "sub" / "again").symlink_to(folder.root)
    assert folder.changed() == {"sub/one.yaml": ["one"]}


def test_a_pipe_is_not_waited_for(folder: Folder) -> None:
    os.mkfifo(folder.root / "pipe.yaml")
    assert folder.changed() == {}

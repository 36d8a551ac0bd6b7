"""The state on disk is whole, private and ours, or it is not used."""

import logging
import stat
from pathlib import Path
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.assemble.state import State
from discovery.last_good import FORMAT, LastGood, encode


@pytest.fixture
def state(assembly: Assembly, facts: Any) -> State:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/", "*.example.com/blog", ports=(3306,)))
    assembly.put_backend("kubernetes", facts.backend("shop", "10.0.0.1", "fd00::1"))
    assembly.synced("kubernetes")
    return assembly.state()


@pytest.fixture
def kept(tmp_path: Path, state: State) -> LastGood:
    last_good = LastGood(tmp_path / "state")
    last_good.save(state)
    return last_good


def test_what_is_saved_is_what_is_loaded(kept: LastGood, state: State) -> None:
    assert state.objects
    assert state.backends
    assert kept.load() == state


def test_the_file_is_for_its_owner_alone(kept: LastGood) -> None:
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700


def test_nothing_else_is_left_in_the_folder(kept: LastGood, state: State) -> None:
    kept.save(state)
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_without_a_file_there_is_no_state_and_no_word_about_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert LastGood(tmp_path / "nowhere").load() is None
    assert caplog.records == []


def test_a_file_cut_anywhere_is_refused(kept: LastGood) -> None:
    data = kept.path.read_bytes()
    for cut in range(len(data)):
        kept.path.write_bytes(data[:cut])
        assert kept.load() is None


def test_a_file_with_any_byte_changed_is_refused(kept: LastGood) -> None:
    data = kept.path.read_bytes()
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0x10
        kept.path.write_bytes(changed)
        assert kept.load() is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x00\x01 something else entirely", "it is not a state of Headgate"),
        (b"", "it is not a state of Headgate"),
        (b"HEADGATE LAST", "it is cut off"),
    ],
)
def test_a_refused_file_is_put_aside_and_the_reason_is_logged(
    kept: LastGood, caplog: pytest.LogCaptureFixture, data: bytes, why: str
) -> None:
    kept.path.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        assert kept.load() is None
    assert why in caplog.text
    aside = kept.path.with_suffix(".refused")
    assert aside.read_bytes() == data
    assert not kept.path.exists()
    assert aside.name in caplog.text


def test_a_newer_format_is_refused_by_its_number(
    kept: LastGood, state: State, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.last_good.FORMAT", FORMAT + 1)
    kept.path.write_bytes(encode(state))
    monkeypatch.undo()
    assert kept.load() is None
    assert f"its format is {FORMAT + 1}" in caplog.text


def test_a_file_that_may_not_be_read_is_no_state(kept: LastGood, caplog: pytest.LogCaptureFixture) -> None:
    kept.path.unlink()
    kept.path.mkdir()
    assert kept.load() is None
    assert "cannot be read" in caplog.text


def test_a_failed_save_leaves_the_old_file_whole(
    kept: LastGood, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept.save(State())
    monkeypatch.undo()
    assert kept.load() == state

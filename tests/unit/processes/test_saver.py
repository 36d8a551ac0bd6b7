"""What cannot be saved is said once, with the option and the reason."""

import asyncio

import pytest

from ingress.controller import saver
from ingress.controller.saver import Saver


def test_a_folder_that_cannot_be_written_is_named_with_its_option_once_and_so_is_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(saver, "SETTLE", 0.0)
    monkeypatch.setattr(saver, "PAUSE", 0.0)
    caplog.set_level("INFO")
    failures = [OSError(2, "No such file or directory", "/nowhere") for _ in range(2)]

    async def save() -> None:
        if failures:
            raise failures.pop()
        saved.set()

    async def play() -> None:
        keeper = Saver(save)
        keeper.touch()
        running = asyncio.create_task(keeper.run())
        await saved.wait()
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    saved = asyncio.Event()
    asyncio.run(play())
    assert caplog.messages == [
        "the last good state cannot be saved (--state-dir): /nowhere: No such file or directory",
        "the last good state is saved again",
    ]

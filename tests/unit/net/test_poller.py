"""What has to be done at the end of a turn is done, whatever one of it does."""

import os

import pytest

from tests.unit.net.stage import staged


async def test_a_fault_at_the_end_of_a_turn_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def faulty() -> None:
        raise RuntimeError("a fault")

    done: list[str] = []
    with staged() as stage:
        descriptor = os.open(os.devnull, os.O_RDONLY)
        stage.poller.later(faulty)
        stage.poller.later(lambda: done.append("the next"))
        stage.poller.close_later(descriptor)
        stage.poller.settle()
        assert done == ["the next"]
        assert "RuntimeError: a fault" in caplog.text
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)

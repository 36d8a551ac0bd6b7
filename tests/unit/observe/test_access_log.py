"""The access log never makes anybody wait, and says how many lines that cost."""

import fcntl
import os

from ingress.observe.access_log import BATCH, MOST_KEPT, AccessLog, escaped


def pipe() -> tuple[int, int]:
    """A pipe that takes 4 KiB."""
    reading, writing = os.pipe2(os.O_NONBLOCK)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    return reading, writing


def test_lines_are_written_in_batches() -> None:
    reading, writing = pipe()
    log = AccessLog(writing)
    for _ in range(BATCH - 1):
        log.add(b"x\n")
    log.add(b"last\n")
    assert os.read(reading, 4096).endswith(b"x\nlast\n")


def test_a_reader_that_is_stuck_costs_lines_and_no_time() -> None:
    _, writing = pipe()
    log = AccessLog(writing)
    line = b"x" * 1023 + b"\n"
    for _ in range(MOST_KEPT // 1024 * 3):
        log.add(line)
    log.flush()
    assert log.lost > 0


def test_a_reader_that_comes_back_gets_whole_lines() -> None:
    reading, writing = pipe()
    log = AccessLog(writing)
    line = b"x" * 999 + b"\n"
    for _ in range(BATCH):
        log.add(line)
    got = b""
    while len(got) < BATCH * len(line):
        got += os.read(reading, 1 << 16)
        log.flush()
    assert got == line * BATCH
    assert log.lost == 0


def test_what_a_client_chose_cannot_end_a_string_of_the_log() -> None:
    assert escaped(b'a"b\\c\n\xff') == b'a\\"b\\\\c\\u000a\\u00ff'

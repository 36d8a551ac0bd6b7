"""`headgate demo`: what it starts, shows, counts and leaves behind."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingress.cli.commands import headgate
from ingress.cli.demo.browser import Answer, Browser, parse_head
from ingress.cli.demo.display import Lines
from ingress.cli.demo.manifests import BLOG, GUARD, GUARD_AND_BLOG, HOST, SHOP, Manifests
from ingress.cli.demo.places import HTTP, Places, find_places
from ingress.cli.demo.processes import Processes, kill, without_settings
from ingress.cli.demo.stage import within
from ingress.cli.demo.tally import KEPT, Tally
from ingress.cli.demo.traffic import Traffic

SUMMARY = re.compile(r"([\d,]+) requests, (\d+) failed, (\d+) endpoint changes, \d+ rule changes, slowest")


def demo(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    """The demo as a process whose folders are in a place of ours."""
    return subprocess.Popen(
        [sys.executable, "-m", "ingress.main", "demo", "--port", "0", "--admin-port", "0", *options],
        env={**without_settings(os.environ), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes_with(word: str) -> list[str]:
    """The command lines and environments of all processes that have this in them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if word.encode() in text:
            found.append(str(process))
    return found


def test_it_ends_by_itself_with_no_failed_request_and_leaves_nothing(tmp_path: Path) -> None:
    process = demo(tmp_path, "--seconds", "1.5")
    output, _ = process.communicate(timeout=60)
    found = SUMMARY.search(output)
    assert found, output
    assert int(found[1].replace(",", "")) > 100, output
    assert (found[2], process.returncode) == ("0", 0), output
    assert int(found[3]) >= 1
    assert list(tmp_path.iterdir()) == []
    assert processes_with(str(tmp_path)) == []


def test_ctrl_c_ends_it_with_the_summary(tmp_path: Path) -> None:
    process = demo(tmp_path)
    assert process.stdout
    while "in force" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert SUMMARY.search(output)
    assert process.returncode == 0
    assert processes_with(str(tmp_path)) == []


@pytest.mark.parametrize("annotations", [{}, GUARD, GUARD_AND_BLOG])
def test_its_manifests_have_no_problem(tmp_path: Path, annotations: dict[str, str]) -> None:
    manifests = Manifests(tmp_path)
    manifests.write_services()
    manifests.write_ingress(annotations)
    manifests.list_endpoint(SHOP, "shop-1", 8000)
    manifests.list_endpoint(BLOG, "blog-1", 8001)
    result = CliRunner().invoke(headgate, ["check", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, "5 objects, 1 host, 0 problems\n")


def test_no_half_written_file_is_left_and_unlisting_twice_is_no_error(tmp_path: Path) -> None:
    manifests = Manifests(tmp_path)
    manifests.list_endpoint(SHOP, "shop-1", 8000)
    assert [path.name for path in tmp_path.iterdir()] == ["endpoint-shop-1.yaml"]
    manifests.unlist_endpoint("shop-1")
    manifests.unlist_endpoint("shop-1")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_status_or_no_answer_is_a_failure() -> None:
    tally = Tally()
    tally.answered("/", Answer(200, "shop-1", b""), (200,))
    assert tally.good
    tally.answered("/", Answer(503, "", b"no-endpoints\n"), (200,))
    tally.unanswered("/", EOFError("gone"))
    assert (tally.requests, tally.failed, tally.good) == (3, 2, False)
    assert tally.failures[0] == "GET / was answered 503: no-endpoints"
    assert tally.summary().startswith("3 requests, 2 failed, ")


def test_only_so_many_failures_are_kept() -> None:
    tally = Tally()
    for _ in range(KEPT + 5):
        tally.unanswered("/", OSError())
    assert (tally.failed, len(tally.failures)) == (KEPT + 5, KEPT)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_an_answer_whose_end_cannot_be_known_is_none(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"not an answer|not enough values"):
        parse_head(head)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


def test_a_usual_port_that_is_taken_is_left_to_whoever_has_it(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.cli.demo.places.HTTP", taken)
    monkeypatch.setattr("ingress.cli.demo.places.ADMIN", taken)
    places = find_places(tmp_path)
    assert (places.http, places.admin) == (0, 0)


def test_a_port_that_was_asked_for_is_not_taken_for_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.cli.demo.places._objection", lambda _: "")
    places = find_places(tmp_path, admin=HTTP)
    assert (places.http, places.admin) == (0, HTTP)


@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_port_that_was_asked_for_and_is_taken_is_named(
    tmp_path: Path, taken: int, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = CliRunner().invoke(headgate, ["demo", option, str(taken)])
    place = f"{option} {taken}: cannot listen on 127.0.0.1:{taken}"
    assert (result.exit_code, result.output) == (1, f"Error: {place}: Address already in use\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--seconds", '"soon" is not a time, such as 30, 1.5, 500ms or 2m'),
        ("--port", '"soon" is not a whole number from 0 to 65535'),
        ("--admin-port", '"soon" is not a whole number from 0 to 65535'),
    ],
)
def test_a_value_that_makes_no_sense_is_named(option: str, reason: str) -> None:
    result = CliRunner().invoke(headgate, ["demo", option, "soon"])
    assert result.exit_code == 2
    assert result.output.endswith(f"Error: Invalid value for '{option}': {reason}\n")


def test_the_ports_are_those_that_headgate_says_it_has(tmp_path: Path) -> None:
    places = find_places(tmp_path, 0, 0)
    said = "2026-01-31T12:00:00.293Z info supervisor: listening on {} 127.0.0.1:{}\n"
    places.log.write_text(said.format("http", 4711))
    assert places.found() is None
    places.log.write_text(said.format("http", 4711) + said.format("admin", 4712))
    assert places.found() == Places(4711, 4712, tmp_path)


async def test_a_server_answers_until_it_is_killed() -> None:
    processes = Processes()
    process, port = await processes.start_server("shop-1")
    browser = Browser(port, HOST)
    assert await browser.get("/cart") == Answer(200, "shop-1", b"shop-1 answers GET /cart\n")
    kill(process)
    assert await process.wait() == -signal.SIGKILL
    with pytest.raises((OSError, EOFError)):
        await browser.get("/")
    await processes.close()


async def test_a_server_ends_with_whoever_started_it() -> None:
    processes = Processes()
    process, _ = await processes.start_server("shop-1")
    assert process.stdin
    process.stdin.close()
    assert await process.wait() == 0
    await processes.close()


async def test_an_effect_that_stays_away_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.cli.demo.traffic.PATIENCE", 0.2)
    processes = Processes()
    _, port = await processes.start_server("shop-1")
    tally = Tally()
    traffic = Traffic(port, HOST, tally)
    assert await traffic.until("/", lambda answer: answer.server == "shop-1", 200) > 0
    with pytest.raises(TimeoutError):
        await traffic.until("/", lambda answer: answer.server == "shop-2", 200)
    assert tally.requests > 4
    traffic.close()
    await processes.close()


async def test_work_ends_when_it_is_stopped_or_its_time_is_up() -> None:
    stopped = asyncio.Event()
    await within(asyncio.sleep(60), stopped, 0.01)
    stopped.set()
    await within(asyncio.sleep(60), stopped, None)


def test_elsewhere_than_in_a_terminal_each_event_is_a_line(tmp_path: Path) -> None:
    tally, said = Tally(), list[str]()
    lines = Lines(tally, said.append)
    lines.start(Places(4711, 4712, tmp_path))
    assert any(re.fullmatch(r"  curl .* http://127\.0\.0\.1:4711/", line) for line in said)
    said.clear()
    tally.happened("scale up")
    lines.refresh()
    lines.stop()
    assert said == ["scale up [0 requests, 0 failed]"]

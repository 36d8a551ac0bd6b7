"""A real HAProxy that decides about requests."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from http.client import parse_headers
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from tests.real.oracle.farms import farm_lines
from tests.real.oracle.maps import FOLDER, write

PATH = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or ""
"""Where it is installed; empty: it is not."""

_BEGINNING = """
global
  nbthread 1
  tune.bufsize 65536
  expose-experimental-directives
defaults
  mode http
  timeout client 20s
  timeout server 20s
  timeout connect 5s
frontend f
  bind fd@{descriptor}
"""


class Answer(NamedTuple):
    """What HAProxy answered."""

    status: int
    headers: Message
    body: bytes


@contextmanager
def haproxy(folder: Path, config: str) -> Iterator[socket.socket]:
    """A HAProxy whose frontend goes on with that text, and a connection to it."""
    path = folder / "haproxy.cfg"
    with socket.create_server(("127.0.0.1", 0)) as door:
        write(folder)
        beginning = _BEGINNING.format(descriptor=door.fileno())
        text = "\n".join((beginning + config, *farm_lines(), ""))
        path.write_text(text.replace(FOLDER, f"{folder}/"))
        command = [PATH, "-db", "-f", str(path)]
        process = subprocess.Popen(command, pass_fds=[door.fileno()], stderr=subprocess.PIPE)
        address = door.getsockname()
    with process:
        try:
            with socket.create_connection(address, timeout=20) as connection:
                yield connection
        except OSError as error:
            raise AssertionError(f"HAProxy: {process.communicate(timeout=5)[1].decode()}") from error
        finally:
            process.kill()


def ask(connection: socket.socket, heads: Sequence[bytes], window: int = 20) -> Iterator[Answer]:
    """The answers to requests, a few of which are under way at a time."""
    with connection.makefile("rb") as reader:
        for start in range(0, len(heads), window):
            batch = heads[start : start + window]
            connection.sendall(b"".join(batch))
            yield from (_read(reader, head) for head in batch)


def _read(reader: BufferedReader, head: bytes) -> Answer:
    line = reader.readline()
    if not line:
        raise OSError(f"the connection ended before the answer to {head!r}")
    status = int(line[9:12])
    headers = parse_headers(reader)
    bodyless = head.startswith(b"HEAD ") or status in (204, 304)
    return Answer(status, headers, b"" if bodyless else reader.read(int(headers["content-length"])))

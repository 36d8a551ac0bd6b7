"""Files with certificates as a source."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from discovery.certificate_files.shelf import Shelf, Texts
from discovery.pair import PairNames
from discovery.source import Sink

PAUSE: Final = 2.0
"""Seconds between two looks at the files."""
LARGEST: Final = 1 << 20

Mark = tuple[tuple[int, int, int], ...]
"""What a file that is written anew differs in."""


class CertificateFiles:
    """Looks at the files again and again, and tells a sink what is in them."""

    def __init__(
        self, name: str, places: Sequence[str], default: str, clock: Callable[[], float], pause: float = PAUSE
    ) -> None:
        """`places` are files with a chain and its key, or folders with tls.crt and tls.key."""
        self.name = name
        self._places = places
        self._default = default
        self._clock = clock
        self._pause = pause

    async def run(self, sink: Sink) -> None:
        """Watch, and tell the sink, until cancelled."""
        shelf = Shelf(self.name, self._places, self._default, sink)
        marks: dict[str, Mark] = {}
        while True:
            found = await asyncio.to_thread(look, shelf.places, marks)
            shelf.tell(found, self._clock())
            await asyncio.sleep(self._pause)


def look(places: Sequence[str], marks: dict[str, Mark]) -> dict[str, Texts]:
    """What has changed since the last look."""
    found = {}
    for place in places:
        files = _files(Path(place))
        mark = tuple(map(_mark, files))
        if marks.get(place) != mark:
            marks[place] = mark
            found[place] = _read(Path(place))
    return found


def _files(place: Path) -> tuple[Path, ...]:
    """The chain, the key and the OCSP response."""
    if place.is_dir():
        return place / "tls.crt", place / "tls.key", place / "tls.crt.ocsp"
    return place, place, place.with_name(f"{place.name}.ocsp")


def _mark(file: Path) -> tuple[int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(place: Path) -> Texts:
    chain, key, staple = _files(place)
    try:
        response = _content(staple) if staple.exists() else b""
        return Texts(PairNames(chain.name, key.name), _content(chain), _content(key), response)
    except OSError as error:
        return Texts(failure=f"cannot be read ({error.strerror})")


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(0, f"{file.name} has more than {LARGEST} bytes")
    return data

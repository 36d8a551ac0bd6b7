"""The certificates in files: what was read of each, told to a sink. It reads nothing itself."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from discovery.certificate_files.staple import Staple, StapleError, read_staple
from discovery.pair import SECRET, Pair, PairError, PairNames, flaw_of_date, read_pair
from discovery.said import Said
from discovery.source import LAST, CertificateClaim, Sink, SourceState, SourceStatus, Translation, Unread
from ingress.model.listener import Certificate
from ingress.model.problem import Problem
from ingress.model.route import Origin


class Texts(Struct, frozen=True):
    """What is in the files of one place; with a failure there is nothing else."""

    names: PairNames = SECRET
    chain: bytes = b""
    key: bytes = b""
    staple: bytes = b""
    """An OCSP response (DER); empty: there is none."""
    failure: str = ""

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return f"Texts({self.names}, {self.failure!r})"


class _Known(Struct):
    """What is known of one place."""

    texts: Texts | None = None
    pair: Pair | None = None
    """The last good one."""
    flaw: str = ""
    staple: Staple | None = None
    staple_flaw: str = ""
    told: Certificate | None = None


class Shelf:
    """All places. A file that breaks or goes leaves its last good certificate in force."""

    def __init__(self, source: str, places: Sequence[str], default: str, sink: Sink) -> None:
        """`default` is the place whose certificate is for clients that name no host, or one without a
        certificate; empty: there is none."""
        self._source = source
        self._default = default
        self._sink = sink
        self._said = Said(sink)
        self._known = {place: _Known() for place in dict.fromkeys((*places, *filter(None, (default,))))}

    @property
    def places(self) -> Sequence[str]:
        """Of all files and folders."""
        return tuple(self._known)

    def tell(self, found: Mapping[str, Texts], now: float) -> None:
        """Take in what has changed, and tell what differs, also by the passing of time."""
        for place, known in self._known.items():
            texts = found.get(place)
            if texts is not None and texts != known.texts:
                _read(known, texts)
            self._say(place, known, now)
        self._announce(now)

    def _announce(self, now: float) -> None:
        """Say how the source is. Places that could not be read yet may well have what they had before."""
        detail = "; ".join(f"{place}: {each.flaw}" for place, each in self._known.items() if each.flaw)
        state = SourceState.DEGRADED if detail else SourceState.LIVE
        self._sink.status(SourceStatus(self._source, state, detail, now))
        unread = (self._origin(place) for place, each in self._known.items() if not each.told)
        self._sink.synced(self._source, Unread(objects=frozenset(unread)))

    def _say(self, place: str, known: _Known, now: float) -> None:
        pair = known.pair
        if pair is not None:
            certificate = self._certificate(place, pair, known, now)
            if certificate != known.told:
                known.told = certificate
                claims = (CertificateClaim(host, self._origin(place), LAST) for host in certificate.hosts)
                self._sink.put_certificate(self._source, certificate, tuple(claims))
        origin = self._origin(place)
        problems = tuple(Problem(origin, "", reason) for reason in self._reasons(known, now))
        self._said.put(origin, Translation(problems=problems) if problems else None)

    def _certificate(self, place: str, pair: Pair, known: _Known, now: float) -> Certificate:
        hosts = (*pair.names, "") if place == self._default else pair.names
        staple = known.staple
        response = staple.response if staple is not None and staple.serves(pair.serial, now) else b""
        name = f"{self._source}:{place}"
        return Certificate(name, hosts, pair.chain, pair.key, pair.kind, staple=response)

    def _reasons(self, known: _Known, now: float) -> Iterator[str]:
        if known.flaw:
            held = "the last good certificate stays" if known.pair else "there is no certificate of it"
            yield f"{known.flaw}: {held}"
        elif known.pair is not None and (late := flaw_of_date(known.pair, now)):
            yield late
        if known.staple_flaw:
            yield f"{known.staple_flaw}: no OCSP response is stapled"
        elif known.staple and known.pair and not known.staple.serves(known.pair.serial, now):
            yield "the OCSP response beside it is of another certificate, or out of date: it is not stapled"

    def _origin(self, place: str) -> Origin:
        return Origin(self._source, "file", "", place)


def _read(known: _Known, texts: Texts) -> None:
    known.texts = texts
    known.flaw = texts.failure
    known.staple, known.staple_flaw = None, ""
    if texts.failure:
        return
    try:
        known.pair = read_pair(texts.chain, texts.key, texts.names)
    except PairError as error:
        known.flaw = str(error)
    try:
        known.staple = read_staple(texts.staple) if texts.staple else None
    except StapleError as error:
        known.staple_flaw = str(error)

"""The reference pages under `docs/`, made from the tables and records that the program itself uses.

`python -m ingress.admin.reference DIR` writes them anew.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Final, get_type_hints

from msgspec import Struct

from ingress.admin import items
from ingress.admin.listings import LISTINGS
from ingress.admin.metrics import FAMILIES
from ingress.admin.query import LIMIT, MOST
from ingress.admin.status import Status
from ingress.model.reason import Reason
from ingress.model.times import Times
from ingress.token_file import SHORTEST

API_HEAD: Final = f"""\
# The admin API

Served on the admin address (`--admin`, by default `127.0.0.1:9900`), for reading: `GET` and `HEAD`; two pages
change something. Nothing confidential is in it: no keys, no certificate chains, no arguments of rules.

| path | answer |
|---|---|
| `/` | the status page |
| `/livez` | 200 while the controller is alive |
| `/readyz` | 200 when requests may come here; 503 and one line for each thing that is missing. \
As JSON with `?format=json` or `Accept: application/json` |
| `/metrics` | Prometheus metrics ([metrics.md](metrics.md)) |
| `/api/v1/status` | the instance as a whole |
| `/api/v1/explain` | what becomes of a request, and why: `?url=` and, if wanted, `&method=`, `&client=` (an \
address), `&header=` (`Cookie: a=b`; several times) and `&data=` (the body), \
URL-encoded. As `headgate explain --json`, by what is in force, but without what may be confidential: no \
texts of rules, no samples, no values of fields. Nothing is sent to a server |
| `/api/v1/explanations/ID` | what became of a real request, and why, with the samples and values: for those \
who show the token of `--explain-token-file`, as `Authorization: Bearer TOKEN`; for others \
without. The request showed it as `Headgate-Explain: TOKEN`, and the field of that name in its answer \
was the ID |
| `/api/v1/...` | the listings below |
| `POST /api/v1/shifts/pause`, `/resume` | stops the shift of a backend (`?backend=`) for a while, or \
goes on with it, in all replicas; answers with the shifts. 404: there is no such shift; 409: it is over, or \
its text says `paused`; 503: the record of the replicas is out of reach |

A listing is `{{"version": N, "items": [...], "next": CURSOR}}`, in a stable order. `?limit=` takes 1 to
{MOST}, {LIMIT} if absent. Where more follows, `next` is not null, and `?after=` takes it (URL-encoded) for
the next part. Further parameters are filters: only items that equal the value are listed.

A change needs `Authorization: Bearer TOKEN` with the token in `--admin-token-file`, if there is one. If there
is none, it is made from this machine: from a loopback address, with `localhost`, `127.0.0.1` or `[::1]` as
Host, and with a field `X-Headgate-Change`, which web pages of others cannot send. All else is refused
(`not-allowed`), and so is everything while the file has no token of at least {SHORTEST} characters.

An error is `{{"error": TEXT, "reason": CODE}}`, with the code in `X-Headgate-Reason` too
([reasons.md](reasons.md)).
"""

METRICS_HEAD: Final = """\
# Metrics

`/metrics` on the admin address, in Prometheus' text format. Counters are sums over all workers, and outlive a
worker that dies. Routes and servers have series from their first request on, `headgate_server_up` from
the start; at most 10,000 of each, and `headgate_series_left_out` says how many are missing.

| metric | kind | labels | meaning |
|---|---|---|---|
"""

METRICS_TAIL: Final = """
Beside them `process_*` for the controller: CPU seconds, resident and virtual memory, descriptors, start time.
"""

REASONS_HEAD: Final = """\
# Reason codes

Every answer that Headgate itself makes says why in `X-Headgate-Reason`. The same code is in the access log
(`reason`) and in the metric `headgate_answers_total{reason}`. An answer without the field came from a server.

| code | status and meaning |
|---|---|
"""


def api_page() -> str:
    """`docs/api.md`."""
    return API_HEAD + "".join(_api_sections())


def metrics_page() -> str:
    """`docs/metrics.md`."""
    rows = (
        f"| `{family.name}` | {family.kind} | {', '.join(family.labels)} | {family.help} |\n"
        for family in FAMILIES
    )
    return METRICS_HEAD + "".join(rows) + METRICS_TAIL


def reasons_page() -> str:
    """`docs/reasons.md`."""
    return REASONS_HEAD + "".join(f"| `{reason.value}` | {reason.meaning} |\n" for reason in Reason)


def main(arguments: Sequence[str]) -> int:
    """Write all pages into a folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m ingress.admin.reference DIR\n")
        return 2
    for name, page in PAGES.items():
        (Path(arguments[0]) / name).write_text(page(), "utf-8")
    return 0


def _api_sections() -> Iterator[str]:
    for name, listing in LISTINGS.items():
        filters = "".join(f" `?{word}=`" for word in listing.filters)
        yield f"\n## /api/v1/{name}\n\n{_first_line(listing.item)}"
        yield f" Filters:{filters}.\n" if filters else "\n"
        yield _fields(listing.item)
    yield f"\n`origin` is:\n{_fields(items.OriginItem)}"
    yield f"\n## /api/v1/status\n\n{_first_line(Status)}\n{_fields(Status)}"
    yield f"\n`apply` is:\n{_fields(Times)}"


def _fields(record: type[Struct]) -> str:
    told = _docstrings(record)
    hints = get_type_hints(record)
    rows = (
        f"| `{name}` | {_type_name(hints[name])} | {told.get(name, '')} |\n"
        for name in record.__struct_fields__
    )
    return "\n| field | type | |\n|---|---|---|\n" + "".join(rows)


def _docstrings(record: type[Struct]) -> dict[str, str]:
    """What stands under each field of a record; Python itself does not keep it."""
    (definition,) = ast.parse(dedent(inspect.getsource(record))).body
    assert isinstance(definition, ast.ClassDef)
    told = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(line))):
                told[name] = " ".join(line.split())
    return told


def _type_name(hint: object) -> str:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return "object"
    return JSON_TYPES.get(str(hint), "") or JSON_TYPES[getattr(hint, "__name__", "")]


def _first_line(record: type[Struct]) -> str:
    return (record.__doc__ or "").partition("\n")[0]


JSON_TYPES: Final[Mapping[str, str]] = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "true or false",
    "float | None": "number or null",
    "tuple[str, ...]": "list of texts",
    "tuple[int, ...]": "list of numbers",
    "tuple[tuple[float | None, int], ...]": "list of pairs",
    "Mapping": "object",
}

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "api.md": api_page,
    "metrics.md": metrics_page,
    "reasons.md": reasons_page,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

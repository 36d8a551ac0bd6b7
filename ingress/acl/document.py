"""The page about the rule language, made from the tables that the grammar reads."""

from collections.abc import Iterable, Iterator

from ingress.acl import elsewhere
from ingress.acl.action import ACTIONS
from ingress.acl.condition import PREDEFINED
from ingress.acl.converters import CONVERTERS
from ingress.acl.differences import DIFFERENCES
from ingress.acl.fetches import FETCHES
from ingress.acl.format import ALIASES
from ingress.acl.matches import MATCHES, SUFFIXES

_BEGINNING = """# ACLs and rules

The words are HAProxy's, and each decision is that of HAProxy 2.6; what has no clear meaning is refused.
One line each:

    headgate.dev/acl:                  NAME CRITERION [-i] [-m MATCH] [--] VALUE...
    headgate.dev/tcp-request:          connection|session|content ACTION [if|unless CONDITION]
    headgate.dev/http-request:         ACTION [if|unless CONDITION]
    headgate.dev/redirect:             location|prefix|scheme TEXT [OPTION...] [if|unless CONDITION]
    headgate.dev/use-backend:          [NAMESPACE/]SERVICE:PORT [if|unless CONDITION]
    headgate.dev/use-server:           SERVER [if|unless CONDITION]
    headgate.dev/http-response:        ACTION [if|unless CONDITION]
    headgate.dev/http-after-response:  ACTION [if|unless CONDITION]

## Where rules stand

Rules stand on the object whose requests they are for:

| Object | Requests | HAProxy |
| --- | --- | --- |
| The ConfigMap that `--platform-rules NAMESPACE/NAME` names | all, with or without a route | `frontend` |
| The ConfigMap that an IngressClass has as `parameters` | those of its Ingresses | `frontend` |
| An Ingress, or the tags of a Consul service | those of its routes | `frontend`, with `use-backend` |
| A Service, or `headgate.service.` tags | those sent to it, by whatever route | `backend` |

A request meets them in this order, and each with all its families before the next; an answer meets them in
the opposite order. So the platform has the first word about requests and the last about answers, and nobody
can overrule it. `allow` and `accept` end the rules of their family on their own object only. What one
object answers itself, such as a `deny`, goes through the `http-after-response` of that object and of those
before it: those behind it have never seen the request. ACLs are known on their own object only; variables
are for all.

In a ConfigMap the keys are the names without `headgate.dev/`: `acl`, `http-request.10-geo`. Its files may
be keys of the same ConfigMap. A change is in force at once, for all routes alike, and touches none of them.
A version that cannot be read leaves the last good one in force; where there was never one, its routes are
closed. `headgate explain` shows the rules of all objects in the order in which they are asked.

A request goes through `tcp-request`, `http-request` and `redirect`, each in order, whatever the order in
which they are written, then through `use-backend` and `use-server`; the answer of a server goes through
`http-response`; and that answer, or the one that Headgate gives in its place, through `http-after-response`.
`allow` and `accept` end their own family only.

A SERVER is one of the backend that has been chosen: its address (`10.1.2.3:8080`), or the name of its pod
or Consul instance (`blog-0`); samples are possible (`%[cook(server)]`). A rule whose server is down, or not
there, is passed over, and in the end the backend chooses by itself. If a name made of samples is that of no
server, no other rule is asked.

Rules may ask about the backends to which the object may send requests: `nbsrv(blog:80)`, or of another
namespace, where that is allowed, `nbsrv(team-b/blog:80)`. Without a name, the backend that the request goes
to is meant: in `http-request` that of the route.

Rules may be spread over several names, for tools that add some: `headgate.dev/http-request.10-auth` comes
behind `headgate.dev/http-request` and before `headgate.dev/http-request.20-log`. An ACL is known in all.

A criterion is a fetch, or a fetch with a match as its suffix (`path_beg`), or a fetch with converters
(`path,lower -m beg`). Lines of one name are alternatives, and so are the values of a line. In a
condition, terms side by side must all hold, `or` separates alternatives, `!` negates, and
`{ CRITERION VALUE... }` is an ACL without a name.

A TEXT may hold samples: `%[FETCH,CONVERTER...]`, or a short name such as `%ci`; `%%` is a percent sign. Of a
fetch with several samples the last is shown, of `urlp` the first; what is not there is empty; control
characters are written as `%XX`.

Patterns may come from a key of a ConfigMap of the object's namespace, one a line: `path_beg -f
configmap:blocked/paths`; with `-M` the first word of each line is the pattern. Maps have a key and a value a
line: `path,map_beg(configmap:routes/paths,default)`. `#` begins a comment line. A change of a ConfigMap is in
force at once, and touches no rules. A version that cannot be read leaves the last good one in force; rules
whose file was never there are closed.

A USERLIST is a Secret of the object's namespace. Its key `auth` has lines `NAME:HASH` (htpasswd), or its
key `userlist` has lines of HAProxy's userlists, with groups: `user NAME password HASH [groups GROUP,GROUP]`
and `group NAME users NAME,NAME`; with neither of them, each key is a name and its value the hash. Hashes
are bcrypt, SHA-256 and SHA-512 (`$5$`, `$6$`), MD5 (`$1$`, `$apr1$`) and `{SHA}`; passwords in clear are
refused. What the Secret says now is in force at once: a line that cannot be read costs its user alone, and
rules whose Secret is not there are closed. Passwords are compared beside the loop that serves requests, two
at a time, and right ones remembered for five minutes, or until the hash changes; where too many wait, or
one for longer than a head may take, the answer is 503 (`overloaded`). Hashes are part of the last good
state (`--state-dir`), and are shown nowhere. Consul services have lists of their own, in the tag
`headgate.userlist`.

Rules that ask about the body of a request wait for it, as if there was `wait-for-body` before them, for as
long as a head may take (10 s); they see the first 64 KiB of it. What comes too late is answered 408
(`timeout-body`). The other rules do not wait, and nothing is kept of bodies that no rule asks about.

Arguments may be in quotes: `'path,regsub("^/v[0-9]+/","/")'`.
"""


def document() -> str:
    """The whole page, in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _BEGINNING
    yield from _table("Fetches", ("Fetch", "Type", "Meaning", "Example"), _fetches())
    yield from _table("Converters", ("Converter", "From", "To", "Meaning", "Example"), _converters())
    yield from _table("Matches", ("Match", "The sample", "Suffix", "Example"), _matches())
    yield from _table("Actions", ("Action", "Where", "Meaning", "Example"), _actions())
    yield from _table("Short names of samples", ("Name", "Stands for"), _aliases())
    yield from _table("Predefined ACLs", ("Name", "Stands for"), _predefined())
    yield from _table("Left out", ("What", "Names", "Why"), _left_out())
    yield "## Differences from HAProxy\n"
    yield from (f"- {difference}." for difference in DIFFERENCES)
    yield ""


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield _row(head)
    yield _row(("---",) * len(head))
    yield from map(_row, rows)
    yield ""


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str) -> str:
    return f"`{text}`"


def _fetches() -> Iterator[tuple[str, ...]]:
    for row in dict.fromkeys(FETCHES.values()):
        names = ", ".join(map(_code, (row.usage, *row.aliases)))
        yield names, row.gives, row.meaning, _code(row.example)


def _converters() -> Iterator[tuple[str, ...]]:
    for row in CONVERTERS.values():
        yield _code(row.usage), row.takes, row.gives, row.meaning, _code(row.example)


def _matches() -> Iterator[tuple[str, ...]]:
    for match, matching in MATCHES.items():
        yield (
            _code(match),
            matching.meaning,
            _code(f"_{match}") if match in SUFFIXES else "",
            _code(matching.example),
        )


def _actions() -> Iterator[tuple[str, ...]]:
    for form in ACTIONS.values():
        yield _code(form.usage), ", ".join(map(_code, form.families)), form.meaning, _code(form.example)


def _left_out() -> Iterator[tuple[str, ...]]:
    for kind, reasons in elsewhere.KINDS.items():
        for reason in dict.fromkeys(reasons.values()):
            names = sorted(name for name, why in reasons.items() if why == reason)
            yield kind, ", ".join(map(_code, names)), f"{reason[0].upper()}{reason[1:]}."


def _aliases() -> Iterator[tuple[str, ...]]:
    for name, parts in ALIASES.items():
        text = "".join(part if isinstance(part, str) else f"%[{part.fetch.name}]" for part in parts)
        yield _code(f"%{name}"), _code(text)


def _predefined() -> Iterator[tuple[str, ...]]:
    for name, text in PREDEFINED.items():
        yield _code(name), _code(text)

"""What rules cost: the same requests without any, past twenty ACLs and past long lists, beside HAProxy."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct, structs

from tests.bench.cpu import SERVERS, STARTED_ANEW, STARTS, Sample, load_of, paired, rounds, running, table
from tests.bench.findings import Claim, Findings
from tests.bench.row import Scale
from tests.bench.site import Site
from tests.bench.subject.haproxy import haproxy
from tests.bench.subject.headgate import ACL, NAMESPACE, RULES, headgate, headgate_compiled
from tests.bench.subject.subject import Subject

SITE = Site(hosts=10, paths=10, servers=SERVERS)
ACLS = (
    "is_bot hdr_sub(user-agent) -i badbot scraper python-requests",
    "is_curl hdr_beg(user-agent) curl/ wget/",
    "old path_beg /old/ /legacy/ /v0/",
    "php path_end .php .asp .jsp",
    "hidden path_dir .git .svn .env",
    "admin path_beg /admin/ /manage/",
    "office src 10.0.0.0/8 192.168.0.0/16 172.16.0.0/12",
    "blocked src 198.51.100.0/24 203.0.113.0/24 192.0.2.77",
    "writes method POST PUT PATCH DELETE",
    "traced method TRACE",
    "staff cook(staff) yes",
    "tester cook_beg(session) test-",
    "debug urlp(debug) 1 true",
    "long path_len gt 500",
    "many_cookies req.fhdr_cnt(cookie) gt 5",
    "by_ip hdr_reg(host) ^[0-9.]+$",
    "odd_host hdr(host) -i localhost example.com",
    "old_http req.ver 1.0",
    "big hdr_val(content-length) gt 10000000",
    "xml hdr(content-type) -i text/xml application/xml",
)
DENY = (
    "deny if is_bot or is_curl or old or php or hidden or admin !office or blocked or traced or writes xml "
    "or staff tester or debug !office or long or many_cookies or by_ip or odd_host or old_http or big"
)
METHOD = (
    "The requests of the row `CPU per request`, to 100 routes; none is refused: each alternative is asked.",
    "`10,000 paths`, `10,000 addresses`: one deny rule that looks into a file of so many beginnings of paths "
    "or networks; a key of a ConfigMap for Headgate.",
    "`20 ACLs`: tests of path, method, address, header, cookie and parameter, a regular expression among "
    "them, and one deny rule over all; the same text for both proxies. `no rules`: none at all.",
    "Proxies on core 0, load and origin on core 1; interleaved rounds.",
    f"{STARTED_ANEW} Growth is the median of the ratios of each round to the same proxy without rules in "
    "that round.",
)


ENTRIES: Final = 10_000


class Load(Struct, frozen=True):
    """What a request has to go past."""

    name: str
    acls: Sequence[str] = ()
    rule: str = ""
    entries: Sequence[str] = ()
    """Of the file that an ACL names as FILE."""
    bound: float = 0.0
    """What a request may cost, times one without rules."""


def loads() -> list[Load]:
    """No rules first."""
    dice = Random(1)
    paths = [f"/old/{dice.randrange(10**6)}/{dice.randrange(10**6)}" for _ in range(ENTRIES)]
    numbers = (".".join(str(dice.randrange(1, 220)) for _ in range(4)) for _ in range(ENTRIES))
    networks = [f"{number}/{dice.choice((16, 24, 28, 32))}" for number in numbers if number[:4] != "127."]
    return [
        Load("no rules"),
        Load("20 ACLs", ACLS, DENY, bound=1.05),
        Load("10,000 paths", ["listed path_beg -f FILE"], "deny if listed", paths, 1.02),
        Load("10,000 addresses", ["listed src -f FILE"], "deny if listed", networks, 1.02),
    ]


def rules(scale: Scale, folder: Path) -> Findings:
    """The row."""
    chosen = [with_rules(one, load) for one in subjects() for load in loads()]
    for place, one in enumerate(chosen):
        chosen[place] = at_port(one, 18100 + place)
    load = load_of(SITE, folder)
    samples: dict[str, list[Sample]] = {one.name: [] for one in chosen}
    for start in range(STARTS):
        with running(folder / f"start-{start}", SITE, chosen) as proxies:
            for name, of in rounds(proxies, load, scale.rounds, scale.seconds).items():
                samples[name] += of
    return Findings(
        METHOD,
        table(samples, "HAProxy, same fields, no rules"),
        claims(samples),
        {"the rules": "\n".join((*(f"acl {line}" for line in ACLS), f"http-request {DENY}"))},
        {one.name: one.version_text() for one in subjects()},
        {name: [round(sample.total, 2) for sample in of] for name, of in samples.items()},
    )


def subjects() -> list[Subject]:
    """The proxies, with the one deny rule that they have in other rows."""
    return [
        haproxy(SITE, 18090, same_fields=True),
        headgate(SITE, 18080, 19900),
        headgate_compiled(SITE, 18080, 19900),
    ]


def with_rules(subject: Subject, load: Load) -> Subject:
    """The same proxy with these rules in place of its one."""
    is_haproxy = "haproxy.cfg" in subject.files
    place = "entries.lst" if is_haproxy else "configmap:entries/lst"
    acls = [line.replace("FILE", place) for line in load.acls]
    files = {path: _with_rules(text, acls, load.rule) for path, text in subject.files.items()}
    if load.entries:
        text = "\n".join(load.entries) + "\n"
        files["entries.lst" if is_haproxy else "manifests/entries.yaml"] = text if is_haproxy else _map(text)
    return structs.replace(subject, name=f"{subject.name}, {load.name}", files=files, shown=[])


def _map(text: str) -> str:
    """The manifest of the ConfigMap."""
    metadata = {"namespace": NAMESPACE, "name": "entries"}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"lst": text}})


def _with_rules(text: str, acls: Sequence[str], rule: str) -> str:
    """A manifest or a configuration with them."""
    declared = "".join(f"  acl {line}\n" for line in acls) + (f"  http-request {rule}\n" if rule else "")
    for before, after in (
        (json.dumps(ACL), json.dumps("\n".join(acls))),
        (json.dumps(RULES), json.dumps(rule)),
        (f"  acl {ACL}\n  http-request {RULES}\n", declared),
    ):
        text = text.replace(before, after)
    return text


def at_port(subject: Subject, port: int) -> Subject:
    """The same proxy elsewhere, so that all of them run side by side."""
    moved = {str(subject.port): str(port), "19900": str(port + 1000)}
    command = [_moved(word, moved) for word in subject.command]
    files = {
        name: _moved(text, moved) if name.endswith(".cfg") else text for name, text in subject.files.items()
    }
    return structs.replace(subject, command=command, port=port, files=files)


def _moved(text: str, moved: Mapping[str, str]) -> str:
    for before, after in moved.items():
        text = text.replace(f"127.0.0.1:{before}", f"127.0.0.1:{after}")
    return text


def claims(samples: Mapping[str, Sequence[Sample]]) -> list[Claim]:
    """What rules cost each proxy, and what they cost Headgate beside HAProxy."""
    plain, *others = loads()
    growths = {
        (name, load.name): paired(samples[f"{name}, {load.name}"], samples[f"{name}, {plain.name}"])
        for name in (one.name for one in subjects())
        for load in others
    }
    theirs, *ours = (one.name for one in subjects())
    return [
        *(
            Claim(
                f"CPU per request of {name} past {load.name}, times that without rules",
                growths[name, load.name],
                load.bound,
            )
            for name in (theirs, *ours)
            for load in others
        ),
        *(
            Claim(
                f"growth of {name} past {load.name}, times that of {theirs}",
                growths[name, load.name] / growths[theirs, load.name],
                load.bound,
            )
            for name in ours
            for load in others
        ),
    ]

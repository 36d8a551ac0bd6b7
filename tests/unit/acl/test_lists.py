"""Pattern files and maps: which entry counts, how they are read, and that they change on their own."""

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ingress.acl.file_uses import Names, name_files, no_users
from ingress.acl.formula import compile_condition
from ingress.acl.grammar import AclError, parse_rules
from ingress.acl.index import INDEXES, Prefixes
from ingress.acl.lists import Lists, build, flaws_of, read_lines
from ingress.acl.matches import MATCHES
from ingress.acl.text import compile_text
from ingress.model.condition import Match
from ingress.model.patterns import FileUse, PatternFile
from ingress.model.policy import Policy, SetHeader
from tests.unit.acl.conftest import Client, request_of

FILE = "file:test:team-a/lists/keys"
TEXTS = (Match.STR, Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM)


class Rules:
    """Rules that look into one file."""

    def __init__(self, line: str, text: str) -> None:
        self.policy = name_files(Policy(parse_rules(line, {})), Names(lambda _: FILE, no_users))
        self.lists = Lists()
        self.lists.want(self.policy.files)
        self.put(text)
        self.client: Any = SimpleNamespace(**vars(Client()))
        self.client.surroundings = SimpleNamespace(files=self.lists.ready)

    def put(self, text: str) -> None:
        """Another version of the file."""
        self.lists.put(PatternFile(FILE, text))

    def hold(self, path: str = "/", *fields: str) -> bool:
        """Whether the condition of the first rule holds."""
        condition = self.policy.rules[0].condition
        assert condition is not None
        return compile_condition(condition)(request_of(f"GET {path}", *fields), self.client)

    def text(self, path: str = "/", *fields: str) -> bytes:
        """The value of the header that the first rule sets."""
        action = self.policy.rules[0].action
        assert isinstance(action, SetHeader)
        return compile_text(action.value)(request_of(f"GET {path}", *fields), self.client)


def mapped(converters: str, text: str) -> Rules:
    return Rules(f"set-header X %[{converters}]", text)


@pytest.mark.parametrize("match", TEXTS)
@pytest.mark.parametrize("seed", range(20))
def test_an_index_finds_what_a_scan_finds(match: Match, seed: int) -> None:
    dice = random.Random(seed)
    matching = MATCHES[match]
    assert matching.read is not None
    words = {"".join(dice.choices("ab/.", k=dice.randint(1, 5))) for _ in range(dice.randint(1, 40))}
    patterns = [matching.read(word) for word in sorted(words, key=hash) if word.strip("/.?:")]
    find = INDEXES[match](patterns) if patterns else lambda text: None
    for _ in range(200):
        text = "".join(dice.choices("ab/.", k=dice.randint(0, 9))).encode()
        found = [at for at, pattern in enumerate(patterns) if matching.prepare([pattern], False)(text)]
        if match is Match.BEG and found:
            longest = max(len(patterns[at]) for at in found)
            found = [at for at in found if len(patterns[at]) == longest]
        assert find(text) == (found[0] if found else None), (patterns, text)


@pytest.mark.parametrize(
    ("converters", "text", "path", "value"),
    [
        ("path,map(configmap:l/k)", "/a first\n/a second", "/a", b"first"),
        ("path,map(configmap:l/k)", "/a first", "/b", b""),
        ("path,map(configmap:l/k,none)", "/a first", "/b", b"none"),
        ("path,map_beg(configmap:l/k)", "/a short\n/a/b long", "/a/b/c", b"long"),
        ("path,map_beg(configmap:l/k)", "/a/b long\n/a short", "/a/bc", b"long"),
        ("path,map_end(configmap:l/k)", ".gz first\n.tar.gz second", "/x.tar.gz", b"first"),
        ("path,map_sub(configmap:l/k)", "lo first\nblog second", "/blog", b"first"),
        ("path,map_dir(configmap:l/k)", "b one\na/b two", "/a/b/c", b"one"),
        ("path,map_dom(configmap:l/k)", "ex.com one", "/www.ex.com", b"one"),
        ("path,map_reg(configmap:l/k)", "^/a one\n^/ab two", "/ab", b"one"),
        ("path,map_regm(configmap:l/k)", "^/a/(.*) /z/\\1", "/a/b", b"/z/b"),
        ("path,map_str_int(configmap:l/k),add(1)", "/a 41", "/a", b"42"),
        ("path,map_str_ip(configmap:l/k)", "/a 10.0.0.1", "/a", b"10.0.0.1"),
        ("src,map_ip(configmap:l/k)", "10.0.0.0/8 wide\n10.1.0.0/16 small", "/", b"small"),
        ("src,map_ip(configmap:l/k)", "10.1.2.0/255.0.255.0 gaps\n10.0.0.0/8 wide", "/", b"wide"),
        ("src,map_ip(configmap:l/k)", "10.1.2.0/255.0.255.0 gaps\n11.0.0.0/8 wide", "/", b"gaps"),
        ("path,map_ip(configmap:l/k,none)", "0.0.0.0/0 all", "/x", b""),
        ("path,length,map_int(configmap:l/k)", "1:5 few\n2 two", "/a", b"few"),
        ("path,map(configmap:l/k)", "# /a no\n\n  /a   one two  \r", "/a", b"one two"),
    ],
)
def test_the_entry_of_a_map_that_counts_is_haproxys(
    converters: str, text: str, path: str, value: bytes
) -> None:
    assert mapped(converters, text).text(path) == value


@pytest.mark.parametrize(
    ("test", "text", "yes", "no"),
    [
        ("path -f configmap:l/k", "/a\n/b", "/b", "/c"),
        ("path -f configmap:l/k /d", "/a", "/d", "/c"),
        ("path_beg -f configmap:l/k", "/a\n/b/", "/b/x", "/b"),
        ("path -i -f configmap:l/k", "/Abc", "/aBC", "/ab"),
        ("path_sub -i -f configmap:l/k", "BOT", "/roBoTs", "/bo"),
        ("path -M -f configmap:l/k", "/a 1", "/a", "/a 1"),
        ("hdr_sub(host) -f configmap:l/k", "ww.ex", "/", ""),
        ("path_reg -i -f configmap:l/k", "^/A", "/ab", "/b"),
        ("path,lower -m end -f configmap:l/k", ".php", "/A.PHP", "/a"),
        ("src -f configmap:l/k", "10.0.0.0/8", "/", ""),
        ("hdr(x) -m ip -f configmap:l/k", "10.0.0.0/8", "", "/"),
        ("path_len -f configmap:l/k", "2", "/a", "/ab"),
    ],
)
def test_a_test_holds_for_the_patterns_of_its_file(test: str, text: str, yes: str, no: str) -> None:
    rules = Rules(f"deny if {{ {test} }}", text)
    assert not yes or rules.hold(yes)
    assert not no or not rules.hold(no.replace(" ", "%20"))


def test_a_part_of_a_header_is_looked_up_not_the_whole() -> None:
    rules = Rules("deny if { hdr_sub(x) -f configmap:l/k }", ",")
    assert not rules.hold("/", "X: a, b")


def test_a_file_changes_under_rules_that_stay() -> None:
    rules = Rules("deny if { path -f configmap:l/k }", "/a")
    assert (rules.hold("/a"), rules.hold("/b")) == (True, False)
    rules.put("/b")
    assert (rules.hold("/a"), rules.hold("/b")) == (False, True)
    rules.lists.drop(FILE)
    assert not rules.hold("/b")


def test_an_unchanged_file_is_not_indexed_anew() -> None:
    rules = Rules("deny if { path -f configmap:l/k }", "/a")
    before = dict(rules.lists.ready)
    rules.put("/a")
    assert rules.lists.ready == before


def test_rules_may_come_after_their_file() -> None:
    use = FileUse(FILE, Match.STR)
    lists = Lists()
    lists.put(PatternFile(FILE, "/a"))
    lists.want((use,))
    assert lists.ready[use.key](b"/a")


class Counted(bytes):
    """Bytes that count how often they are compared."""

    compared = 0

    def __lt__(self, other: bytes) -> bool:
        Counted.compared += 1
        return bytes(self) < bytes(other)


@pytest.mark.parametrize("match", [Match.STR, Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM])
def test_a_hundred_thousand_patterns_cost_a_look_up(match: Match) -> None:
    text = "\n".join(f"/blog-{number}x" for number in range(100_000))
    look = build(FileUse(FILE, match), text)
    assert look(b"/blog-99999x")
    assert not look(b"/blog-100000y")


def test_a_tree_is_walked_not_scanned() -> None:
    find = Prefixes([b"/%d/" % number for number in range(100_000)]).longest
    Counted.compared = 0
    assert find(Counted(b"/99999/x")) == 99_999
    assert 0 < Counted.compared < 40


@pytest.mark.parametrize(
    ("use", "text", "flaw"),
    [
        (FileUse(FILE, Match.IP), "10.0.0.0/8\nnonsense", "line 2: "),
        (FileUse(FILE, Match.REG), "(", "line 1: the expression"),
        (FileUse(FILE, Match.STR, gives="integer"), "/a 1\n/b x", "line 2: the value is no number"),
        (FileUse(FILE, Match.STR, gives="address"), "/a 1.2.3.4\n/b x", "line 2: the value is no address"),
        (FileUse(FILE, Match.REG), "a\n" * 300, "at most 250"),
        (FileUse(FILE, Match.DIR), "/", "nothing but delimiters"),
    ],
)
def test_what_cannot_be_read_of_a_file_is_told_with_its_line(use: FileUse, text: str, flaw: str) -> None:
    assert flaw in "; ".join(flaws_of(use, text))


@pytest.mark.parametrize("use", [FileUse(FILE, match) for match in TEXTS])
def test_a_good_file_has_no_flaws(use: FileUse) -> None:
    assert flaws_of(use, "a\n# comment\n\n b c ") == []
    assert [line.pattern for line in read_lines("a\n# comment\n\n b c ", keyed=False)] == ["a", "b c "]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deny if { path -f }", 'a file is missing after "-f"'),
        ("deny if { path -f /etc/passwd }", '"configmap:NAME/KEY"'),
        ("deny if { path -f configmap:../x }", '"configmap:NAME/KEY"'),
        ("deny if { path -f configmap:a/b/c }", '"configmap:NAME/KEY"'),
        ("deny if { path -f configmap:l/k -i }", '"-i" stands before the files'),
        ("deny if { path -M /a }", '"-f configmap:NAME/KEY" is missing'),
        ("deny if { ssl_fc -f configmap:l/k }", "takes no value here"),
        ("set-header X %[path,map(/etc/map)]", '"configmap:NAME/KEY"'),
        ("set-header X %[path,map_str_int(configmap:l/k,x)]", "is no integer"),
    ],
)
def test_a_file_that_is_none_is_refused(line: str, said: str) -> None:
    with pytest.raises(AclError, match="line 1") as caught:
        parse_rules(line, {})
    assert said in str(caught.value)


Named = Callable[[str], str]


def test_all_files_of_a_policy_are_named_and_listed() -> None:
    lines = (
        "set-header X %[path,map_beg(configmap:a/b)] if { src -f configmap:c/d }\n"
        "set-var(txn.x) path,map_int(configmap:e/f)"
    )
    policy = name_files(
        Policy(parse_rules(lines, {})), Names(lambda word: f"file:s:n/{word.partition(':')[2]}", no_users)
    )
    assert {use.file for use in policy.files} == {"file:s:n/a/b", "file:s:n/c/d", "file:s:n/e/f"}
    assert {use.match for use in policy.files} == {Match.BEG, Match.IP, Match.INT}

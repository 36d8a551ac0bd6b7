"""What is refused, where the finger points, and what no input may do."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.cursor import Family
from ingress.acl.error import AclError
from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_rules
from ingress.acl.words import LINE_LIMIT, TEXT_LIMIT, split_words
from ingress.model.condition import Call, Condition, Criterion, Match, Term
from ingress.model.policy import BackendRule, Deny, Redirect, RedirectTo, Return, Rule, SetHeader

BLOG = Criterion(Call("path"), Match.BEG, ("/blog",))


def flaws(acls: str = "", rules: str = "") -> list[str]:
    """What is wrong with the texts."""
    try:
        parse_rules(rules, parse_acls(acls))
    except AclError as error:
        return [str(flaw) for flaw in error.flaws]
    return []


def test_acls_become_a_tree() -> None:
    assert parse_acls("url_blog path_beg /blog\n# a comment\n\n  n hdr_cnt(X) gt 2  # too many\n") == {
        "url_blog": (BLOG,),
        "n": (Criterion(Call("hdr_cnt", ("X",)), Match.INT, ("3:",)),),
    }


def test_rules_become_a_tree() -> None:
    acls = parse_acls("b path_beg /blog")
    term = Term((BLOG,), name="b")
    assert parse_rules("deny deny_status 404 unless b or !b", acls) == (
        Rule(Deny(404), Condition(((term,), (Term((BLOG,), negated=True, name="b"),)), unless=True)),
    )
    assert parse_rules("redirect scheme https code 301 drop-query\nset-header X 50%%", acls) == (
        Rule(Redirect(RedirectTo.SCHEME, ("https",), 301, drop_query=True)),
        Rule(SetHeader("X", ("50%",))),
    )
    assert parse_rules("return status 503 string 'be back' hdr Retry-After 60", acls) == (
        Rule(Return(503, body=("be back",), headers=(("Retry-After", ("60",)),))),
    )


def test_backend_rules_name_backends_as_they_are_resolved() -> None:
    acls = parse_acls("b path_beg /blog")
    rules = parse_backend_rules("blog:80 if b\nother:1", acls, resolve=lambda word: f"kubernetes:ns/{word}")
    assert rules == (
        BackendRule("kubernetes:ns/blog:80", Condition(((Term((BLOG,), name="b"),),))),
        BackendRule("kubernetes:ns/other:1"),
    )


def test_a_backend_that_cannot_be_resolved_is_pointed_at() -> None:
    def refuse(word: str) -> str:
        raise ValueError(f"no service {word}")

    with pytest.raises(AclError, match=r"line 2, column 2: no service blog"):
        parse_backend_rules("\n blog if TRUE", {}, refuse)


REFUSED_ACLS = [
    ("a path_bge /x", 'column 3: unknown criterion "path_bge"; did you mean "path_beg"?'),
    ("a path_beg,lower /x", 'column 3: a converter cancels the "_beg": write "path,lower -m beg"'),
    ("a path,lowr /x", 'column 8: unknown converter "lowr"; did you mean "lower"?'),
    ("a path,xxh3 5", 'column 8: converter "xxh3" of HAProxy is not supported here'),
    ("a path" + ",lower" * 17 + " /x", "column 3: at most 16 converters"),
    ("a src_conn_rate gt 5", 'criterion "src_conn_rate" of HAProxy is not supported here'),
    ("a req.hdr_beg(host) x", "unknown criterion"),
    ("a method get", 'column 10: methods are case-sensitive: "get" never matches; did you mean "GET"?'),
    ("a path -m mm x", 'column 11: unknown match "mm"'),
    ("a path -m", "column 8: the name of a match is missing"),
    ("a path -x /y", 'column 8: unknown flag "-x"; write "--" before'),
    ("a path -f file", 'column 11: a file is a key of a ConfigMap: "configmap:NAME/KEY"'),
    ("a path /a -i", 'column 11: flag "-i" is a value here'),
    ("a path", 'a value is missing; "-m found"'),
    ("a path -m found x", '"path" takes no value here'),
    ("a path ''", "column 8: an empty value"),
    ("a path_dir /", "column 12: "),
    ("a path_len gt", 'column 12: a number is missing after "gt"'),
    ("a path_len gt 1:2", 'column 15: "gt" takes a number, not a range'),
    ("a path_len -- -5", 'column 15: a negative number is not possible here: write ":5"'),
    ("a path_len 5:3", "an empty range"),
    ("a path_len : x", 'column 12: ":" is no number'),
    ("a path_len 0x10", '"0x10" is no number'),
    ("a src 10.1", 'column 7: "10.1" is an abbreviated address'),
    ("a src 10.0.0.0/33", '"/33" is no mask'),
    ("a src example.org", '"example.org" is not an IP address or network'),
    ("a src 10.0.0.1-10.0.0.9", "is not an IP address"),
    (r"a path_reg (?=x)", "not one of RE2: invalid perl operator"),
    ("a path_reg " + "a" * 2000, "longer than 1024"),
    ("a hdr x", "the name of a header is missing"),
    ("a hdr(a:b) x", '"a:b" is not the name of a header'),
    ("a hdr(x,-11) y", "is no occurrence"),
    ("a hdr(x y", "is not of the form"),
    ("a path() /x", ""),
    ("a path(x) /x", "path: no argument is expected"),
    ("a src -m bool", '"src" gives an address, which "-m bool" cannot compare'),
    ("a", "column 1: a criterion is missing"),
    ("a/b path /x", "is no name for an ACL"),
    ("or path /x", "cannot be the name"),
    ("acl blog path /x", 'leave out "acl"'),
    ("a path 'x", "column 8: a quote (') that is not closed"),
    ('a path "x', 'column 8: a quote (") that is not closed'),
    ('a path "$HOME"', "variables are not expanded"),
    ("a path \\x41", "write the word in single quotes"),
    ("a path \x00", "a control character"),
]
REFUSED_RULES = [
    ("dney", 'column 1: unknown action "dney"; did you mean "deny"?'),
    ("set-var(txn.a,ifempty) path", "conditions in set-var are not supported here: put them behind the rule"),
    ("cache-use x", 'action "cache-use" of HAProxy is not supported here'),
    ("http-request deny", 'leave out "http-request"'),
    ("deny if", 'column 6: a condition is missing after "if"'),
    ("deny if or TRUE", 'column 6: a condition is missing after "if"'),
    ("deny if TRUE or", 'column 14: a condition is missing after "or"'),
    ("deny if !", 'the name of an ACL is missing after "!"'),
    ("deny if TREU", 'column 9: unknown ACL "TREU"; did you mean "TRUE"?'),
    ("deny if !TREU", "column 10: unknown ACL"),
    ("deny if TRUE and FALSE", '"and" means nothing here: write terms side by side'),
    ("deny if ( TRUE )", '"(" means nothing here'),
    ("deny if { path /a", 'column 9: a "{" that is not closed'),
    ("deny if { }", 'a test is missing between "{" and "}"'),
    ("deny if {path /a}", "blanks are needed around each brace"),
    ("deny TRUE", "column 6: unknown option of deny"),
    ("deny deny_status 499", "column 6: without a text of its own, one of 200, 400"),
    ("deny deny_status 600", '"600" is no status'),
    ("deny status 204 string a", "an answer with status 204 has no body"),
    ("deny string a file configmap:a/b", "column 15: one of string, lf-string, file, errorfile is possible"),
    ("deny deny_status", "the status is missing after this"),
    ("redirect", '"location", "prefix" or "scheme" is missing'),
    ("redirect location", "the target is missing"),
    ("redirect code 301", '"location", "prefix" or "scheme" is missing'),
    ("redirect location /a code 300", '"300" is not possible here'),
    ("redirect location '/a b'", "is no URL"),
    ("redirect location /a%20b", 'a "%" begins a sample'),
    ("redirect location /a drop-query", "does something only beside"),
    ("redirect prefix /a append-slash", 'only beside "drop-query"'),
    ("redirect prefix /a set-cookie", "a cookie is missing"),
    ("redirect scheme https://", "is not the name of a scheme"),
    ("set-header X %[srcc]", 'column 16: unknown fetch "srcc"; did you mean "src"?'),
    ("set-header X", "the value of the header is missing"),
    ("set-header X ''", "cannot be empty"),
    ("set-header X a b", 'column 16: "if" or "unless" is expected here'),
    ("set-header Content-Length 5", "belongs to the connection"),
    ("set-header X-Forwarded-For 1.2.3.4", "always sent by the proxy itself"),
    ("set-header a:b c", "is not the name of a header"),
    ("del-header Host", "cannot be deleted"),
    ("del-header X -i", "column 14: unknown option of del-header"),
    ("del-header X -m bge", 'column 17: unknown match "bge"; did you mean "beg"?'),
    ("del-header ( -m reg", "column 12: "),
    ("return status 100", "is no status"),
    ("return status 204 string x", "has no body"),
    ("return string x status 204", "has no body"),
    ("return file /etc/passwd", 'a file is a key of a ConfigMap: "configmap:NAME/KEY"'),
    (
        "return lf-file configmap:a/b",
        'option "lf-file" of return is not supported here: write the text into the rule',
    ),
    ("capture src id 0", 'column 13: slots are not declared here: write "len"'),
    ("capture src len 9999", '"9999" is no number from 1 to 1024'),
    ("capture ssl_c_der,sha3 len 9", "unknown converter"),
    ("set-log-level slient", 'unknown level "slient"; did you mean "silent"?'),
    ("set-timeout client 5s", 'column 13: "server" or "tunnel" is expected, not "client"'),
    ("set-timeout server 0", '"0" is no time limit'),
    ("set-timeout server 5x", "column 20: "),
    ("set-src-port src,lower,json_query(", "column "),
    ("normalize-uri path-merge-slash", 'did you mean "path-merge-slashes"?'),
    ("normalize-uri fragment-strip", "a target with a # is refused in any case"),
    ("normalize-uri path-strip-dot full", "unknown option of path-strip-dot"),
    ("early-hint Content-Length 5", "belongs to the connection"),
    ("return hdr Content-Length 5", "belongs to the connection"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED_ACLS)
def test_an_acl_that_is_wrong_is_refused_by_name(text: str, message: str) -> None:
    if not message:
        assert flaws(acls=text) == []
    else:
        assert message in "".join(flaws(acls=text)), flaws(acls=text)


@pytest.mark.parametrize(("text", "message"), REFUSED_RULES)
def test_a_rule_that_is_wrong_is_refused_by_name(text: str, message: str) -> None:
    assert message in "".join(flaws(rules=text)), flaws(rules=text)


@pytest.mark.parametrize(
    "rule",
    [
        "set-header Authorization Bearer s3cr3t",
        'set-header "Authorization: s3cr3t" x',
        "set-header Authorization Basic%s3cr3t",
        "set-header Authorization Basic%secret",
        'set-header Authorization "s3cr3t %[hdr(x"',
        "set-header Authorization %[str(s3cr3t)",
        "set-header Content-Length s3cr3t",
        "set-haeder Authorization s3cr3t",
        'set-header Authorization "s3cr3t',
        "replace-header Authorization s3cr3t( x",
        "return string Go s3cr3t",
        "return hdr a:s3cr3t x",
        "auth realm staff s3cr3t",
        "auth realm 's3cr3t\"'",
        "redirect location /a?s3cr3t'<'",
        "redirect location /a set-cookie 'a:s3cr3t'",
        "set-var(txn.a) str(s3cr3t)x",
        "deny unless { hdr(x-key) -s3cr3t }",
        "deny unless { hdr(x-key)=s3cr3t }",
        "deny unless {hdr(x-key)=s3cr3t}",
        "deny unless { hdr(x-key) -m bin s3cr3t }",
        "deny unless { hdr(x-key) -m reg s3cr3t( }",
    ],
)
def test_no_message_shows_a_value_that_may_be_a_secret(rule: str) -> None:
    found = flaws(rules=rule)
    assert found
    assert "s3cr3t" not in "".join(found)
    assert "secret" not in "".join(found)


def test_all_wrong_lines_are_told_at_once() -> None:
    assert [flaw.split(":")[0] for flaw in flaws(acls="a path_bge x\nb path /y\nc src z")] == [
        "line 1, column 3",
        "line 3, column 7",
    ]


def test_texts_have_limits() -> None:
    assert "longer than" in flaws(acls="#" * (TEXT_LIMIT + 1))[0]
    assert "more than" in flaws(acls="\n" * LINE_LIMIT + "a path /x")[0]
    assert "regular expressions" in flaws(acls="a path_reg" + " a" * 101)[0]
    assert "regular expressions" in flaws(rules="replace-path a b\n" * 101)[0]
    assert "regular expressions" in flaws(rules="set-header a %[path,regsub(a,b)]\n" * 101)[0]
    assert "regular expressions" in flaws(rules="set-var(txn.a) path,regsub(a,b)\n" * 101)[0]
    assert "regular expressions" in flaws(rules="deny if { path_reg " + " a" * 101 + " }")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"a\.b", [r"a\.b"]),
        (r"a\\b a\ b a\#b", [r"a\b", "a b", "a#b"]),
        ('\'a\\.b #\' "a \\"b\\$"c', [r"a\.b #", 'a "b$c']),
        ("a#b", ["a"]),
        ("''", [""]),
        ("\ta  b\t", ["a", "b"]),
        ("a\\", ["a\\"]),
        ('"$1" $HOME', ["$1", "$HOME"]),
    ],
)
def test_words_are_split_as_haproxy_splits_them(text: str, words: list[str]) -> None:
    assert [word.text for word in split_words(text, 1)] == words


VOCABULARY = st.one_of(
    st.sampled_from(
        [*CRITERIA, *ACTIONS, "hdr(host)", "-i", "-m", "--", "beg", "reg", "{", "}", "!", "or", "if"]
    ),
    st.sampled_from(
        ["unless", "TRUE", "(((((", "1:5", "gt", "10.0.0.0/8", "/a", "status", "code", "%%", "a", "\n"]
    ),
    st.sampled_from([f"%[{name}]" for name in CRITERIA]),
    st.sampled_from(
        [*(f"path,{row.usage}" for row in CONVERTERS.values()), "set-var(txn.a)", "%[path", '"%[']
    ),
    st.text(max_size=6),
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(VOCABULARY, max_size=14).map(" ".join))


def read_all(acls: str, rules: str) -> list[str]:
    """What the readers refuse."""
    named: dict[str, tuple[Criterion, ...]] = {}
    refused = []
    readers: list[Callable[[], object]] = [
        lambda: named.update(parse_acls(acls)),
        *(partial(parse_rules, rules, named, family) for family in Family),
        lambda: parse_backend_rules(rules, named, resolve=str),
    ]
    for read in readers:
        try:
            read()
        except AclError as error:
            refused.append(str(error))
    return refused


@settings(max_examples=400, deadline=1000)
@given(TEXTS, TEXTS)
def test_no_text_does_anything_but_parse_or_be_refused_in_one_printable_line(acls: str, rules: str) -> None:
    for message in read_all(acls, rules):
        assert message.isprintable()
        assert message.startswith("line ")

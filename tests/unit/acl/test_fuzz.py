"""Whatever stands in a text of rules: it is read, or refused with a place in it, within a bounded time."""

import re
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.cursor import Family
from ingress.acl.error import AclError
from ingress.acl.fetches import FETCHES
from ingress.acl.file_uses import Names, name_files, no_users
from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_rules
from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy

WORDS: Final = (
    *CRITERIA,
    *CONVERTERS,
    *ACTIONS,
    *(row.example for rows in (FETCHES, CONVERTERS, ACTIONS) for row in rows.values()),
    *(
        "if",
        "unless",
        "or",
        "||",
        "!",
        "!!a",
        "{",
        "}",
        "-i",
        "-m",
        "-f",
        "-M",
        "--",
        "-n",
        "beg",
        "reg",
        "a",
    ),
    *("eq", "gt", "5", "5:7", ":", "-5", "10.0.0.0/8", "/x", "(", ")", ",", "%[", "]", "%[src]", "%%", "\\1"),
    *("'", '"', "\\", "#", "$x", "configmap:l/k", "file:a/b/c", "deny_status", "429", "connection"),
)
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
lines = st.lists(words, max_size=12).map(" ".join)
texts = st.one_of(st.lists(lines, max_size=4).map("\n".join), st.text(max_size=200))
joined = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(",".join)

bounded = settings(max_examples=300, deadline=500)


def told_in_its_place(error: AclError, text: str) -> None:
    """Each flaw names a line of the text and a place in it, in one line that can be shown."""
    rows = text.split("\n")
    for flaw in error.flaws:
        assert 1 <= flaw.line <= len(rows) + 1
        assert 1 <= flaw.column <= max(map(len, rows)) + 2
        assert flaw.message
        assert re.fullmatch(r"line \d+, column \d+: [^\n\r]+", str(flaw))


@bounded
@given(text=texts)
def test_any_text_of_acls_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse_acls(text)
    except AclError as error:
        told_in_its_place(error, text)


@bounded
@given(text=texts, family=st.sampled_from(Family))
def test_any_text_of_rules_is_refused_with_a_place_or_compiles(text: str, family: Family) -> None:
    try:
        rules = parse_rules(text, parse_acls("a path /a"), family)
    except AclError as error:
        told_in_its_place(error, text)
        return
    answers = family in (Family.RESPONSE, Family.FINAL)
    policy = Policy(response_rules=rules) if answers else Policy(rules)
    compile_policy(name_files(policy, Names(lambda word: f"file:s:n/{word.rpartition(':')[2]}", no_users)))


@bounded
@given(text=st.one_of(texts, joined))
def test_any_condition_is_read_or_refused_with_a_place(text: str) -> None:
    line = "web:80 if " + text
    try:
        parse_backend_rules(line, {}, str)
    except AclError as error:
        told_in_its_place(error, line)

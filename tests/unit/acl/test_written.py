"""Rules as people write them: what is shown of a rule says the same as what was read."""

import pytest

from ingress.acl.action import ACTIONS
from ingress.acl.condition import PREDEFINED
from ingress.acl.converters import CONVERTERS
from ingress.acl.cursor import Family
from ingress.acl.fetches import FETCHES
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.written import write_criterion, write_rule

CRITERIA = [row.example for row in dict.fromkeys(FETCHES.values())]
CRITERIA += [row.example for row in CONVERTERS.values()]
CRITERIA += [
    *PREDEFINED.values(),
    "path -i -m reg -- -x 'a b' \"it's\"",
    "hdr(host) -m found",
    "int(5) 1:3 7:",
]


@pytest.mark.parametrize("text", CRITERIA)
def test_a_test_that_is_shown_reads_as_the_same_test(text: str) -> None:
    (criterion,) = parse_acls(f"a {text}")["a"]
    assert parse_acls(f"a {write_criterion(criterion)}")["a"] == (criterion,)


@pytest.mark.parametrize("name", ACTIONS)
def test_a_rule_that_is_shown_reads_as_the_same_rule(name: str) -> None:
    form = ACTIONS[name]
    for family in form.families:
        # Such a line begins with its stage, which is not a part of the rule.
        stage = "connection " if family is Family.CONNECTION else ""
        (rule,) = parse_rules(stage + form.example.removeprefix("connection "), {}, family)
        assert parse_rules(stage + write_rule(rule, family), {}, family) == (rule,)


@pytest.mark.parametrize(
    "text",
    [
        "redirect prefix https://a.org/50%% code 308 drop-query append-slash set-cookie 'a=1 2'",
        "return status 404 content-type a/b lf-string 'no %[path,regsub(/a,\"b c\",g)]' hdr x-a 'b c'",
        "replace-value X-Tags ^a(.*) '\\1' unless { src 10.0.0.0/8 } ! TRUE or { path_beg '/a b' }",
        "set-query %[query]&a=%[src]",
        r'''set-header X-Said "it's \"so\" \\ \$x"''',
        "set-var(txn.a) hdr(x-a),lower if !METH_GET",
    ],
)
def test_options_texts_and_conditions_are_shown_whole(text: str) -> None:
    (rule,) = parse_rules(text, {})
    assert parse_rules(write_rule(rule), {}) == (rule,)


def test_a_long_list_is_shown_in_part() -> None:
    (criterion,) = parse_acls("a path " + " ".join(f"/{number}" for number in range(1000)))["a"]
    assert write_criterion(criterion).endswith(" /18 /19 … and 980 more")

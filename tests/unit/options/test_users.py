"""Users as people write them, and the options that name them."""

import pytest

from discovery.dialects.tags import gather, read
from discovery.policy import read_policy
from discovery.userlists import MOST, read_htpasswd, read_secret, read_userlist
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

SHA = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
APR = "$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS."
ORIGIN = Origin("consul", "service", "", "web")


def test_of_an_htpasswd_file_names_and_hashes_count() -> None:
    text = f"\n# staff\nann:{SHA}\r\n  bob b:{APR}:Bob, from sales\nann:{APR}\n"
    assert read_htpasswd(text).text == f"ann:{SHA}\nbob b:{APR}\n"
    assert read_htpasswd(text).flaws == ()


def test_a_group_may_be_named_at_either_end() -> None:
    text = f"group a users ann,bob\nuser ann password {SHA}\nuser bob password {APR} groups b,c\ngroup d"
    assert read_userlist(text).text == f"ann:{SHA}:a\nbob:{APR}:a,b,c\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("user ann insecure-password secret", 'user "ann": only hashes are kept'),
        ("user ann password secret", 'user "ann": the password is not hashed'),
        (f"user ann {SHA}", "a user is written: user NAME password HASH"),
        (f"user ann password {SHA} groups", "a user is written"),
        (f"user ann password {SHA} group a", "a user is written"),
        (f"user ann password {SHA} groups a:b", "a user is written"),
        (f"user a:b password {SHA}", "a user has a name and the hash"),
        ("group", "a group is written"),
        ("group a user ann", "a group is written"),
        (f"ann:{SHA}", 'a line begins with "user" or "group"'),
    ],
)
def test_a_line_that_cannot_be_read_costs_itself_and_no_hash_is_shown(line: str, why: str) -> None:
    found = read_userlist(f"user cat password {SHA}\n{line}")
    assert found.text == f"cat:{SHA}\n"
    (flaw,) = found.flaws
    assert str(flaw).startswith(f"line 2: {why}")
    assert not any(shown in str(flaw) for shown in ("secret", "5en6", "82Ju"))


def test_a_stranger_in_a_group_is_told() -> None:
    (flaw,) = read_userlist("group a users bbo").flaws
    assert str(flaw) == 'a group has "bbo" in it, who is no user'


def test_a_list_has_an_end() -> None:
    found = read_htpasswd("".join(f"u{number}:{SHA}\n" for number in range(MOST + 1)))
    assert found.text.count("\n") == MOST
    assert f"more than {MOST} users" in str(found.flaws[0])


def test_bytes_that_are_no_text_are_no_users() -> None:
    found = read_secret({"auth": b"ann:\xff\xfe\n", "other": b""})
    assert found.text == ""
    assert len(found.flaws) == 1


def policy_of(*tags: str) -> tuple[Policy, tuple[Problem, ...]]:
    """The policy of a Consul service."""
    declared = read(gather(tags, {}, "headgate"), ORIGIN, "headgate")
    (reading,) = declared.routes[-1:]
    return read_policy(reading, ORIGIN, str)


LISTS = (
    "headgate.host=a.example.com",
    f"headgate.userlist=staff user ann password {SHA} groups a",
    f"headgate.userlist=guests user cat password {APR}",
    "headgate.userlist=staff group b users ann",
)


def test_a_consul_service_has_lists_of_its_own() -> None:
    policy, problems = policy_of(*LISTS, "headgate.http-request=auth unless { http_auth(staff) }")
    assert problems == ()
    assert policy.files == ()
    (rule,) = policy.rules
    assert rule.condition is not None
    assert rule.condition.alternatives[0][0].tests[0].fetch.args == ("staff", f"ann:{SHA}:a,b\n")


def test_what_the_routes_of_a_service_share_has_its_users_too() -> None:
    tags = (*LISTS, "headgate.route.2.host=x", "headgate.route.2.http-request=deny if { http_auth(guests) }")
    policy, problems = policy_of(*tags)
    assert (problems, policy.closed) == ((), "")


def test_a_list_that_nobody_has_written_closes_the_routes() -> None:
    policy, (problem,) = policy_of(*LISTS, "headgate.http-request=auth unless { http_auth(stafff) }")
    assert 'there is no userlist "stafff"; did you mean "staff"?' in problem.reason
    assert policy.closed


def test_a_user_that_cannot_be_read_is_told_by_the_name_of_the_tag_alone() -> None:
    tags = (*LISTS, "headgate.userlist=staff user bob password s3cr3t")
    policy, (problem,) = policy_of(*tags, "headgate.http-request=auth unless { http_auth(staff) }")
    assert str(problem).startswith('service web: headgate.userlist: line 4: user "bob": the password is not')
    assert not policy.closed
    assert "s3cr3t" not in f"{problem}{problem.value}{policy}"


def test_a_tag_that_means_to_guard_by_a_secret_closes_the_routes() -> None:
    declared = read(gather(("headgate.auth-secret=staff",), {}, "headgate"), ORIGIN, "headgate")
    (problem,) = declared.problems
    assert problem.closes
    assert "not in a tag" in problem.reason


@pytest.mark.parametrize(
    "call", ["http_auth(staff,'eve:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=')", "http_auth(a,b)"]
)
def test_nobody_brings_users_with_a_call(call: str) -> None:
    policy, problems = policy_of(*LISTS, f'headgate.http-request=allow if {{ "{call}" }}')
    assert policy.closed
    assert any("the name of one userlist is expected" in problem.reason for problem in problems)

"""Names and passwords of requests, and the users they are compared with."""

from base64 import b64encode
from typing import Any

import pytest

from ingress.acl.formula import compile_condition
from ingress.acl.grammar import AclError, Family, parse_rules
from ingress.acl.lists import build
from ingress.acl.text import compile_text
from ingress.acl.users import use_of_users
from ingress.acl.wait import Check, Wait
from ingress.acl.written import write_rule
from ingress.model.condition import Call
from ingress.model.policy import SetHeader
from tests.unit.acl.conftest import Client, Surroundings, patiently, request_of

# The passwords are "secret", "b:c" and "x".
USERS = """ann:$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4:admins,staff
bob:{SHA}Jd0Lt3GPigtAKr++DiQLPn0y8fY=:staff
cat:$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.
"""
USE = use_of_users(Call("http_auth", ("users",)))


class Knowing(Surroundings):
    """A world with users."""

    def __init__(self) -> None:
        assert USE is not None
        self.files: dict[str, Any] = {USE.key: build(USE, USERS)}
        self.asked: list[Check] = []

    def knows(self, check: Check) -> bool:
        self.asked.append(check)
        return False


def basic(text: str, scheme: str = "Basic") -> str:
    return f"Authorization: {scheme} {b64encode(text.encode()).decode()}"


def client_of() -> Client:
    client = Client()
    client.surroundings = Knowing()
    return client


def holds(test: str, *fields: str, client: Client | None = None) -> bool:
    (rule,) = parse_rules(f"deny if {{ {test} }}", {})
    assert rule.condition is not None
    return patiently(compile_condition(rule.condition), request_of("GET /", *fields), client or client_of())


def text_of(text: str, *fields: str) -> bytes:
    (rule,) = parse_rules(f"set-header x '{text}'", {})
    assert isinstance(rule.action, SetHeader)
    return patiently(compile_text(rule.action.value), request_of("GET /", *fields), client_of())


@pytest.mark.parametrize(
    ("field", "known"),
    [
        (basic("ann:secret"), True),
        (basic("ann:secret", "bAsIc "), True),
        (basic("bob:b:c"), True),
        (basic("cat:x"), True),
        (basic("ann:Secret"), False),
        (basic("ann:"), False),
        (basic("ann"), False),
        (basic("eve:secret"), False),
        (basic("eve:x"), False),
        (basic("ann:secret", "Bas"), False),
        (basic("ann:secret", "Bearer"), False),
        (basic("ann:secret").rstrip("="), False),
        (basic("cat:x").rstrip("=")[:-1], False),
        ("Authorization: Basic", False),
        ("Authorization:", False),
        ("Proxy-" + basic("ann:secret"), False),
    ],
)
def test_who_gives_the_password_of_a_user_is_one(field: str, known: bool) -> None:
    assert holds("http_auth(users)", field) is known


def test_of_several_fields_the_first_counts() -> None:
    right, wrong = basic("ann:secret"), basic("ann:x")
    assert holds("http_auth(users)", right, wrong)
    assert not holds("http_auth(users)", wrong, right)


def test_groups_are_compared_as_they_are_spelled() -> None:
    ann, bob = basic("ann:secret"), basic("bob:b:c")
    assert holds("http_auth_group(users) admins", ann)
    assert holds("http_auth_group(users) guests staff", bob)
    assert not holds("http_auth_group(users) admins", bob)
    assert not holds("http_auth_group(users) -i ADMINS", ann)
    assert not holds("http_auth_group(users) staff", basic("bob:wrong"))
    assert not holds("http_auth_group(users) staff", basic("cat:x"))


def test_a_text_has_the_name_of_the_user_and_whether_the_password_is_right() -> None:
    parts = "%[http_auth(users)] %[http_auth_group(users)] %[http_auth_group(users),upper] %[http_auth_user] "
    parts += "%[http_auth_type] %[http_auth_bearer]"
    assert text_of(parts, basic("ann:secret")) == b"1 ann ANN ann Basic "
    assert text_of(parts, basic("ann:x")) == b"0   ann Basic "
    assert text_of(parts, "Authorization: bearer abc.d") == b"    Bearer abc.d"
    assert text_of(parts) == b"     "


def test_for_an_unknown_name_a_hash_is_compared_all_the_same() -> None:
    client = client_of()
    assert not holds("http_auth(users)", basic("eve:secret"), client=client)
    assert isinstance(client.surroundings, Knowing)
    assert {check.digest[:3] for check in client.surroundings.asked} == {b"$5$"}


def test_what_is_not_known_yet_is_waited_for_and_then_remembered_for_the_request() -> None:
    client = client_of()
    (rule,) = parse_rules("deny if { http_auth(users) }", {})
    assert rule.condition is not None
    predicate, request = compile_condition(rule.condition), request_of("GET /", basic("ann:secret"))
    with pytest.raises(Wait) as caught:
        predicate(request, client)
    need = caught.value.need
    assert isinstance(need, Check)
    for right in (True, False):
        request.set_variable(need.name, (None, right))
        assert predicate(request, client) is right
    # Another password is another question.
    request.edit(b"Authorization", [basic("ann:other").removeprefix("Authorization: ").encode()])
    with pytest.raises(Wait):
        predicate(request, client)


def test_a_list_that_is_not_there_has_nobody_in_it() -> None:
    assert not holds("http_auth(users)", basic("ann:secret"), client=Client())


@pytest.mark.parametrize("rule", ["set-header x %[http_auth_group(users)]", "deny if { http_auth(users) }"])
def test_when_there_is_an_answer_it_is_too_late_to_ask(rule: str) -> None:
    with pytest.raises(AclError, match="set-var"):
        parse_rules(rule, {}, Family.RESPONSE)


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b"])
def test_what_is_no_name_of_a_list_is_refused(name: str) -> None:
    with pytest.raises(AclError, match="userlist"):
        parse_rules(f"deny if {{ 'http_auth({name})' }}", {})


def test_users_that_come_with_a_rule_are_never_written_with_it() -> None:
    (rule,) = parse_rules(f"""auth unless {{ 'http_auth(own,"{USERS.splitlines()[1]}")' }}""", {})
    assert write_rule(rule) == "auth unless { http_auth(own) }"
    assert rule.condition is not None
    assert not compile_condition(rule.condition)(request_of("GET /", basic("bob:b:c")), Client())
    assert compile_condition(rule.condition)(request_of("GET /", basic("bob:x")), Client())

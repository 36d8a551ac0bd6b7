"""Secrets with users: what they say now is who gets in, and nothing that they said before."""

import json
from typing import Any

import pytest

from tests.unit.kubernetes_translate.conftest import Lab

LIST = "users:test:team-a/staff"
ANN = "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
BOB = "bob:$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS."
RULE = "auth unless { http_auth(staff) }"


def secret(**values: str) -> str:
    data = "".join(f"\n  {key}: {json.dumps(text)}" for key, text in values.items())
    return f"kind: Secret\nmetadata: {{name: staff}}\nstringData:{data or ' {}'}"


def guarded(shop: tuple[str, str], **annotations: str) -> tuple[str, str]:
    """The Ingress with annotations; without any, with a rule that asks for users."""
    ingress, service = shop
    said = annotations or {"http-request": RULE}
    written = ", ".join(
        f"headgate.dev/{name.replace('_', '-')}: {json.dumps(text)}" for name, text in said.items()
    )
    return ingress.replace("name: shop,", f"name: shop, annotations: {{{written}}},", 1), service


def closed(lab: Lab) -> bool:
    return "closed:" in lab.ear.text()


def test_users_are_told_with_the_rules_that_look_for_them(lab: Lab, shop: tuple[str, str]) -> None:
    assert lab.apply(secret(auth=f"# staff\n{ANN}:Ann in person\n"), *shop).files == {}
    lab.apply(*guarded(shop))
    assert lab.ear.files == {LIST: f"{ANN}\n"}
    assert not closed(lab)
    assert lab.cluster.wanted_userlists() == {("team-a", "staff")}
    assert lab.cluster.wanted_secrets() == frozenset()
    assert lab.apply(*shop).files == {}
    assert lab.cluster.wanted_userlists() == frozenset()


@pytest.mark.parametrize(
    ("values", "users"),
    [
        ({"auth": f"{ANN}\n\n{BOB}\n"}, f"{ANN}\n{BOB}\n"),
        ({"ann": ANN[4:] + "\n", "bob": BOB[4:]}, f"{ANN}\n{BOB}\n"),
        (
            {
                "userlist": f"group g users ann\nuser ann password {ANN[4:]}\n"
                f"user bob password {BOB[4:]} groups g,h"
            },
            f"{ANN}:g\n{BOB}:g,h\n",
        ),
    ],
)
def test_users_are_written_in_three_ways(
    values: dict[str, str], users: str, lab: Lab, shop: tuple[str, str]
) -> None:
    lab.apply(secret(**values), *guarded(shop))
    assert lab.ear.files == {LIST: users}
    assert lab.ear.problems == []


def test_a_change_of_users_is_told_alone(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(secret(auth=ANN), *guarded(shop))
    lab.ear.calls.clear()
    assert lab.apply(secret(auth=BOB)).calls == {"put_file": 1}
    assert lab.ear.files == {LIST: f"{BOB}\n"}
    lab.ear.calls.clear()
    assert lab.apply(secret(auth=BOB)).calls == {}


def test_a_line_that_cannot_be_read_costs_its_user_alone_and_is_told_without_a_hash(
    lab: Lab, shop: tuple[str, str]
) -> None:
    lab.apply(secret(auth=f"{ANN}\n{BOB}"), *guarded(shop))
    ear = lab.apply(secret(auth=f"{ANN}\nbob:in clear\nnobody"))
    assert ear.files == {LIST: f"{ANN}\n"}
    assert not closed(lab)
    assert [problem.partition(": ")[2] for problem in ear.problems] == [
        'line 2: user "bob": the password is not hashed in a way that is known: '
        "bcrypt, SHA-256, SHA-512, MD5, apr1, SHA-1",
        "line 3: a user has a name and the hash of a password: NAME:HASH",
    ]
    assert all(problem.startswith("secret team-a/staff: ") for problem in ear.problems)
    assert "clear" not in "".join(ear.problems)
    assert lab.apply(secret(auth=ANN)).problems == []


def test_rules_without_their_secret_are_closed_until_it_is_there(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(*guarded(shop))
    assert closed(lab)
    assert any("secret team-a/staff does not exist" in problem for problem in lab.ear.problems)
    lab.apply(secret(auth=ANN))
    assert not closed(lab)
    assert lab.ear.problems == []


def test_who_was_in_a_secret_that_is_gone_does_not_get_in(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(secret(auth=ANN), *guarded(shop))
    lab.delete("secrets", "staff")
    assert closed(lab)
    assert lab.ear.files == {LIST: ""}
    lab.apply(secret(auth=BOB))
    assert not closed(lab)
    assert lab.ear.files == {LIST: f"{BOB}\n"}


def test_an_empty_secret_lets_nobody_in(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(secret(), *guarded(shop))
    assert lab.ear.files == {LIST: ""}
    assert lab.ear.problems == ["secret team-a/staff: has no users"]


def test_rules_whose_secret_is_yet_to_be_read_are_told_when_it_has_been(
    lab: Lab, shop: tuple[str, str]
) -> None:
    lab.apply(*shop)
    lab.cluster.lookups.awaited = lambda kind, key: kind == "secrets"
    before = lab.ear.text()
    assert lab.apply(*guarded(shop)).text() == before
    assert lab.cluster.wanted_userlists() == {("team-a", "staff")}
    lab.cluster.lookups.awaited = lambda kind, key: False
    lab.apply(secret(auth=ANN))
    assert not closed(lab)
    assert lab.ear.files == {LIST: f"{ANN}\n"}


@pytest.mark.parametrize("word", ["users:test:team-b/staff", "team-b/staff", "Staff", "../x"])
def test_the_secret_of_another_namespace_cannot_be_named(word: str, lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(*guarded(shop, http_request=f"auth unless {{ http_auth({word}) }}"))
    assert closed(lab)
    assert lab.cluster.wanted_userlists() == frozenset()


def test_an_annotation_alone_guards_all_routes_before_any_rule(lab: Lab, shop: tuple[str, str]) -> None:
    rules = {"auth_secret": "staff", "auth_realm": "back office", "http_request": "allow"}
    lab.apply(secret(auth=ANN), *guarded(shop, **rules))
    assert lab.ear.files == {LIST: f"{ANN}\n"}
    policy = _policy(lab)
    assert [str(rule.action.__struct_config__.tag) for rule in policy.rules] == ["auth", "allow"]
    assert policy.rules[0].action.realm == "back office"
    assert policy.rules[0].condition.unless


@pytest.mark.parametrize(
    "annotations",
    [
        {"auth_realm": "x"},
        {"auth_secret": "a/b"},
        {"auth_secret": ""},
        {"auth_secret": "staff", "auth_realm": '"'},
    ],
)
def test_a_guard_that_cannot_be_read_closes_the_routes(
    annotations: dict[str, str], lab: Lab, shop: tuple[str, str]
) -> None:
    lab.apply(secret(auth=ANN), *guarded(shop, **annotations))
    assert closed(lab)


def _policy(lab: Lab) -> Any:
    (claim,) = (claim for each in lab.ear.objects.values() for claim in each.claims)
    return claim.route.policy

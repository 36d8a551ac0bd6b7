"""Rules on Services and in ConfigMaps of platforms: what backends and routes have of them."""

from collections.abc import Callable

import pytest

from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.policy import Policy
from tests.unit.kubernetes_translate.conftest import Lab

CLASS = """
kind: IngressClass
metadata: {name: headgate}
spec:
  controller: headgate.dev/ingress-controller
  parameters: {kind: ConfigMap, name: edge, namespace: infra, scope: Namespace}
"""
OF_CLASS = "test:infra/edge"
FILE = "kind: ConfigMap\nmetadata: {name: lists}\ndata: {bad: 10.0.0.0/8}"


def with_rules(manifest: str, rules: str, option: str = "http-request") -> str:
    named = f"name: shop, annotations: {{headgate.dev/{option}: {rules!r}}}"
    return manifest.replace("name: shop", named, 1)


def configmap(key: str = "http-request", text: str = "deny if { path /a }") -> str:
    return f"kind: ConfigMap\nmetadata: {{name: edge, namespace: infra}}\ndata: {{{key}: {text!r}}}"


def backend_policy(lab: Lab) -> Policy:
    return lab.ear.backends["test:team-a/shop:80"][0].policy


def platforms(lab: Lab) -> dict[str, Platform]:
    found = (each for translation in lab.ear.objects.values() for each in translation.platforms)
    return {each.name: each for each in found}


def route_platform(lab: Lab) -> str:
    [claim] = [claim for each in lab.ear.objects.values() for claim in each.claims]
    return claim.route.platform


def test_rules_of_a_service_go_with_its_backend(lab: Lab, shop: tuple[str, str]) -> None:
    ingress, service = shop
    lab.apply(ingress, with_rules(service, "deny if { path /a }"))
    assert len(backend_policy(lab).rules) == 1
    assert lab.ear.problems == []
    lab.apply(service)
    assert backend_policy(lab) == Policy()


def test_rules_of_a_service_that_cannot_be_read_close_its_backend(lab: Lab, shop: tuple[str, str]) -> None:
    ingress, service = shop
    lab.apply(ingress, with_rules(service, "dney if { path /a }"))
    assert "unknown action" in backend_policy(lab).closed
    assert any("service team-a/shop" in problem for problem in lab.ear.problems)


def test_rules_of_a_service_are_closed_until_what_they_look_into_is_there(
    lab: Lab, shop: tuple[str, str]
) -> None:
    ingress, service = shop
    lab.apply(ingress, with_rules(service, "deny if { src -f configmap:lists/bad }"))
    assert backend_policy(lab).closed
    assert lab.cluster.wanted_configmaps() == {("team-a", "lists")}
    lab.apply(FILE)
    assert not backend_policy(lab).closed
    assert lab.ear.files == {"file:test:team-a/lists/bad": "10.0.0.0/8"}
    assert lab.ear.problems == []


USERS = "kind: Secret\nmetadata: {name: staff}\nstringData: {auth: 'ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='}"
ASKS = "auth unless { http_auth(staff) }"


def test_a_service_may_ask_for_users_of_its_namespace(lab: Lab, shop: tuple[str, str]) -> None:
    ingress, service = shop
    lab.apply(ingress, with_rules(service, ASKS))
    assert "staff" in backend_policy(lab).closed
    assert lab.cluster.wanted_userlists() == {("team-a", "staff")}
    lab.apply(USERS)
    assert not backend_policy(lab).closed
    assert list(lab.ear.files) == ["users:test:team-a/staff"]
    assert lab.ear.problems == []


def test_a_service_chooses_no_other_backend(lab: Lab, shop: tuple[str, str]) -> None:
    ingress, service = shop
    lab.apply(ingress, with_rules(service, "other:80", "use-backend"))
    assert backend_policy(lab) == Policy()
    assert "it belongs on the Ingress" in lab.ear.problems[0]


@pytest.fixture
def platform_lab(make_lab: Callable[..., Lab]) -> Lab:
    """A cluster whose ConfigMap `infra/edge` is for all routes."""
    return make_lab(platform_rules="infra/edge")


def test_the_rules_for_all_routes_are_told_once_whatever_routes_there_are(
    platform_lab: Lab, shop: tuple[str, str]
) -> None:
    lab = platform_lab
    lab.apply(configmap(), *shop)
    assert len(platforms(lab)[EVERYWHERE].policy.rules) == 1
    assert route_platform(lab) == ""
    lab.ear.calls.clear()
    lab.apply(configmap(text="deny if { path /b }"))
    assert lab.ear.calls == {"put": 1}
    assert lab.cluster.wanted_configmaps() == {("infra", "edge")}


def test_the_rules_of_a_class_are_for_its_ingresses(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(CLASS, configmap(), *shop)
    assert len(platforms(lab)[OF_CLASS].policy.rules) == 1
    assert route_platform(lab) == OF_CLASS
    lab.apply(CLASS.partition("  parameters")[0])
    assert route_platform(lab) == ""
    assert platforms(lab) == {}


def test_a_platform_that_was_never_whole_is_closed_and_told(platform_lab: Lab, shop: tuple[str, str]) -> None:
    lab = platform_lab
    lab.apply(*shop)
    assert platforms(lab)[EVERYWHERE].policy.closed
    assert "platform infra/edge: there is no such ConfigMap" in lab.ear.problems[0]
    lab.apply(configmap(text="dney"))
    assert platforms(lab)[EVERYWHERE].policy.closed
    assert "platform infra/edge: http-request" in lab.ear.problems[0]
    lab.apply(configmap())
    assert not platforms(lab)[EVERYWHERE].policy.closed
    assert lab.ear.problems == []


def test_a_platform_that_breaks_leaves_it_to_the_last_good_version(
    platform_lab: Lab, shop: tuple[str, str]
) -> None:
    """What is flawed and closes nothing keeps what it said last (`discovery.assemble.contribution`)."""
    lab = platform_lab
    lab.apply(configmap(), *shop)
    for broken in (configmap(text="dney"), configmap("http-requets")):
        lab.apply(broken)
        [told] = [each for each in lab.ear.objects.values() if each.platforms]
        assert told.flawed
        assert not any(problem.closes for problem in told.problems)


def test_a_platform_may_look_into_files_of_its_namespace(platform_lab: Lab) -> None:
    lab = platform_lab
    lists = FILE.replace("name: lists", "name: lists, namespace: infra")
    lab.apply(configmap(text="deny if { src -f configmap:lists/bad }"))
    assert lab.cluster.wanted_configmaps() == {("infra", "edge"), ("infra", "lists")}
    lab.apply(lists)
    assert not platforms(lab)[EVERYWHERE].policy.closed
    assert lab.ear.files == {"file:test:infra/lists/bad": "10.0.0.0/8"}


def test_a_platform_may_ask_for_users_of_its_namespace(platform_lab: Lab) -> None:
    lab = platform_lab
    lab.apply(configmap(text=ASKS))
    assert "staff" in platforms(lab)[EVERYWHERE].policy.closed
    assert lab.cluster.wanted_userlists() == {("infra", "staff")}
    lab.apply(USERS.replace("name: staff", "name: staff, namespace: infra"))
    assert not platforms(lab)[EVERYWHERE].policy.closed
    assert list(lab.ear.files) == ["users:test:infra/staff"]
    assert lab.ear.problems == []


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("{kind: ConfigMap, name: edge}", "a ConfigMap has a namespace"),
        ("{kind: Config, name: edge, apiGroup: x.org}", "Config edge is not read"),
    ],
)
def test_parameters_that_cannot_be_used_are_a_problem_of_the_class(
    parameters: str, reason: str, lab: Lab, shop: tuple[str, str]
) -> None:
    head = CLASS.partition("  parameters")[0]
    lab.apply(f"{head}  parameters: {parameters}", *shop)
    assert any(f"ingressclass headgate: spec.parameters: {reason}" in each for each in lab.ear.problems)

"""Keys of ConfigMaps as pattern files: told when they are used, changed without their users."""

from tests.unit.kubernetes_translate.conftest import Lab

FILE = "file:test:team-a/lists/bad"


def configmap(text: str, key: str = "bad") -> str:
    return f"kind: ConfigMap\nmetadata: {{name: lists}}\ndata: {{{key}: {text!r}}}"


def guarded(shop: tuple[str, str], rules: str = "deny if { src -f configmap:lists/bad }") -> tuple[str, str]:
    """The Ingress with rules."""
    ingress, service = shop
    named = f"name: shop, annotations: {{headgate.dev/http-request: {rules!r}}}"
    return ingress.replace("name: shop,", f"{named},", 1), service


def closed(lab: Lab) -> bool:
    return "closed:" in lab.ear.text()


def test_a_file_is_told_with_the_rules_that_look_into_it(lab: Lab, shop: tuple[str, str]) -> None:
    ear = lab.apply(configmap("10.0.0.0/8"), *guarded(shop))
    assert ear.files == {FILE: "10.0.0.0/8"}
    assert not closed(lab)
    assert lab.cluster.wanted_configmaps() == {("team-a", "lists")}


def test_a_file_that_nobody_looks_into_is_not_told(lab: Lab, shop: tuple[str, str]) -> None:
    assert lab.apply(configmap("10.0.0.0/8"), *shop).files == {}


def test_a_change_of_a_file_is_told_alone(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(configmap("10.0.0.0/8"), *guarded(shop))
    lab.ear.calls.clear()
    ear = lab.apply(configmap("11.0.0.0/8"))
    assert ear.calls == {"put_file": 1}
    assert ear.files == {FILE: "11.0.0.0/8"}


def test_a_file_that_breaks_stays_as_it_was_and_that_is_told(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(configmap("10.0.0.0/8"), *guarded(shop))
    ear = lab.apply(configmap("nonsense"))
    assert ear.files == {FILE: "10.0.0.0/8"}
    assert not closed(lab)
    (problem,) = ear.problems
    assert "configmap team-a/lists: data.bad: line 1" in problem
    assert "stays in force" in problem
    assert lab.apply(configmap("10.1.0.0/16")).problems == []


def test_a_file_that_goes_stays_as_it_was(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(configmap("10.0.0.0/8"), *guarded(shop))
    ear = lab.delete("configmaps", "lists")
    assert ear.files == {FILE: "10.0.0.0/8"}
    assert not closed(lab)


def test_rules_without_their_file_are_closed_until_it_is_there(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(*guarded(shop))
    assert closed(lab)
    lab.apply(configmap("10.0.0.0/8", key="other"))
    assert closed(lab)
    lab.apply(configmap("10.0.0.0/8"))
    assert not closed(lab)
    assert lab.ear.problems == []


def test_a_file_is_dropped_with_the_last_rules_that_look_into_it(lab: Lab, shop: tuple[str, str]) -> None:
    lab.apply(configmap("10.0.0.0/8"), *guarded(shop))
    assert lab.apply(*shop).files == {}
    assert lab.cluster.wanted_configmaps() == frozenset()


def test_what_needs_a_file_that_is_yet_to_be_read_is_told_when_it_has_been(
    lab: Lab, shop: tuple[str, str]
) -> None:
    lab.apply(*shop)
    lab.cluster.lookups.awaited = lambda kind, key: True
    before = lab.ear.text()
    lab.apply(*guarded(shop))
    assert lab.ear.text() == before
    assert lab.cluster.wanted_configmaps() == {("team-a", "lists")}
    lab.cluster.lookups.awaited = lambda kind, key: False
    lab.apply(configmap("10.0.0.0/8"))
    assert not closed(lab)
    assert lab.ear.files == {FILE: "10.0.0.0/8"}


def test_the_file_of_another_namespace_cannot_be_named(lab: Lab, shop: tuple[str, str]) -> None:
    for word in ("file:test:team-b/lists/bad", "f'ile:test:team-b/lists/bad'"):
        lab.apply(
            *guarded(
                shop, f'deny if {{ src -f "{word}" }}' if "'" not in word else f"deny if {{ src -f {word} }}"
            )
        )
        assert closed(lab)
    assert lab.cluster.wanted_configmaps() == frozenset()

"""What the text of a file says, and what of it cannot be read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from discovery.files.documents import read_yaml
from discovery.files.loader import Loader
from discovery.files.manifest import Complaint
from discovery.files.reading import Reading, read

Ingress = Callable[[str], str]


def names(reading: Reading) -> list[str]:
    return [item.identity[2] for item in reading.manifest.items]


def complaints(text: str, path: str = "shop.yaml", previous: Reading | None = None) -> list[str]:
    return [f"{each.subject}|{each}" for each in read(path, text.encode(), previous).manifest.complaints]


def test_a_file_has_several_documents_and_each_knows_its_line(ingress: Ingress) -> None:
    text = f"# shops\n\n{ingress('one')}---\n# another\n{ingress('two')}"
    items = read("shop.yaml", text.encode()).manifest.items
    lines = text.splitlines()
    assert [item.identity for item in items] == [
        ("ingresses", "team-a", "one"),
        ("ingresses", "team-a", "two"),
    ]
    assert [lines[item.line - 1] for item in items] == ["apiVersion: networking.k8s.io/v1"] * 2


def test_a_list_is_its_items(ingress: Ingress) -> None:
    items = [yaml.safe_load(ingress(name)) for name in ("one", "two")]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    assert names(read("shop.json", text.encode())) == ["one", "two"]
    assert names(read("shop.yaml", text.encode())) == ["one", "two"]


def test_kinds_that_are_not_read_are_passed_over() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n"
    knative = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: shop}\n"
    for each in (text, knative):
        reading = read("shop.yaml", each.encode())
        assert (reading.manifest.items, reading.manifest.complaints) == ((), ())


def test_an_object_without_a_namespace_is_in_the_default_one_and_a_class_in_none() -> None:
    service = b"apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
    of_class = b"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: headgate}\n"
    assert read("a.yaml", service).manifest.items[0].identity == ("services", "default", "shop")
    assert read("a.yaml", of_class).manifest.items[0].identity == ("ingressclasses", "", "headgate")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "a: 1\nb: [\n",
            "|line 3: column 1: not YAML: while parsing a flow node, did not find expected node content",
        ),
        (
            "kind: Ingress\nkind: Ingress\n",
            '|line 2: column 1: not YAML: key "kind" is there twice',
        ),
        ("a: 1\n\tb: 2\n", None),
        ("- 1\n", "|line 1: not an object of Kubernetes: it has no kind"),
        ("a: \x01\n", "|line 1: not YAML: control characters are not allowed"),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {}\n",
            "service|line 1: metadata.name: missing, or not a text",
        ),
        (
            "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: old}\n",
            "ingress default/old|line 1: apiVersion: extensions/v1beta1 is not read; networking.k8s.io/v1 is",
        ),
        (
            "apiVersion: v1\nkind: Ingress\nmetadata: {name: shop, namespace: team-a}\n",
            "ingress team-a/shop|line 1: apiVersion: v1 is not read; networking.k8s.io/v1 is",
        ),
        (
            "apiVersion: apps/v1\nkind: Service\nmetadata: {name: shop}\n",
            "service default/shop|line 1: apiVersion: apps/v1 is not read; v1 is",
        ),
        (
            "kind: Service\nmetadata: {name: shop}\n",
            "service default/shop|line 1: apiVersion: missing is not read; v1 is",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: shop, annotations: {headgate.dev/tcp: 3306}}\n",
            "service default/shop|line 1: metadata.annotations: headgate.dev/tcp: "
            "expected a text, got 3306; put it in quotes",
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: http}]}\n",
            "service default/shop|line 1: $.spec.ports[0].port: Expected int, got str",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: 3\n",
            "|line 1: items: expected a list",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, complaint: str | None) -> None:
    found = complaints(text)
    assert len(found) == 1
    assert complaint is None or found == [complaint]


def test_broken_json_is_named_with_its_line() -> None:
    assert complaints('{"kind": "Service",\n oops}', "a.json")[0].startswith("|line 2: not JSON:")


def test_text_that_is_not_utf_8_is_named_with_its_line() -> None:
    found = read("a.yaml", b"a: 1\nb: \xff\n").manifest.complaints
    assert [str(each) for each in found] == ["line 2: not UTF-8: invalid start byte"]


@pytest.mark.parametrize("level", ["[", "- ", "{a: ", "? "])
def test_no_depth_of_nesting_brings_the_process_down(level: str) -> None:
    for depth in (250, 1_000_000):
        found = read_yaml((level * depth).encode())
        assert isinstance(found, Complaint)


def test_depth_by_indentation_is_counted_too() -> None:
    deep = "".join(f"{' ' * depth}a:\n" for depth in range(2000))
    assert read_yaml(deep.encode()) == Complaint(1, "", "nested deeper than 200 levels")


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert read_yaml(b"kind: X\na: [" + b"[], " * 5000 + b"]\n") == [{"kind": "X", "a": [[]] * 5000}]


def test_dates_stay_the_texts_they_are() -> None:
    assert yaml.load("a: 2024-01-01T00:00:00Z\nb: 2024-13-45", Loader=Loader) == {
        "a": "2024-01-01T00:00:00Z",
        "b": "2024-13-45",
    }


def test_a_merge_key_is_no_double_key() -> None:
    text = "kind: X\nbase: &base {a: 1}\nhere: {<<: *base, a: 2}\n"
    assert read_yaml(text.encode()) == [{"kind": "X", "base": {"a": 1}, "here": {"a": 2}}]


def test_the_rest_of_a_new_file_is_read_around_a_broken_document(ingress: Ingress) -> None:
    text = f"{ingress('one')}---\n{{ oops\n---\n{ingress('two')}"
    reading = read("shop.yaml", text.encode())
    assert names(reading) == ["one", "two"]
    assert len(reading.manifest.complaints) == 1


def test_a_file_that_cannot_be_read_any_more_goes_on_saying_what_it_said(ingress: Ingress) -> None:
    before = read("shop.yaml", f"{ingress('one')}---\n{ingress('two')}".encode())
    for broken in (f"{ingress('one')}---\n{{ oops", "kind", f"{ingress('three')}---\napiVersion: v1\nki"):
        after = read("shop.yaml", broken.encode(), before)
        assert names(after) == ["one", "two"]
        assert after.manifest.complaints
        assert names(read("shop.yaml", broken.encode(), after)) == ["one", "two"]


def test_a_file_that_can_be_read_again_says_what_it_says_now(ingress: Ingress) -> None:
    before = read("shop.yaml", ingress("one").encode())
    broken = read("shop.yaml", b"{ oops", before)
    after = read("shop.yaml", ingress("two").encode(), broken)
    assert names(after) == ["two"]
    assert after.manifest.complaints == ()


def test_an_object_that_cannot_be_read_any_more_keeps_its_last_version_alone(ingress: Ingress) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: %s}]}\n---\n"
    before = read("shop.yaml", (service % 80 + ingress("one")).encode())
    after = read("shop.yaml", (service % "http" + ingress("two")).encode(), before)
    objects: dict[str, Any] = {item.identity[2]: item.object for item in after.manifest.items}
    assert objects.keys() == {"shop", "two"}
    assert objects["shop"].spec.ports[0].port == 80
    assert len(after.manifest.complaints) == 1


def test_an_empty_file_says_nothing_of_its_objects(ingress: Ingress) -> None:
    before = read("shop.yaml", ingress("one").encode())
    after = read("shop.yaml", b" \n", before)
    assert names(after) == ["one"]
    assert "delete the file" in after.manifest.complaints[0].reason
    assert read("new.yaml", b"").manifest.complaints == ()


def test_a_file_of_comments_has_no_objects(ingress: Ingress) -> None:
    before = read("shop.yaml", ingress("one").encode())
    commented = "".join(f"# {line}\n" for line in ingress("one").splitlines())
    assert read("shop.yaml", commented.encode(), before).manifest.items == ()


def test_what_is_the_same_in_a_file_is_not_read_again(
    ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read("shop.yaml", f"{ingress('one')}---\n{ingress('two')}".encode())
    seen: list[bytes] = []

    def spy(text: bytes) -> list[Any] | Complaint:
        seen.append(text)
        return read_yaml(text)

    monkeypatch.setattr("discovery.files.reading.read_yaml", spy)
    after = read("shop.yaml", f"{ingress('one')}---\n{ingress('three')}".encode(), before)
    assert names(after) == ["one", "three"]
    assert seen == [f"---\n{ingress('three')}".encode()]


def test_a_secret_may_have_its_values_as_text_or_in_base64() -> None:
    text = """\
apiVersion: v1
kind: Secret
metadata: {name: tls}
type: kubernetes.io/tls
data: {tls.crt: Y2hhaW4=}
stringData: {tls.key: key}
"""
    [item] = read("secret.yaml", text.encode()).manifest.items
    secret: Any = item.object
    assert secret.values == {"tls.crt": b"chain", "tls.key": b"key"}


def of_kind(kind: str, version: str = "v1") -> list[str]:
    return complaints(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: shop}}\n")


@pytest.mark.parametrize(
    ("kind", "meant"),
    [("Srvice", "Service"), ("service", "Service"), ("Configmap", "ConfigMap"), ("Ingres", "Ingress")],
)
def test_a_misspelt_kind_is_a_problem_with_the_nearest_one(kind: str, meant: str) -> None:
    (complaint,) = of_kind(kind)
    assert complaint.startswith(f"{meant.lower()} default/shop|")
    assert complaint.endswith(f'no kind "{kind}"; did you mean {meant}?')


@pytest.mark.parametrize(
    "kind", ["Endpoints", "ServiceAccount", "ServiceCIDR", "ServiceList", "Pod", "NetworkPolicy", "x" * 9999]
)
def test_kinds_that_are_not_read_are_no_misspelt_ones(kind: str) -> None:
    assert of_kind(kind) == []
    assert of_kind(kind, "networking.k8s.io/v1") == []


@pytest.mark.parametrize("version", ["example.org/v1", "[v1]", "1"])
def test_kinds_of_others_are_never_misspelt(version: str) -> None:
    assert of_kind("Srvice", version) == []


def test_an_object_of_a_misspelt_kind_keeps_its_last_version() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
    before = read("shop.yaml", text.encode())
    assert names(read("shop.yaml", text.replace("Service", "Srvice").encode(), before)) == ["shop"]

"""A file that leads to no cluster is told from a cluster that does not answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from discovery.kubernetes.kubeconfig import KubeconfigError, check_kubeconfig

CONTEXT = {"name": "here", "context": {"cluster": "c", "user": "u"}}
CLUSTER = {"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}


def written(folder: Path, **changed: Any) -> str:
    path = folder / "kubeconfig"
    good = {"current-context": "here", "contexts": [CONTEXT], "clusters": [CLUSTER]}
    path.write_text(json.dumps(good | changed))
    return str(path)


def test_a_context_that_names_a_cluster_with_a_server_is_enough(tmp_path: Path) -> None:
    check_kubeconfig(written(tmp_path))


def test_names_may_look_like_numbers(tmp_path: Path) -> None:
    numbered = {"name": 1, "context": {"cluster": "c"}}
    check_kubeconfig(written(tmp_path, **{"current-context": 1, "contexts": [numbered]}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # As `kubectl config view` writes it where there is none.
        ({"current-context": "", "contexts": None, "clusters": None}, "it has no current-context"),
        ({"current-context": None}, "it has no current-context"),
        ({"current-context": "gone"}, 'it has no context "gone"'),
        ({"clusters": []}, 'it has no cluster "c"'),
        ({"clusters": [{"name": "c", "cluster": {"server": ""}}]}, 'the cluster "c" has no server'),
        ({"clusters": [{"name": "c", "cluster": {}}]}, "missing required field `server`"),
        ({"contexts": {}}, "Expected `array`, got `object` - at `$.contexts`"),
    ],
)
def test_what_is_missing_on_the_way_to_the_cluster_is_named(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, **changed)
    with pytest.raises(KubeconfigError) as caught:
        check_kubeconfig(path)
    assert str(caught.value).startswith(f"{path}: it is no usable kubeconfig: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "line 1, column 5: while parsing a flow node, expected the node content"),
        (b"a: \xff", "invalid start byte"),
        (b"[" * 5000, "recursion"),
        (b"", "Expected `object`"),
        (b"[1, 2]", "Expected `object`"),
    ],
    ids=["not-yaml", "not-text", "too-deep", "empty", "a-list"],
)
def test_what_cannot_be_parsed_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes(content)
    with pytest.raises(KubeconfigError) as caught:
        check_kubeconfig(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(KubeconfigError, match=r"^/nowhere/at/all: No such file or directory$"):
        check_kubeconfig("/nowhere/at/all")

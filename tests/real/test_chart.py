"""The chart renders to objects that a real API server takes, and refuses what makes no sense."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingress.cli.settings import from_file, merge
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.chart import CHART, ROOT, helm, objects_of, only, plain_manifests, render
from tests.real.harness.cluster import Cluster

SCENARIOS = sorted(path.name for path in (CHART / "ci").glob("*.yaml"))
# The other tests need the class; and a namespace cannot end without its controller.
KEPT = {"IngressClass", "Namespace"}
Json = dict[str, Any]


def options(scenario: str) -> list[str]:
    """Helm's options for a file of values."""
    return ["--values", str(CHART / "ci" / scenario)] if scenario else []


@pytest.mark.parametrize("scenario", ["", *SCENARIOS])
def test_helm_finds_nothing_to_complain_about(scenario: str) -> None:
    result = helm("lint", "--strict", str(CHART), *options(scenario))
    assert result.returncode == 0, result.stdout + result.stderr


@contextmanager
def installed(api: Api, release: list[Json]) -> Iterator[None]:
    """The objects of a release are in the cluster, and gone afterwards."""
    for namespace in sorted({where for object_ in release if (where := namespace_of(object_))}):
        api.apply(objects.namespace(namespace))
    try:
        api.apply(*release)
        yield
    finally:
        for object_ in release:
            if object_["kind"] not in KEPT:
                api.delete(object_)


@pytest.mark.parametrize("scenario", ["", *SCENARIOS])
def test_a_real_api_server_takes_every_object(scenario: str, api: Api) -> None:
    release = render(*options(scenario))
    with installed(api, release):
        pods = only(release, "Deployment")
        assert api.get("Deployment", "apps/v1", "headgate", pods["metadata"]["name"])["spec"]


def test_the_plain_manifests_are_what_the_chart_renders(api: Api) -> None:
    text = (ROOT / "manifests" / "headgate.yaml").read_text()
    assert text == plain_manifests(), "run `make manifests`"
    with installed(api, objects_of(text)):
        assert api.get("Namespace", "v1", "", "headgate")


def test_the_configuration_is_what_the_values_say() -> None:
    config = config_of(render(*options("everything-values.yaml")))
    assert config["http"] == ["0.0.0.0:8080"]
    assert config["limits"] == {"connections": 5000}
    assert config["trusted-proxies"] == ["10.0.0.0/8"]


def test_the_configuration_is_read_by_headgate(tmp_path: Path) -> None:
    for scenario in ("", *SCENARIOS):
        path = tmp_path / "headgate.yaml"
        path.write_text(yaml.safe_dump(config_of(render(*options(scenario)))))
        settings = merge(from_file(str(path)))
        assert settings.ingress_class == "headgate"
        assert settings.workers == 2


def test_the_grace_period_covers_the_drain() -> None:
    rendered = render("--set", "drain.delay=20", "--set", "drain.timeout=100")
    assert config_of(rendered)["drain-timeout"] == 100
    assert pod_of(rendered)["terminationGracePeriodSeconds"] == 130


def test_a_changed_configuration_changes_the_pods() -> None:
    one, other = (only(render("--set", f"workers={n}"), "Deployment") for n in (2, 3))
    assert annotations_of(one) != annotations_of(other)


def test_pods_pass_the_restricted_standard(cluster: Cluster) -> None:
    api = cluster.admin
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = objects.namespace("restricted")
    api.apply({**namespace, "metadata": {"name": "restricted", "labels": restricted}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "headgate"}}
    account["metadata"]["namespace"] = "restricted"  # type: ignore[index]
    pod = {**pod_of(render()), "priority": 0}
    meta = {"name": "headgate", "namespace": "restricted"}
    api.apply(account)
    api.call(
        "POST",
        "/api/v1/namespaces/restricted/pods?dryRun=All",
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    )


def test_a_list_of_namespaces_asks_for_nothing_cluster_wide() -> None:
    rendered = render(*options("namespaced-values.yaml"))
    kinds = {object_["kind"] for object_ in rendered}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding", "IngressClass"}
    roles = [object_ for object_ in rendered if object_["kind"] == "Role"]
    assert {namespace_of(role) for role in roles} == {"team-red", "team-blue", "headgate"}
    [red] = [role for role in roles if namespace_of(role) == "team-red"]
    secrets = [rule for rule in red["rules"] if rule["resources"] == ["secrets"]]
    assert secrets[0]["resourceNames"] == ["web-tls"]


def test_the_only_thing_that_it_may_write_is_the_record_of_shifts() -> None:
    rules = only(render(), "ClusterRole")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    [rule] = only(render(), "Role")["rules"]
    assert (rule["resources"], rule["resourceNames"]) == (["configmaps"], ["headgate-shifts"])
    assert config_of(render())["shift-record"] == "kubernetes:headgate/headgate-shifts"
    without = render("--set", "shiftRecord.enabled=false")
    assert "Role" not in {object_["kind"] for object_ in without}
    assert "shift-record" not in config_of(without)


@pytest.mark.parametrize(("replicas", "count"), [("1", 0), ("2", 1)], ids=["one replica", "two replicas"])
def test_a_disruption_budget_is_there_where_it_does_not_block(replicas: str, count: int) -> None:
    kinds = [object_["kind"] for object_ in render("--set", f"replicaCount={replicas}")]
    assert kinds.count("PodDisruptionBudget") == count


def test_a_service_monitor_needs_a_cluster_that_knows_it() -> None:
    known = render("--api-versions", "monitoring.coreos.com/v1")
    assert only(known, "ServiceMonitor")["spec"]["endpoints"][0]["path"] == "/metrics"
    assert "ServiceMonitor" not in {object_["kind"] for object_ in render()}


@pytest.mark.parametrize(
    "wrong",
    [
        "replicas=3",
        "image.pullPolicy=Sometimes",
        "image.digest=latest",
        "drain.delay=-1",
        "config.drain-timeout=600",
        "ports.http=80",
        "service.type=ExternalName",
        "ingressClass.controllerName=headgate",
    ],
)
def test_values_that_make_no_sense_are_refused(wrong: str) -> None:
    assert helm("template", "headgate", str(CHART), "--set", wrong).returncode != 0


def namespace_of(object_: Json) -> str:
    """The namespace an object is in; empty: none."""
    return str(object_["metadata"].get("namespace", ""))


def config_of(rendered: list[Json]) -> Json:
    """The configuration file in the release's ConfigMap."""
    maps = [object_ for object_ in rendered if object_["kind"] == "ConfigMap"]
    text = next(each["data"]["headgate.yaml"] for each in maps if "headgate.yaml" in each.get("data", {}))
    return dict(yaml.safe_load(text))


def pod_of(rendered: list[Json]) -> Json:
    """The pod that the Deployment makes."""
    return dict(only(rendered, "Deployment")["spec"]["template"]["spec"])


def annotations_of(deployment: Json) -> Json:
    """The annotations of its pods."""
    return dict(deployment["spec"]["template"]["metadata"]["annotations"])

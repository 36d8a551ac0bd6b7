"""The metrics, read back with Prometheus' own parser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingress.admin.metrics import FAMILIES
from ingress.admin.scrape import Scrape
from ingress.model.problem import Problem
from ingress.model.reason import Reason
from ingress.model.route import Host, Origin, PathKind, Route
from tests.unit.admin.conftest import NOW

Ask = Callable[..., Any]
Labels = frozenset[tuple[str, str]]


def scraped(ask: Ask) -> dict[str, dict[Labels, float]]:
    """Samples by name and labels; no series may come twice."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(ask("/metrics").text):
        for sample in family.samples:
            series = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in series
            series[labels] = sample.value
    return found


def labels(**names: str) -> Labels:
    return frozenset(names.items())


NONE = labels()
SHOP = {"namespace": "team-a", "ingress": "shop", "service": "shop"}


def test_the_content_type_names_the_format(ask: Ask) -> None:
    assert ask("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_every_family_is_exposed_with_its_help_and_kind(ask: Ask) -> None:
    text = ask("/metrics").text
    for family in FAMILIES:
        assert f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n" in text


def test_every_sample_is_of_a_family_whose_kind_is_told(ask: Ask) -> None:
    kinds = {}
    for row in ask("/metrics").text.splitlines():
        if row.startswith("# TYPE "):
            _, _, name, kind = row.split(" ")
            kinds[name] = kind
        elif not row.startswith("#"):
            name = re.split("[{ ]", row, maxsplit=1)[0]
            part = re.sub("_(bucket|sum|count)$", "", name)
            assert name in kinds or kinds.get(part) in ("histogram", "summary"), name


def test_names_follow_the_rules() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("headgate_") for name in names)
    assert all(family.name.endswith("_total") == (family.kind == "counter") for family in FAMILIES)


def test_requests_are_counted_by_object_service_and_class_over_all_workers(ask: Ask) -> None:
    found = scraped(ask)
    assert found["headgate_http_requests_total"][labels(**SHOP, code="2xx")] == 10
    assert found["headgate_http_requests_total"][labels(**SHOP, code="5xx")] == 2
    assert found["headgate_http_request_seconds_total"][labels(**SHOP)] == 3.0
    assert found["headgate_http_response_bytes_total"][labels(**SHOP)] == 1400


def test_a_route_without_requests_has_no_series(ask: Ask) -> None:
    assert all(dict(series)["ingress"] == "shop" for series in scraped(ask)["headgate_http_requests_total"])


def test_objects_of_one_name_from_two_sources_share_their_series(ask: Ask, view: Any, count: Any) -> None:
    twin = Origin("consul", "service", "team-a", "shop")
    view.host_facts.append(Host("twin", (Route(PathKind.PREFIX, "/", "kubernetes:team-a/shop:80", twin),)))
    count(view, 0, "route|team-a|service/shop|kubernetes:team-a/shop:80", {1: 100})
    assert scraped(ask)["headgate_http_requests_total"][labels(**SHOP, code="2xx")] == 110


def test_servers_have_series_of_their_own(ask: Ask) -> None:
    found = scraped(ask)
    shop = {"namespace": "team-a", "service": "shop"}
    blog = {"namespace": "team-b", "service": "blog"}
    assert found["headgate_server_up"] == {
        labels(**shop, server="10.0.0.1:8080"): 1,
        labels(**shop, server="10.0.0.2:8080"): 1,
        labels(**blog, server="[fd00::1]:80"): 0,
    }
    assert found["headgate_server_in_flight"][labels(**shop, server="10.0.0.1:8080")] == 2
    assert found["headgate_server_requests_total"][labels(**shop, server="10.0.0.1:8080")] == 12


def test_a_server_without_requests_has_only_its_state(ask: Ask) -> None:
    found = scraped(ask)
    assert len(found["headgate_server_up"]) == 3
    assert len(found["headgate_server_requests_total"]) == 1


def test_the_histogram_adds_up(ask: Ask) -> None:
    found = scraped(ask)
    buckets = found["headgate_request_duration_seconds_bucket"]
    assert buckets[labels(le="0.002")] == 0
    assert buckets[labels(le="0.005")] == buckets[labels(le="+Inf")] == 20
    assert found["headgate_request_duration_seconds_count"][NONE] == 20
    assert found["headgate_request_duration_seconds_sum"][NONE] == pytest.approx(0.06)


def test_every_reason_has_a_series_from_the_start(ask: Ask) -> None:
    answers = scraped(ask)["headgate_answers_total"]
    assert {dict(series)["reason"] for series in answers} == {reason.value for reason in Reason}
    assert answers[labels(reason="denied")] == 4


def test_sources_workers_and_changes_are_told(ask: Ask) -> None:
    found = scraped(ask)
    assert found["headgate_source_state"][labels(source="kubernetes", state="degraded")] == 1
    assert found["headgate_source_state"][labels(source="kubernetes", state="live")] == 0
    assert found["headgate_source_age_seconds"] == {labels(source="kubernetes"): 30}
    assert found["headgate_worker_restarts_total"][labels(worker="1")] == 2
    assert found["headgate_worker_applied_version"][labels(worker="1")] == 16
    assert found["headgate_apply_seconds_count"][NONE] == 4
    assert found["headgate_apply_max_seconds"][NONE] == 0.008
    assert found["headgate_problems"] == {labels(source="kubernetes", kind="ingress"): 1}
    assert (found["headgate_version"][NONE], found["headgate_ready"][NONE]) == (17, 1)
    assert found["headgate_build_info"] == {labels(version="0.1.0"): 1}


def test_a_certificate_says_when_it_expires(ask: Ask) -> None:
    expiry = {labels(certificate="kubernetes:team-a/shop-tls"): NOW + 86400}
    assert scraped(ask)["headgate_certificate_not_after_seconds"] == expiry


def test_the_controller_shows_its_own_process(ask: Ask) -> None:
    assert scraped(ask)["process_resident_memory_bytes"][NONE] > 1e6


def test_label_values_are_escaped(ask: Ask, view: Any) -> None:
    nasty = 'a"b\\c\nd'
    view.problem_facts.append(Problem(Origin(nasty, "file", "", "x"), "", "broken"))
    assert scraped(ask)["headgate_problems"][labels(source=nasty, kind="file")] == 1


def test_beyond_the_cap_series_are_left_out_and_counted(view: Any, big: Callable[[int], None]) -> None:
    big(2500)
    scrape = Scrape(view, "", 0.0)
    for _ in scrape.gather():
        pass
    assert len(scrape.states) == 10_000
    assert scrape.left_out == {"routes": 0, "servers": 2503}


def test_a_source_says_how_far_behind_it_was_and_how_often_it_had_to_begin_anew(ask: Ask) -> None:
    found = scraped(ask)
    source = labels(source="kubernetes")
    assert found["headgate_discovery_lag_seconds_count"] == {source: 3}
    assert found["headgate_discovery_lag_seconds_sum"] == {source: 0.6}
    assert found["headgate_discovery_lag_max_seconds"] == {source: 0.4}
    ingresses = {"source": "kubernetes", "kind": "ingresses"}
    assert found["headgate_source_lists_total"] == {labels(**ingresses): 2}
    assert found["headgate_source_refusals_total"] == {
        labels(**ingresses, code="410"): 1,
        labels(**ingresses, code="429"): 5,
    }

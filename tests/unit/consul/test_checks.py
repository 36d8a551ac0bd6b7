"""What the checks of an instance come to."""

import pytest

from discovery.consul.checks import Health, judge
from discovery.consul.entry import Check, Weights

WEIGHTS = Weights(passing=10, warning=2)


def check(status: str, name: str = "service:web-1") -> Check:
    return Check(name, status, "ping", "web-1")


def test_an_instance_without_checks_is_passing() -> None:
    assert judge((), "web-1", WEIGHTS) == (10, "", Health.PASSING)


@pytest.mark.parametrize(
    ("statuses", "weight"),
    [
        (("passing",), 10),
        (("passing", "passing"), 10),
        (("passing", "warning"), 2),
        (("warning", "passing", "critical"), 0),
        (("critical", "passing"), 0),
        (("passing", "maintenance"), 0),
        (("",), 0),
    ],
)
def test_the_worst_check_of_node_and_instance_decides(statuses: tuple[str, ...], weight: int) -> None:
    assert judge(map(check, statuses), "web-1", WEIGHTS).weight == weight


def test_a_warning_is_out_where_only_passing_is_accepted() -> None:
    expected = (0, "check ping is warning", Health.WARNING)
    assert judge([check("warning")], "web-1", WEIGHTS, frozenset()) == expected


def test_what_is_critical_gets_the_share_of_a_warning_where_it_is_accepted() -> None:
    accepted = frozenset({Health.CRITICAL})
    assert judge([check("critical")], "web-1", WEIGHTS, accepted) == (2, "", Health.CRITICAL)


def test_maintenance_is_never_accepted() -> None:
    checks = [check("critical", "_node_maintenance")]
    assert judge(checks, "web-1", WEIGHTS, frozenset(Health)).weight == 0


@pytest.mark.parametrize("name", ["_node_maintenance", "_service_maintenance:web-1"])
def test_maintenance_is_out_and_says_so(name: str) -> None:
    checks = [check("critical"), check("critical", name)]
    assert judge(checks, "web-1", WEIGHTS) == (0, "in maintenance", Health.MAINTENANCE)


def test_the_maintenance_of_another_instance_counts_by_its_status_only() -> None:
    checks = [check("passing", "_service_maintenance:web-2")]
    assert judge(checks, "web-1", WEIGHTS).weight == 10


@pytest.mark.parametrize(
    ("weights", "status"), [(Weights(passing=0), "passing"), (Weights(warning=0), "warning")]
)
def test_a_weight_of_zero_is_out(weights: Weights, status: str) -> None:
    verdict = judge([check(status)], "web-1", weights)
    assert verdict.weight == 0
    assert "0" in verdict.reason

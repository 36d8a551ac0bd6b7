"""The probes, the errors, and what all pages have in common."""

from collections.abc import Callable
from typing import Any

import pytest

from ingress.admin.listings import LISTINGS
from ingress.admin.view import Readiness

Ask = Callable[..., Any]
CHANGES = ("/api/v1/shifts/pause", "/api/v1/shifts/resume")

PAGES = (
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/api/v1/status",
    *(f"/api/v1/{name}" for name in LISTINGS),
)


def test_a_controller_that_answers_is_alive(ask: Ask) -> None:
    answer = ask("/livez")
    assert (answer.status, answer.text) == (200, "ok\n")


def test_a_ready_instance_says_ok(ask: Ask) -> None:
    answer = ask("/readyz")
    assert (answer.status, answer.text) == (200, "ok\n")
    assert "X-Headgate-Reason" not in answer.headers


def test_an_instance_that_is_not_ready_names_what_is_missing(ask: Ask, view: Any) -> None:
    view.ready = Readiness(False, ("source kubernetes: no full sync yet", "worker 1: version 16 of 17"))
    answer = ask("/readyz")
    assert answer.status == 503
    assert answer.text.splitlines()[1:] == list(view.ready.missing)
    assert answer.headers["X-Headgate-Reason"] == "starting"


def test_a_draining_instance_says_so(ask: Ask, view: Any) -> None:
    view.ready = Readiness(False, ("draining",), draining=True)
    assert ask("/readyz").headers["X-Headgate-Reason"] == "draining"


@pytest.mark.parametrize(
    "asked", [{"params": {"format": "json"}}, {"headers": {"Accept": "application/json"}}]
)
def test_readiness_comes_as_json_for_who_wants_it(ask: Ask, view: Any, asked: dict[str, Any]) -> None:
    view.ready = Readiness(False, ("source files: starting",))
    answer = ask("/readyz", **asked)
    assert answer.status == 503
    assert answer.json == {"ready": False, "missing": ["source files: starting"], "draining": False}


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/api/v1/", "/api", "/admin", "/api/v1/routes/x"])
def test_an_unknown_page_is_404_and_lists_the_known_ones(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer.status == 404
    assert answer.headers["X-Headgate-Reason"] == answer.json["reason"] == "no-route"
    assert answer.json["pages"] == [*PAGES, "/api/v1/explain", "/api/v1/explanations/{id}", *CHANGES]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/api/v1/routes", "/nowhere"])
def test_nothing_that_is_read_can_be_written(ask: Ask, method: str, path: str) -> None:
    answer = ask(path, method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.headers["X-Headgate-Reason"] == "not-implemented"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_head_without_a_body(ask: Ask, path: str) -> None:
    answer = ask(path, method="HEAD")
    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_every_answer_is_kept_from_caches_and_guessing(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_tells_a_secret(ask: Ask, path: str) -> None:
    assert "hunter2" not in ask(path).text


def test_a_fault_of_ours_is_500_with_its_reason(
    ask: Ask, view: Any, caplog: pytest.LogCaptureFixture
) -> None:
    view.applies = None
    answer = ask("/api/v1/status")
    assert answer.status == 500
    assert answer.headers["X-Headgate-Reason"] == "internal"
    assert "TypeError" not in answer.text
    assert "admin page /api/v1/status failed" in caplog.text

"""What may be changed by the admin pages, and by whom."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from ingress.admin.guard import Guard
from ingress.token_file import TokenError

Ask = Callable[..., Any]
WEB = "kubernetes:team-a/web:80"
PAUSE, RESUME = "/api/v1/shifts/pause", "/api/v1/shifts/resume"
HERE = {"X-Headgate-Change": "yes"}


def objection(address: str, headers: Mapping[str, str], token: bytes = b"") -> int:
    """The status that a request from this address gets; 0: it may go on."""
    request = make_mocked_request("POST", PAUSE, headers).clone(remote=address)
    refusal = Guard(lambda: token).objection(request)
    return 0 if refusal is None else refusal.status


def test_an_operator_pauses_a_shift_and_goes_on_with_it(ask: Ask, view: Any) -> None:
    answer = ask(PAUSE, "POST", params={"backend": WEB}, headers=HERE)
    assert (answer.status, view.pauses) == (200, {WEB: True})
    assert WEB in [item["backend"] for item in answer.json["items"]]
    assert ask(RESUME, "POST", params={"backend": WEB}, headers=HERE).status == 200
    assert view.pauses == {WEB: False}


def test_what_is_not_done_is_answered_with_the_reason(ask: Ask, view: Any) -> None:
    answer = ask(PAUSE, "POST", params={"backend": "consul:api"}, headers=HERE)
    assert (answer.status, answer.json["error"]) == (409, "it was rolled back")
    assert ask(PAUSE, "POST", headers=HERE).status == 400
    assert ask(PAUSE, "POST", params={"backend": WEB, "x": "1"}, headers=HERE).status == 400
    assert view.pauses == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_nothing_is_changed_by_another_method(ask: Ask, view: Any, method: str) -> None:
    answer = ask(PAUSE, method, params={"backend": WEB}, headers=HERE)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert view.pauses == {}


def test_a_page_of_another_site_changes_nothing(ask: Ask, view: Any) -> None:
    """A form cannot send the field, and a name that points here is in Host."""
    assert ask(PAUSE, "POST", params={"backend": WEB}).status == 403
    rebound = {**HERE, "Host": "evil.example.com:9900"}
    answer = ask(PAUSE, "POST", params={"backend": WEB}, headers=rebound)
    assert (answer.status, answer.headers["X-Headgate-Reason"]) == (403, "not-allowed")
    assert view.pauses == {}


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:9900", 0),
        ("127.0.0.1", "localhost", 0),
        ("::1", "[::1]:9900", 0),
        ("::ffff:127.0.0.1", "LOCALHOST:9900", 0),
        ("10.0.0.1", "127.0.0.1:9900", 403),
        ("127.0.0.1", "localhost.evil.example", 403),
        ("127.0.0.1", "", 403),
        ("", "localhost", 403),
    ],
)
def test_without_a_token_only_this_machine_changes_anything(address: str, host: str, status: int) -> None:
    assert objection(address, {**HERE, "Host": host}) == status


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("Bearer right", 0),
        ("Bearer wrong", 401),
        ("Bearer ", 401),
        ("bearer right", 0),
        ("Bearer  right", 0),
        ("Bearer right wrong", 401),
        ("Basic right", 401),
        ("", 401),
    ],
)
def test_with_a_token_whoever_shows_it_does_from_anywhere_and_nobody_else(shown: str, status: int) -> None:
    assert objection("10.0.0.1", {"Authorization": shown}, b"right") == status
    assert objection("127.0.0.1", {**HERE, "Host": "localhost", "Authorization": shown}, b"right") == status


def test_a_token_that_cannot_be_read_lets_nobody_through(ask: Ask) -> None:
    def read() -> bytes:
        raise TokenError("/run/token: No such file or directory")

    request = make_mocked_request("POST", PAUSE, {**HERE, "Host": "localhost"}).clone(remote="127.0.0.1")
    refusal = Guard(read).objection(request)
    assert refusal is not None
    assert refusal.status == 403
    assert "the token cannot be read: /run/token: No such file" in str(refusal.text)


def test_a_token_is_in_no_answer(ask: Ask, view: Any) -> None:
    view.token = b"hunter2-hunter2"
    answer = ask(PAUSE, "POST", params={"backend": WEB}, headers={"Authorization": "Bearer hunter"})
    assert answer.status == 401
    assert "hunter2" not in answer.text + str(answer.headers)

"""Rules in tags that are for all requests to a service, by whatever route they come."""

from typing import Any

from discovery.consul.instance import Instance
from ingress.model.policy import Policy
from tests.unit.consul.conftest import Book, instance


def web(**wishes: str) -> Instance:
    """An instance with a route, and these rules for its service."""
    said: dict[str, Any] = {f"service.{name}": text for name, text in wishes.items()}
    return instance(enable="true", host="www.example.com", **said)


def policy(book: Book, name: str = "consul:web") -> Policy:
    book.table.take_changes()
    [backend] = [each for each in book.table.backends() if each.name == name]
    return backend.policy


def test_rules_of_a_service_go_with_its_backend_and_not_with_its_routes(book: Book) -> None:
    book.put("web", web(http_request="deny if { path /a }"))
    assert book.problems == []
    assert len(policy(book).rules) == 1
    [host] = book.table.hosts()
    assert host.routes[0].policy == Policy()
    book.put("web", web())
    assert policy(book) == Policy()


def test_rules_of_a_service_that_cannot_be_read_close_it(book: Book) -> None:
    book.put("web", web())
    book.put("web", web(http_request="dney"))
    assert "dney" in policy(book).closed
    assert any("headgate.service.http-request line 1, column 1" in each for each in book.problems)


def test_what_is_no_rule_of_a_service_is_told_with_those_there_are(book: Book) -> None:
    book.put("web", web(balance="leastconn"))
    assert (
        "headgate.service.balance: is no rule for all requests to a service; there are acl"
        in book.problems[0]
    )
    book.put("web", web(http_requets="deny"))
    assert "did you mean headgate.service.http-request?" in book.problems[0]
    assert book.is_closed

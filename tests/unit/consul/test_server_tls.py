"""Tags say how instances are spoken to over TLS."""

from typing import Any

import pytest

from ingress.model.backend import ServerTls
from tests.unit.consul.conftest import instance

ROUTED: Any = {"enable": "true", "host": "a.example.com"}


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, None),
        ({"server_ssl": "true"}, ServerTls()),
        (
            {"server_ssl": "true", "server_ssl_verify": "true", "server_ssl_sni": "service"},
            ServerTls(verify=True, name="web.service.consul"),
        ),
    ],
)
def test_instances_are_spoken_to_as_the_tags_say(book: Any, wishes: Any, expected: Any) -> None:
    book.put("web", instance(**ROUTED, **wishes))
    book.complete()
    book.table.take_changes()
    (backend,) = book.table.backends()
    assert backend.settings.tls == expected
    assert not book.problems


def test_secrets_cannot_be_named_in_tags(book: Any) -> None:
    book.put("web", instance(**ROUTED, server_ssl_ca_secret="ca"))
    book.complete()
    assert any("belongs on a Kubernetes object" in problem for problem in book.problems)

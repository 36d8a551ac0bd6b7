"""What rules find in the TLS of a connection, and that it is not there without TLS."""

from typing import Any

import pytest

FOUND = [
    "ssl_fc",
    "ssl_fc_sni www.ex.com",
    "ssl_fc_has_sni",
    "ssl_fc_protocol TLSv1.3",
    "ssl_fc_cipher -m beg TLS_AES_",
    "ssl_fc_alpn http/1.1",
    "ssl_fc_is_resumed",
]


@pytest.mark.parametrize("test", FOUND)
def test_it_is_found_over_tls_alone(test: str, holds: Any, client: Any, session: Any) -> None:
    assert holds(test, client=client(session=session()))
    assert not holds(test, client=client())


@pytest.mark.parametrize("field", ["sni", "protocol", "cipher", "alpn"])
def test_what_was_not_said_is_no_sample(field: str, holds: Any, client: Any, session: Any) -> None:
    silent = client(session=session(**{field: b""}))
    assert not holds(f"ssl_fc_{field} -m found", client=silent)


def test_a_client_that_names_no_host_has_named_none(holds: Any, client: Any, session: Any) -> None:
    assert not holds("ssl_fc_has_sni", client=client(session=session(sni=b"")))
    assert not holds("ssl_fc_is_resumed", client=client(session=session(resumed=False)))

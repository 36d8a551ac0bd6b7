"""Secrets as certificates."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = 86400.0
NAME = "test:team-a/shop-tls"
Pair = tuple[bytes, bytes]


def make_pair(since: float, until: float, *names: str) -> Pair:
    """A self-signed certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(since, UTC))
        .not_valid_after(datetime.fromtimestamp(until, UTC))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    chain = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def secret(chain: bytes, key: bytes, name: str = "shop-tls") -> str:
    data = f"{{tls.crt: {b64encode(chain).decode()!r}, tls.key: {b64encode(key).decode()!r}}}"
    return f"kind: Secret\nmetadata: {{name: {name}}}\ntype: kubernetes.io/tls\ndata: {data}\n"


def ingress(name: str = "shop", hosts: str = "[shop.example.com]", secret_name: str = "shop-tls") -> str:
    return f"""
kind: Ingress
metadata: {{name: {name}}}
spec: {{ingressClassName: headgate, tls: [{{hosts: {hosts}, secretName: {secret_name}}}]}}
"""


@pytest.fixture
def pair(lab: Any) -> Pair:
    """A certificate for a year from yesterday."""
    return make_pair(lab.time - DAY, lab.time + 365 * DAY, "shop.example.com", "*.shop.example.com")


def test_a_secret_is_a_certificate_for_the_hosts_that_ingresses_name(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), ingress("second", "[Second.example.com, shop.example.com]"), secret(*pair))
    certificate = lab.ear.certificates[NAME]
    assert certificate.hosts == ("second.example.com", "shop.example.com")
    assert (certificate.chain, certificate.key) == pair
    assert lab.cluster.wanted_secrets() == {("team-a", "shop-tls")}
    assert not lab.ear.problems


def test_without_hosts_the_names_in_the_certificate_count(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(hosts="[]"), secret(*pair))
    assert lab.ear.certificates[NAME].hosts == ("*.shop.example.com", "shop.example.com")


def test_a_secret_that_nobody_names_is_not_told_of(lab: Any, pair: Pair) -> None:
    lab.apply(secret(*pair))
    assert lab.ear.calls.total() == 0
    assert lab.cluster.wanted_secrets() == frozenset()


def test_an_ingress_of_another_class_names_no_secret(lab: Any, pair: Pair) -> None:
    lab.apply(ingress().replace("headgate", "nginx"), secret(*pair))
    assert lab.ear.calls.total() == 0
    assert lab.cluster.wanted_secrets() == frozenset()


def test_a_secret_may_come_after_its_ingress(lab: Any, pair: Pair) -> None:
    lab.apply(ingress())
    assert lab.ear.problems == [
        "secret team-a/shop-tls: does not exist; used by ingress team-a/shop: they have no certificate of it"
    ]
    lab.apply(secret(*pair))
    assert NAME in lab.ear.certificates
    assert not lab.ear.problems


def test_a_renewed_secret_replaces_the_certificate_alone(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), secret(*pair))
    lab.ear.calls.clear()
    renewed = make_pair(lab.time, lab.time + 90 * DAY)
    lab.apply(secret(*renewed))
    assert lab.ear.certificates[NAME].chain == renewed[0]
    assert lab.ear.calls == {"put_certificate": 1}


def test_the_same_secret_again_is_not_heard_of(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), secret(*pair))
    lab.ear.calls.clear()
    lab.apply(secret(*pair))
    assert lab.ear.calls == {}


def test_a_certificate_goes_with_the_last_ingress_that_names_it(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), ingress("second", "[second.example.com]"), secret(*pair))
    lab.delete("ingresses", "shop")
    assert lab.ear.certificates[NAME].hosts == ("second.example.com",)
    lab.delete("ingresses", "second")
    assert lab.ear.text() == ""
    assert lab.cluster.wanted_secrets() == frozenset()


def test_a_secret_that_breaks_or_goes_leaves_the_last_good_certificate(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), secret(*pair))
    lab.apply(secret(b"broken", pair[1]))
    assert lab.ear.certificates[NAME].chain == pair[0]
    assert lab.ear.problems == [
        "secret team-a/shop-tls: tls.crt is not a chain of certificates in PEM form; used by ingress "
        "team-a/shop: the last good certificate stays"
    ]
    lab.delete("secrets", "shop-tls")
    assert lab.ear.certificates[NAME].chain == pair[0]
    assert "does not exist" in lab.ear.problems[0]


def test_a_certificate_that_nobody_used_any_more_does_not_come_back(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(), secret(*pair))
    lab.delete("ingresses", "shop")
    lab.delete("secrets", "shop-tls")
    lab.apply(ingress())
    assert not lab.ear.certificates


def test_what_is_wrong_with_a_pair_is_said_without_showing_the_key(lab: Any, pair: Pair) -> None:
    chain, key = pair
    other = make_pair(lab.time, lab.time + DAY)
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )
    wrong = {
        (b"", key): "tls.crt is missing or empty",
        (chain, b" "): "tls.key is missing or empty",
        (b"junk", key): "tls.crt is not a chain of certificates in PEM form",
        (chain, b"junk"): "tls.key is not a private key in PEM form",
        (chain, encrypted): "tls.key is encrypted; it has to be without a password",
        (chain, other[1]): "the key in tls.key does not belong to the certificate in tls.crt",
        (other[0] + chain, key): "the certificate of the key has to be the first in tls.crt, before those "
        "that sign it",
    }
    lab.apply(ingress())
    for texts, reason in wrong.items():
        lab.apply(secret(*texts))
        assert lab.ear.problems[0].startswith(f"secret team-a/shop-tls: {reason}; used by")
        assert not lab.ear.certificates
    lab.apply(secret(chain + other[0], key))
    assert lab.ear.certificates[NAME].chain == chain + other[0]


@pytest.mark.parametrize(
    ("days", "wait", "expected"),
    [
        (365, 350, ""),
        (365, 352, "its certificate expires soon and has not been renewed"),
        (365, 366, "its certificate has expired; renew it"),
        (6, 3, ""),
        (6, 5, "its certificate expires soon and has not been renewed"),
    ],
)
def test_an_expiry_is_said_when_its_time_comes(lab: Any, days: int, wait: int, expected: str) -> None:
    lab.apply(ingress(), secret(*make_pair(lab.time, lab.time + days * DAY)))
    assert not lab.ear.problems
    lab.wait(wait * DAY)
    assert [problem.partition(": ")[2] for problem in lab.ear.problems] == [expected] * bool(expected)
    assert NAME in lab.ear.certificates


def test_a_certificate_of_tomorrow_is_a_problem_until_then(lab: Any) -> None:
    lab.apply(ingress(), secret(*make_pair(lab.time + DAY, lab.time + 90 * DAY)))
    assert len(lab.ear.problems) == 1
    lab.wait(DAY)
    assert not lab.ear.problems


def test_a_bad_host_costs_itself_and_is_said(lab: Any, pair: Pair) -> None:
    lab.apply(ingress(hosts="['a_b', shop.example.com]"), secret(*pair))
    assert lab.ear.certificates[NAME].hosts == ("shop.example.com",)
    assert lab.ear.problems == [
        'ingress team-a/shop: spec.tls[0].hosts: "a_b" is not a host name such as www.example.com or '
        "*.example.com"
    ]
    lab.apply(ingress(hosts="['a_b']"))
    assert not lab.ear.certificates


def test_string_data_of_a_manifest_counts_too(lab: Any, pair: Pair) -> None:
    chain, key = (text.decode().replace("\n", "\\n") for text in pair)
    text = (
        f'kind: Secret\nmetadata: {{name: shop-tls}}\nstringData: {{tls.crt: "{chain}", tls.key: "{key}"}}\n'
    )
    lab.apply(ingress(), text)
    assert (lab.ear.certificates[NAME].chain, lab.ear.certificates[NAME].key) == pair


def test_many_users_of_a_missing_secret_are_counted(lab: Any) -> None:
    lab.apply(*(ingress(f"i{number}") for number in range(5)))
    assert "used by ingress team-a/i0, ingress team-a/i1, ingress team-a/i2 and 2 more" in lab.ear.problems[0]


def test_a_key_never_shows_in_a_debug_line(lab: Any, pair: Pair) -> None:
    shown = [repr(obj) for _, obj in lab.read(secret(*pair))]
    text = [
        repr(obj) for _, obj in lab.read("kind: Secret\nmetadata: {name: x}\nstringData: {tls.key: MIIx}")
    ]
    assert "MII" not in "".join(shown + text)
    assert "PRIVATE" not in "".join(shown + text)


def test_a_certificate_is_wanted_by_each_ingress_that_names_it_since_that_was_created(
    lab: Any, pair: Pair
) -> None:
    def made(name: str, created: str) -> str:
        return ingress(name).replace("metadata: {", f"metadata: {{creationTimestamp: '{created}', ")

    lab.apply(made("one", "2025-01-01T00:00:00Z"), made("two", "2024-01-01T00:00:00Z"), secret(*pair))
    wanted = {claim.origin.name: (claim.host, claim.created) for claim in lab.ear.claims[NAME]}
    assert wanted == {
        "one": ("shop.example.com", "2025-01-01T00:00:00Z"),
        "two": ("shop.example.com", "2024-01-01T00:00:00Z"),
    }
    lab.apply(made("one", "2026-01-01T00:00:00Z"))
    assert {claim.created for claim in lab.ear.claims[NAME]} == {
        "2026-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
    }


def test_the_default_certificate_is_for_everyone_and_for_its_own_names(make_lab: Any, pair: Pair) -> None:
    lab = make_lab(default_certificate="team-a/shop-tls")
    lab.apply(secret(*pair))
    assert lab.ear.certificates[NAME].hosts == ("", "*.shop.example.com", "shop.example.com")
    assert lab.cluster.wanted_secrets() == {("team-a", "shop-tls")}


def test_a_default_certificate_that_is_not_there_is_a_problem(make_lab: Any) -> None:
    lab = make_lab(default_certificate="team-a/shop-tls")
    lab.apply()
    assert any("settings default-certificate" in str(problem) for problem in lab.ear.problems)

"""An Ingress asks its clients for certificates, and is closed where it is not clear for which."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ingress.model.policy import ClientCertificates

NAME = "test:team-a/clients-ca"
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


class Authority:
    """An authority that revokes."""

    def __init__(self, name: str = "Clients") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(self._name, self._name, self._key.public_key(), 1)
        builder = builder.not_valid_before(SINCE).not_valid_after(UNTIL)
        self.pem = builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def revoked(self, serial: int = 7) -> bytes:
        one = x509.RevokedCertificateBuilder(serial, SINCE).build()
        builder = x509.CertificateRevocationListBuilder(self._name, SINCE, SINCE + timedelta(days=30))
        builder = builder.add_revoked_certificate(one)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def secret(pem: bytes, revoked: bytes = b"", name: str = "clients-ca") -> str:
    data = f"ca.crt: {b64encode(pem).decode()!r}"
    data += f", ca.crl: {b64encode(revoked).decode()!r}" if revoked else ""
    return f"kind: Secret\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


@pytest.fixture
def guarded(shop: tuple[str, str]) -> Callable[..., tuple[str, str]]:
    """The shop with annotations, such as `secret="clients-ca"`."""

    def make(**said: str) -> tuple[str, str]:
        pairs = (f'headgate.dev/auth-tls-{name.replace("_", "-")}: "{text}"' for name, text in said.items())
        ingress = shop[0].replace("metadata: {", f"metadata: {{annotations: {{{', '.join(pairs)}}}, ")
        return ingress, shop[1]

    return make


def policy(lab: Any) -> Any:
    (claim,) = (claim for each in lab.ear.objects.values() for claim in each.claims)
    return claim.route.policy


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ({"secret": "clients-ca"}, ClientCertificates(NAME)),
        ({"secret": "team-a/clients-ca", "verify": "on"}, ClientCertificates(NAME)),
        ({"secret": "clients-ca", "verify": "optional"}, ClientCertificates(NAME, required=False)),
        ({"secret": "clients-ca", "pass_certificate": "true"}, ClientCertificates(NAME, forward=True)),
    ],
)
def test_an_ingress_names_the_authority_of_its_clients(
    lab: Any, guarded: Any, said: dict[str, str], wish: ClientCertificates
) -> None:
    authority = Authority()
    lab.apply(*guarded(**said), secret(authority.pem))
    assert policy(lab).client_certificates == wish
    assert lab.ear.authorities[NAME].pem == authority.pem
    assert lab.cluster.wanted_secrets() == {("team-a", "clients-ca")}
    assert not lab.ear.problems


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"secret": "team-b/clients-ca"}, 'auth-tls-secret: "team-b/clients-ca" is in another namespace'),
        ({"secret": "a b"}, 'auth-tls-secret: "a b" is not the NAME of a Secret'),
        ({"secret": "clients-ca", "verify": "optinal"}, 'auth-tls-verify: "optinal" is none of on, optional'),
        ({"secret": "clients-ca", "verify": "optional_no_ca"}, "auth-tls-verify: a certificate that no"),
        ({"verify": "on"}, "auth-tls-verify: has no effect without auth-tls-secret"),
        ({"secrets": "clients-ca"}, "auth-tls-secrets: unknown option; did you mean headgate.dev/auth-tls-s"),
    ],
)
def test_what_cannot_be_read_closes_the_routes(
    lab: Any, guarded: Any, said: dict[str, str], reason: str
) -> None:
    lab.apply(*guarded(**said), secret(Authority().pem))
    assert reason in policy(lab).closed
    assert any(reason in problem for problem in lab.ear.problems)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (None, "the Secret does not exist"),
        (secret(b""), "ca.crt is missing or empty"),
        (secret(b"nonsense"), "ca.crt is not certificates in PEM form"),
        (secret(Authority().pem, b"nonsense"), "ca.crl is not a list of revoked certificates in PEM form"),
        (secret(Authority().pem, Authority("Others").revoked()), "ca.crl is of none of the authorities"),
    ],
)
def test_an_authority_that_was_never_good_is_never_told(
    lab: Any, guarded: Any, manifest: str | None, reason: str
) -> None:
    lab.apply(*guarded(secret="clients-ca"), *filter(None, [manifest]))
    assert not lab.ear.authorities
    (problem,) = lab.ear.problems
    assert problem.startswith(f"secret team-a/clients-ca/ca.crt: {reason}")
    assert problem.endswith("used by ingress team-a/shop: nobody is let in by it")


def test_an_authority_that_breaks_or_goes_stays_as_it_was_last(lab: Any, guarded: Any) -> None:
    first, second = Authority(), Authority()
    lab.apply(*guarded(secret="clients-ca"), secret(first.pem))
    lab.apply(secret(b"nonsense"))
    assert lab.ear.authorities[NAME].pem == first.pem
    assert lab.ear.problems[0].endswith("what it said last stays in force")
    lab.delete("secrets", "clients-ca")
    assert lab.ear.authorities[NAME].pem == first.pem
    revoked = second.revoked()
    lab.apply(secret(second.pem, revoked))
    assert (lab.ear.authorities[NAME].pem, lab.ear.authorities[NAME].revoked) == (second.pem, revoked)
    assert not lab.ear.problems


@pytest.mark.parametrize(
    ("revokes", "when", "reason"),
    [
        (False, UNTIL - timedelta(hours=1), ""),
        (False, UNTIL, "all certificates in ca.crt have expired"),
        (True, SINCE + timedelta(days=29), ""),
        (True, SINCE + timedelta(days=30), "ca.crl is out of date"),
    ],
)
def test_by_what_is_out_of_date_nobody_is_let_in_and_that_is_a_problem(
    lab: Any, guarded: Any, revokes: bool, when: datetime, reason: str
) -> None:
    authority = Authority()
    lab.time = SINCE.timestamp()
    lab.apply(*guarded(secret="clients-ca"), secret(authority.pem, authority.revoked() if revokes else b""))
    assert not lab.ear.problems
    lab.wait(when.timestamp() - lab.time)
    assert bool(lab.ear.problems) == bool(reason)
    for problem in lab.ear.problems:
        assert reason in problem
        assert problem.endswith("nobody is let in by it")


def test_an_authority_goes_with_the_last_who_names_it(lab: Any, guarded: Any, shop: tuple[str, str]) -> None:
    lab.apply(*guarded(secret="clients-ca"), secret(Authority().pem))
    lab.apply(*shop)
    assert not lab.ear.authorities
    assert lab.cluster.wanted_secrets() == frozenset()


def test_a_flawed_version_leaves_the_authority_of_the_version_in_force(lab: Any, guarded: Any) -> None:
    ingress, service = guarded(secret="clients-ca")
    lab.apply(ingress, service, secret(Authority().pem))
    lab.apply(guarded(hsts="soon")[0].replace("auth-tls-hsts", "hsts"))
    assert NAME in lab.ear.authorities

"""What rules find in the certificate of a client, in the forms that HAProxy gives it."""

import datetime
from hashlib import sha1
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingress.acl.grammar import parse_rules
from ingress.proxy.tls.session import ClientCertificate

SINCE = datetime.datetime(2026, 1, 5, 9, 34, 43, tzinfo=datetime.UTC)


def made() -> bytes:
    """A certificate of one whose name has a quirk or two."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = (
        (NameOID.COUNTRY_NAME, "FR"),
        (NameOID.ORGANIZATION_NAME, "Example"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "East"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "West\r\nX: y"),
        (NameOID.COMMON_NAME, "Zoë"),
    )
    name = x509.Name([x509.NameAttribute(*part) for part in parts])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Clients")])
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), 0x0A1234)
    builder = builder.not_valid_before(SINCE).not_valid_after(SINCE + datetime.timedelta(days=365))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


DER = made()


@pytest.fixture(scope="module")
def shown() -> ClientCertificate:
    """The certificate with the facts that the library gives of it."""
    loaded = x509.load_der_x509_certificate(DER)
    names = {
        NameOID.COUNTRY_NAME: "countryName",
        NameOID.ORGANIZATION_NAME: "organizationName",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "organizationalUnitName",
        NameOID.COMMON_NAME: "commonName",
    }
    return ClientCertificate(
        DER,
        {
            "subject": tuple(((names[each.oid], each.value),) for each in loaded.subject),
            "issuer": tuple(((names[each.oid], each.value),) for each in loaded.issuer),
            "serialNumber": "0A1234",
            "notBefore": "Jan  5 09:34:43 2026 GMT",
            "notAfter": "Jan  5 09:34:43 2027 GMT",
        },
    )


FOUND = [
    "ssl_c_used",
    "ssl_c_verify 0",
    "ssl_c_s_dn '/C=FR/O=Example/OU=East/OU=WestX: y/CN=Zoë'",
    "ssl_c_s_dn(CN) Zoë",
    "ssl_c_s_dn(OU) East",
    "ssl_c_s_dn(OU,2) -m beg West",
    "ssl_c_s_dn(OU,-2) East",
    "ssl_c_i_dn /CN=Clients",
    "ssl_c_i_dn(CN) Clients",
    "ssl_c_serial,hex 0A1234",
    f"ssl_c_sha1,hex {sha1(DER).hexdigest().upper()}",
    f"ssl_c_der,hex {DER.hex().upper()}",
    "ssl_c_notbefore 260105093443Z",
    "ssl_c_notafter 270105093443Z",
]


@pytest.mark.parametrize("test", FOUND)
def test_it_is_found_where_a_certificate_was_shown(
    test: str, holds: Any, client: Any, session: Any, shown: ClientCertificate
) -> None:
    assert holds(test, client=client(session=session(certificate=shown)))
    assert not holds(test, client=client())


@pytest.mark.parametrize("test", [test for test in FOUND if test != "ssl_c_verify 0"])
def test_it_is_not_found_where_none_was_shown(test: str, holds: Any, client: Any, session: Any) -> None:
    assert not holds(test, client=client(session=session()))


def test_who_shows_none_has_shown_nothing_bad(holds: Any, client: Any, session: Any) -> None:
    assert holds("ssl_c_verify 0", client=client(session=session()))


@pytest.mark.parametrize(
    "test", ["ssl_c_s_dn(ST) -m found", "ssl_c_s_dn(OU,3) -m found", "ssl_c_i_dn(C,-2) -m found"]
)
def test_an_attribute_that_is_not_there_is_no_sample(
    test: str, holds: Any, client: Any, session: Any, shown: ClientCertificate
) -> None:
    assert not holds(test, client=client(session=session(certificate=shown)))


@pytest.mark.parametrize(
    "fetch", ["ssl_c_s_dn(CN,0)", "ssl_c_s_dn(CN,x)", "ssl_c_s_dn(C-N)", "ssl_c_s_dn(CN,1,2)"]
)
def test_arguments_that_make_no_sense_are_refused(fetch: str) -> None:
    with pytest.raises(ValueError, match=r"expected|occurrence"):
        parse_rules(f"deny if {{ {fetch} x }}", {})

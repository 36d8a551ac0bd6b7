"""Certificates that the tests sign themselves."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct


class Pair(Struct, frozen=True):
    """A certificate and its key, as PEM."""

    chain: bytes
    key: bytes


class Authority(Struct, frozen=True):
    """Who signs certificates of others."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    chain: bytes
    """Its own certificate, as PEM."""


def authority(called: str) -> Authority:
    """A new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    builder = _dated(x509.CertificateBuilder(name, name, key.public_key()))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = builder.add_extension(identity, critical=False).sign(key, hashes.SHA256())
    return Authority(name, key, made.public_bytes(serialization.Encoding.PEM))


def signed_by(by: Authority, host: str, *, kind: str = "ecdsa") -> Pair:
    """A new certificate as browsers want it: for a host, for 90 days, signed by an authority."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    builder = _dated(x509.CertificateBuilder(by.name, name, key.public_key()))
    for extension in (
        x509.SubjectAlternativeName([x509.DNSName(host)]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()),
    ):
        builder = builder.add_extension(extension, critical=False)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    return _pair(builder.sign(by.key, hashes.SHA256()), key)


def _dated(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    return builder.not_valid_after(now + datetime.timedelta(days=90))


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not signs, False, False, False, False, signs, signs, False, False)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def self_signed(host: str) -> Pair:
    """A new certificate for a host, valid for a day; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)

"""The proxies with a second port, on which they speak TLS 1.3."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import structs

from tests.bench.site import Site
from tests.bench.subject.caddy import caddy
from tests.bench.subject.haproxy import haproxy
from tests.bench.subject.headgate import NAMESPACE, headgate, headgate_compiled
from tests.bench.subject.nginx import nginx
from tests.bench.subject.subject import Subject
from tests.bench.subject.traefik import traefik
from tests.real.harness import objects
from tests.real.harness.certificate import Pair, self_signed

NAME: Final = "bench.example.net"
"""Of the certificate. No host of the site has one of its own, so that plain requests are served too."""
SUITES: Final = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
"""What Headgate agrees on first, and Go too: whoever has OpenSSL is to do the same."""
OFFSET: Final = 100
"""From the plain port of a proxy to that with TLS."""


def secured_subjects(site: Site) -> list[Subject]:
    """All proxies, each on two ports."""
    pair = self_signed(NAME)
    plain = [
        haproxy(site, 18390, same_fields=False),
        headgate(site, 18380, 19980),
        headgate_compiled(site, 18381, 19981),
        nginx(site, 18392),
        traefik(site, 18393, 18394),
        caddy(site, 18395, 18396),
    ]
    return [SECURE[one.name](one, pair) for one in plain]


def _changed(subject: Subject, pair: Pair, change: Callable[[str], str]) -> Subject:
    """With every file changed, and the certificate beside them."""
    files = {name: change(text) for name, text in subject.files.items()}
    chain, key = pair.chain.decode(), pair.key.decode()
    certificate = {"bench.crt": chain, "bench.key": key, "bench.pem": chain + key}
    return structs.replace(subject, files={**files, **certificate})


def _haproxy(subject: Subject, pair: Pair) -> Subject:
    plain = f"  bind 127.0.0.1:{subject.port}\n"
    secure = (
        f"  bind 127.0.0.1:{subject.port + OFFSET} ssl crt bench.pem alpn http/1.1 ciphersuites {SUITES}\n"
    )
    return _changed(subject, pair, lambda text: text.replace(plain, plain + secure))


def _headgate(subject: Subject, pair: Pair) -> Subject:
    secret = objects.tls_secret(NAMESPACE, "bench", pair.chain, pair.key)
    files = {**subject.files, "manifests/certificate.yaml": json.dumps(secret)}
    options = ["--https", f"127.0.0.1:{subject.port + OFFSET}"]
    options += ["--default-certificate", f"files:{NAMESPACE}/bench"]
    return structs.replace(subject, command=[*subject.command, *options], files=files)


def _nginx(subject: Subject, pair: Pair) -> Subject:
    plain = f"    listen 127.0.0.1:{subject.port};\n"
    secure = f"    listen 127.0.0.1:{subject.port + OFFSET} ssl;\n"
    certificate = "  ssl_certificate bench.crt;\n  ssl_certificate_key bench.key;\n  ssl_protocols TLSv1.3;\n"
    certificate += f"  ssl_prefer_server_ciphers on;\n  ssl_conf_command Ciphersuites {SUITES};\n"
    http = "http {\n"
    return _changed(
        subject, pair, lambda text: text.replace(plain, plain + secure).replace(http, http + certificate)
    )


def _traefik(subject: Subject, pair: Pair) -> Subject:
    static = subject.files["traefik.yaml"]
    point = next(line for line in static.splitlines() if line.startswith("  site: "))
    secure = point.replace("  site: {", "  secure: {http: {tls: {}}, ")
    secure = secure.replace(f":{subject.port}", f":{subject.port + OFFSET}")
    routes = json.loads(subject.files["routes.yaml"])
    certificate = {"certFile": "bench.crt", "keyFile": "bench.key"}
    routes["tls"] = {"stores": {"default": {"defaultCertificate": certificate}}}
    told = structs.replace(subject, files={**subject.files, "routes.yaml": json.dumps(routes)})
    return _changed(told, pair, lambda text: text.replace(point, f"{point}\n{secure}"))


def _caddy(subject: Subject, pair: Pair) -> Subject:
    def change(text: str) -> str:
        whole = json.loads(text)
        servers = whole["apps"]["http"]["servers"]
        servers["secure"] = {
            **servers["site"],
            "listen": [f"127.0.0.1:{subject.port + OFFSET}"],
            "protocols": ["h1"],
            "tls_connection_policies": [{"default_sni": NAME, "fallback_sni": NAME}],
        }
        files = [{"certificate": "bench.crt", "key": "bench.key"}]
        whole["apps"]["tls"] = {"certificates": {"load_files": files}}
        return json.dumps(whole, indent=1)

    return _changed(subject, pair, change)


SECURE: Final[Mapping[str, Callable[[Subject, Pair], Subject]]] = {
    "HAProxy": _haproxy,
    "Headgate": _headgate,
    "Headgate, compiled": _headgate,
    "nginx": _nginx,
    "Traefik": _traefik,
    "Caddy": _caddy,
}

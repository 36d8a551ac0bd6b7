"""The options of routes: what is done with requests and answers."""

from typing import Final

from discovery.option import EVERY_SCOPE, Option, Scope
from discovery.option_values import (
    parse_codings,
    parse_hsts,
    parse_realm,
    parse_secret_name,
    parse_size,
    parse_text,
    parse_truth,
    parse_types,
)
from discovery.tls_values import parse_secret, parse_verify
from ingress.model.policy import Coding

ROUTE_OPTIONS: Final = (
    Option(
        "acl",
        "acl",
        Scope.INGRESS,
        parse_text,
        "Names tests of a request, one a line, for the conditions of the other options.",
        guards=True,
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "http-request",
        "http_request",
        Scope.INGRESS,
        parse_text,
        "What is done with a request before it goes to a server, one rule a line: deny, redirect, "
        "set-header, set-path, return and more.",
        guards=True,
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "tcp-request",
        "tcp_request",
        Scope.INGRESS,
        parse_text,
        "Who is turned away before anything else is asked, one rule a line: accept, reject, silent-drop.",
        guards=True,
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "redirect",
        "redirect",
        Scope.INGRESS,
        parse_text,
        "Sends clients elsewhere, one rule a line, behind the rules of http-request.",
        guards=True,
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "http-response",
        "http_response",
        Scope.INGRESS,
        parse_text,
        "What is done with a server's answer, one rule a line: set-header, del-header, set-status, deny "
        "and more.",
        guards=True,
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "http-after-response",
        "http_after_response",
        Scope.INGRESS,
        parse_text,
        "The same for every answer, those of Headgate itself too.",
        rules=True,
        also=EVERY_SCOPE,
    ),
    Option(
        "auth-secret",
        "auth_secret",
        Scope.INGRESS,
        parse_secret_name,
        "Lets only the users of this Secret in, who are asked for name and password (Basic) before all "
        "rules of http-request.",
        guards=True,
        annotation_only=True,
    ),
    Option(
        "auth-realm",
        "auth_realm",
        Scope.INGRESS,
        parse_realm,
        "What browsers show when they ask for them.",
        guards=True,
        annotation_only=True,
    ),
    Option(
        "compression",
        "compression",
        Scope.INGRESS,
        parse_codings,
        f"Compresses answers for clients that take it: {', '.join(Coding)}, the best first.",
    ),
    Option(
        "compression-types",
        "compression_types",
        Scope.INGRESS,
        parse_types,
        "The media types of answers that are compressed, such as `text/* application/json`.",
    ),
    Option(
        "use-backend",
        "use_backend",
        Scope.INGRESS,
        parse_text,
        "Sends requests to another Service, one rule a line: the first that holds takes the request.",
        rules=True,
    ),
    Option(
        "use-server",
        "use_server",
        Scope.INGRESS,
        parse_text,
        "Sends requests to one server of their backend, by its address or the name of its pod or Consul "
        "instance, one rule a line: the first that holds, and whose server is up, takes the request.",
        rules=True,
    ),
    Option(
        "ssl-redirect",
        "ssl_redirect",
        Scope.INGRESS,
        parse_truth,
        "Whether clients over plain HTTP are sent to HTTPS (308); without it, where the host has a "
        "certificate and there is an HTTPS listener.",
    ),
    Option(
        "ssl-passthrough",
        "ssl_passthrough",
        Scope.INGRESS,
        parse_truth,
        "Whether TLS is relayed undecrypted to the servers of the host that clients ask for (SNI), by which "
        "it ends there; plain HTTP is sent to HTTPS (308).",
    ),
    Option(
        "proxy-body-size",
        "body_limit",
        Scope.INGRESS,
        parse_size,
        "The largest body of a request, such as `10m`; a larger one is answered 413. `0` or `unlimited`: "
        "as large as limits-body lets it be.",
    ),
    Option(
        "hsts",
        "hsts",
        Scope.INGRESS,
        parse_hsts,
        "For how many days clients are to come over TLS alone, as in `180d include-subdomains preload`: "
        "Strict-Transport-Security in answers over TLS.",
    ),
    Option(
        "auth-tls-secret",
        "auth_tls_secret",
        Scope.INGRESS,
        parse_secret,
        "Asks clients for certificates that one of those in `ca.crt` of this Secret has signed, and its "
        "`ca.crl` has not revoked.",
        guards=True,
        annotation_only=True,
    ),
    Option(
        "auth-tls-verify",
        "auth_tls_verify",
        Scope.INGRESS,
        parse_verify,
        "`on` (without it, too): who shows no certificate is refused; `optional`: the server is told.",
        guards=True,
        annotation_only=True,
    ),
    Option(
        "auth-tls-pass-certificate",
        "auth_tls_pass_certificate",
        Scope.INGRESS,
        parse_truth,
        "Whether servers get the certificate itself, in the field Client-Cert (RFC 9440).",
        annotation_only=True,
    ),
)

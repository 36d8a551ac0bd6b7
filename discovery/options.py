"""OPTIONS: every setting that people can make on an object, in one table."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from discovery.option_values import (
    parse_codings,
    parse_duration,
    parse_hosts,
    parse_hsts,
    parse_path_type,
    parse_paths,
    parse_realm,
    parse_secret_name,
    parse_send_proxy,
    parse_size,
    parse_tcp,
    parse_text,
    parse_timeout,
    parse_tries,
    parse_truth,
    parse_types,
    spelt,
)
from discovery.persistence_options import (
    BALANCES,
    parse_balance,
    parse_cookie,
    parse_cookie_key,
    parse_hash_type,
)
from discovery.pool import (
    parse_cluster_service,
    parse_consul_service,
    parse_enough,
    parse_failover,
    parse_percent,
)
from discovery.shift.ramp import parse_ramp
from discovery.tls_values import parse_secret, parse_sni, parse_verify
from ingress.model.policy import Coding


class Scope(StrEnum):
    """The kind of object that an option belongs on."""

    INGRESS = "Ingress"
    SERVICE = "Service"
    PLATFORM = "platform"
    CONSUL = "Consul service"


class Option(Struct, frozen=True):
    """One setting."""

    name: str
    """Without the prefix of a dialect."""
    field: str
    """What `parse` makes of the text is known by this name; that of the BackendSettings it sets."""
    scope: Scope
    parse: Callable[[str], object]
    sentence: str
    """What it does, for the documentation."""
    guards: bool = False
    """It keeps requests out, so a route on which it cannot be read is closed."""
    annotation_only: bool = False
    """It makes no sense in a tag."""
    also: tuple[Scope, ...] = ()
    """Other objects that it may stand on."""
    rules: bool = False
    """It is a text of rules, in which secrets may stand: problems never show it."""
    secret: bool = False
    """Problems never show it either."""

    def fits(self, scope: Scope) -> bool:
        """Whether it may stand on such an object."""
        return scope is self.scope or scope in self.also


EVERY_SCOPE: Final = (Scope.SERVICE, Scope.PLATFORM)
"""Where rules may stand beside the object of a route."""

OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for option in (
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
            "userlist",
            "userlist",
            Scope.CONSUL,
            parse_text,
            "Users for `http_auth` in rules, one a line: `LIST user NAME password HASH [groups GROUP,GROUP]` "
            "or groups: `LIST group NAME users NAME,NAME`.",
            rules=True,
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
        Option(
            "balance",
            "balance",
            Scope.SERVICE,
            parse_balance,
            f"How a server is picked: {', '.join(BALANCES)}.",
        ),
        Option(
            "hash-type",
            "hash_type",
            Scope.SERVICE,
            parse_hash_type,
            "How a hash finds its server: consistent, so that only the clients of a server that goes get "
            "another one, or map-based.",
        ),
        Option(
            "cookie",
            "cookie",
            Scope.SERVICE,
            parse_cookie,
            "Keeps a client on its server by a cookie, in HAProxy's words: `SRV insert indirect nocache "
            "httponly`.",
        ),
        Option(
            "dynamic-cookie-key",
            "cookie_key",
            Scope.SERVICE,
            parse_cookie_key,
            "A secret that the values of the cookie are made with; without it, the UID of the Service.",
            secret=True,
        ),
        Option(
            "tries",
            "tries",
            Scope.SERVICE,
            parse_tries,
            "How many servers one request may be tried on, the first included.",
        ),
        Option(
            "timeout-connect",
            "timeout_connect",
            Scope.SERVICE,
            parse_timeout,
            "How long one attempt to connect may take.",
        ),
        Option(
            "timeout-server",
            "timeout_server",
            Scope.SERVICE,
            parse_timeout,
            "How long the server may take to its first byte.",
        ),
        Option(
            "timeout-stream",
            "timeout_stream",
            Scope.SERVICE,
            parse_duration,
            "How long the server may pause within an answer; 0: as long as timeout-server says.",
        ),
        Option(
            "timeout-try",
            "timeout_try",
            Scope.SERVICE,
            parse_duration,
            "How long one server may take to its first byte before another one is tried; 0: no such limit.",
        ),
        Option(
            "server-host",
            "server_host",
            Scope.SERVICE,
            parse_truth,
            "Whether servers get their own address as Host, in place of what the client asked for.",
        ),
        Option(
            "server-ssl",
            "server_ssl",
            Scope.SERVICE,
            parse_truth,
            "Whether servers are spoken to over TLS; without it, those whose port says appProtocol: https.",
        ),
        Option(
            "server-ssl-verify",
            "server_ssl_verify",
            Scope.SERVICE,
            parse_truth,
            "Whether their certificates have to be good; without it, where server-ssl-ca-secret names who "
            "signs them.",
        ),
        Option(
            "server-ssl-ca-secret",
            "server_ssl_ca_secret",
            Scope.SERVICE,
            parse_secret,
            "They are verified by `ca.crt` and `ca.crl` of this Secret; without it, by those that the system "
            "trusts.",
            annotation_only=True,
        ),
        Option(
            "server-ssl-sni",
            "server_ssl_sni",
            Scope.SERVICE,
            parse_sni,
            "What they are called in the handshake, and have to be called in their certificates: `host` (as "
            "in the request), `service` (SERVICE.NAMESPACE.svc, or NAME.service.consul), or a name.",
        ),
        Option(
            "server-ssl-secret",
            "server_ssl_secret",
            Scope.SERVICE,
            parse_secret,
            "The certificate and key in this Secret are shown to servers that ask for them.",
            annotation_only=True,
        ),
        Option(
            "send-proxy",
            "send_proxy",
            Scope.SERVICE,
            parse_send_proxy,
            "Begins each connection to a server with a PROXY header of this version, v1 or v2, which says "
            "whose it is; a connection then carries one request. off: it does not.",
        ),
        Option(
            "tcp",
            "tcp",
            Scope.SERVICE,
            parse_tcp,
            "Publishes a TCP port and relays its connections: `3306`, or `3306:mysql` for a certain port.",
        ),
        Option(
            "consul-service",
            "consul_service",
            Scope.SERVICE,
            spelt(parse_consul_service),
            "The instances of this Consul service serve beside the pods.",
            annotation_only=True,
            also=(Scope.INGRESS,),
        ),
        Option(
            "consul-datacenter",
            "consul_datacenter",
            Scope.SERVICE,
            spelt(parse_consul_service),
            "Only those of its instances that are in this datacentre.",
            annotation_only=True,
            also=(Scope.INGRESS,),
        ),
        Option(
            "consul-weight",
            "consul_weight",
            Scope.SERVICE,
            spelt(parse_percent),
            "Of a hundred requests, those that go to the Consul instances, whatever their number.",
            annotation_only=True,
            also=(Scope.INGRESS,),
        ),
        Option(
            "consul-enable",
            "consul_enable",
            Scope.SERVICE,
            parse_truth,
            "Whether Consul services may name this Service in `kubernetes-service`.",
            annotation_only=True,
        ),
        Option(
            "failover",
            "failover",
            Scope.SERVICE,
            spelt(parse_failover),
            "Who serves first of pods and instances, `kubernetes, consul` or `consul, kubernetes`; the "
            "others join in when too few of the first are healthy.",
            also=(Scope.INGRESS,),
        ),
        Option(
            "failover-minimum",
            "failover_minimum",
            Scope.SERVICE,
            spelt(parse_enough),
            "How many of those that come first have to be healthy, lest others join in; 1 if it is not said.",
            also=(Scope.INGRESS,),
        ),
        Option(
            "prefer-zone",
            "prefer_zone",
            Scope.SERVICE,
            parse_truth,
            "Whether servers in the zone of this instance (`--zone`) come before those elsewhere.",
            also=(Scope.INGRESS,),
        ),
        Option(
            "shift",
            "shift",
            Scope.SERVICE,
            spelt(parse_ramp),
            "Moves the requests from one place to the other, step by step: `consul 100 -> kubernetes 100 "
            "over 2h, stop on 5xx > 2%`.",
            also=(Scope.INGRESS,),
        ),
        Option(
            "kubernetes-service",
            "kubernetes_service",
            Scope.CONSUL,
            spelt(parse_cluster_service),
            "The pods of this Service (`NAMESPACE/SERVICE` or `NAMESPACE/SERVICE:PORT`) serve beside the "
            "instances.",
        ),
        Option(
            "kubernetes-weight",
            "kubernetes_weight",
            Scope.CONSUL,
            spelt(parse_percent),
            "Of a hundred requests, those that go to the pods, whatever their number.",
        ),
        Option(
            "enable",
            "enable",
            Scope.CONSUL,
            parse_truth,
            "Whether requests may go to the instance at all.",
        ),
        Option(
            "host",
            "host",
            Scope.CONSUL,
            parse_hosts,
            "The hosts of a route, with commas between; without it, any host.",
        ),
        Option(
            "path",
            "path",
            Scope.CONSUL,
            parse_paths,
            "The paths of a route, with commas between; without it, all paths.",
        ),
        Option(
            "path-type",
            "path_type",
            Scope.CONSUL,
            parse_path_type,
            "How the paths are compared: Prefix, by element, or Exact.",
        ),
    )
}

"""The options of backends: how requests are shared among servers, and how these are spoken to."""

from typing import Final

from discovery.option import Option, Scope
from discovery.option_values import (
    parse_duration,
    parse_send_proxy,
    parse_tcp,
    parse_timeout,
    parse_tries,
    parse_truth,
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
    parse_consul_service,
    parse_enough,
    parse_failover,
    parse_percent,
)
from discovery.shift.ramp import parse_ramp
from discovery.tls_values import parse_secret, parse_sni

BACKEND_OPTIONS: Final = (
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
        "Publishes a TCP port and relays its connections: `3306`, or `3306:mysql` for a certain port. "
        "`db.example.com:3306`: those of TLS clients that ask for this host (SNI), whose TLS ends here with "
        "the certificate of the host.",
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
)

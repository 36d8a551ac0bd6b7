"""KEYS: every setting of `headgate run`, in one table: options, environment and file are made from it."""

from itertools import chain
from typing import Final

from msgspec import Struct

from ingress.cli import values
from ingress.cli.values import Parse
from ingress.model.settings import Settings


class Key(Struct, frozen=True):
    """One setting."""

    field: str
    """Its place in `Settings`: `workers`, `limits.head`."""
    sentence: str
    """What it does, for the help."""
    parse: Parse = values.text
    metavar: str = "TEXT"
    many: bool = False
    """It takes several values: an option that may be repeated, a list, words with commas between."""
    called: str = ""
    """Its name where that is not made from the field."""

    @property
    def name(self) -> str:
        """The option without its dashes, and the key of the file: `drain-timeout`."""
        return self.called or self.field.replace(".", "-").replace("_", "-")

    @property
    def option(self) -> str:
        """The option on the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"HEADGATE_{self.name.replace('-', '_').upper()}"

    @property
    def is_flag(self) -> bool:
        """As an option it takes no value."""
        return self.parse is values.flag

    @property
    def default(self) -> tuple[str, ...]:
        """What holds where nobody sets it, in words; empty: nothing."""
        value: object = Settings()
        for name in self.field.split("."):
            value = getattr(value, name, None)
        if isinstance(value, tuple):
            return value
        if value is None or value is False or value == "":
            return ()
        return (f"{value:g}" if isinstance(value, float) else str(value).lower(),)


_COUNT: Final = values.between(1, 1_000_000)

_SOURCES: Final = (
    Key("manifests", "Serve a folder of Kubernetes manifests, and follow its changes.", metavar="DIR"),
    Key("kubernetes", "Watch the Kubernetes API server of the cluster this runs in.", values.flag),
    Key(
        "kubernetes.kubeconfig",
        "Watch the Kubernetes API server that this file names.",
        metavar="PATH",
        called="kubeconfig",
    ),
    Key("namespaces", "Watch only this namespace.", metavar="NS", many=True, called="namespace"),
    Key("ingress_class", "The name of our IngressClass.", metavar="NAME"),
    Key("controller_name", "The controller that IngressClasses of ours name.", metavar="NAME"),
    Key("watch_ingress_without_class", "Take Ingresses without a class too.", values.flag),
    Key(
        "preferred_source",
        "Where objects of two sources want the same host and path, this source wins, whatever their ages.",
        values.one_of("files", "kubernetes", "consul"),
        "SOURCE",
    ),
    Key(
        "shift_record",
        "Keep shifts alike in all replicas, by a ConfigMap (kubernetes:NS/NAME) or a key (consul:KEY).",
        values.shift_record,
        "PLACE",
    ),
)
_CONSUL: Final = (
    Key(
        "consul.url",
        "Watch the Consul of this agent: http[s]://HOST[:PORT] or unix:///PATH. Several are agents of one "
        "Consul: the next is asked where one does not answer.",
        values.agent,
        "URL",
        many=True,
        called="consul",
    ),
    Key(
        "consul.datacentres",
        "Watch this datacentre, or peer:NAME; the first that has instances enough serves.",
        metavar="DC",
        many=True,
        called="consul-datacentre",
    ),
    Key(
        "consul.failover_below",
        "With fewer healthy instances than this in the datacentres before it, the next one serves too.",
        _COUNT,
        "N",
    ),
    Key("consul.token", "Show Consul this token. A file is better: options can be seen.", metavar="TOKEN"),
    Key("consul.token_file", "Show Consul the token in this file, as it is then.", metavar="PATH"),
    Key("consul.ca_file", "Trust Consul by these authorities.", metavar="PATH"),
    Key("consul.certificate_file", "Show Consul this client certificate.", metavar="PATH"),
    Key("consul.key_file", "The key of that certificate.", metavar="PATH"),
    Key(
        "consul.server_ca_file",
        "Verify instances that are spoken to over TLS by the authorities in this file, as it is then; "
        "without it, by those that the system trusts.",
        metavar="PATH",
    ),
    Key("consul.namespace", "Watch this namespace of Consul Enterprise.", metavar="NS"),
    Key("consul.partition", "Watch this partition of Consul Enterprise.", metavar="NAME"),
    Key(
        "consul.consistency",
        "stale (any server answers, if it is not far behind), default, consistent or cached (by the agent).",
        values.one_of("stale", "default", "consistent", "cached"),
        "MODE",
    ),
    Key("consul.tagged_address", "Use this address of instances: lan, wan, ...", metavar="NAME"),
    Key("consul.tag_prefix", "Read the tags that begin with this and a dot.", values.tag_prefix, "WORD"),
    Key(
        "consul.status",
        "Send requests to instances whose worst check is passing, warning, or even critical.",
        values.one_of("passing", "warning", "critical"),
        "STATUS",
        many=True,
    ),
    Key(
        "consul.warning",
        "With false, a warning is no status to accept: older than --consul-status.",
        values.truth,
        "true|false",
    ),
    Key(
        "consul.flap_hold",
        "The longest that an instance whose checks flap is held back; 0: it never is.",
        values.seconds,
        "SECONDS",
    ),
    Key("consul.exposed_by_default", "Serve instances that do not say enable=true.", values.flag),
    Key(
        "consul.dialects",
        "Read the tags of this product too: fabio or traefik.",
        values.one_of("fabio", "traefik"),
        "NAME",
        many=True,
        called="consul-dialect",
    ),
    Key("consul.kv", "Read routes from the keys under this prefix.", values.key_prefix, "PREFIX"),
    Key(
        "consul.fabio_path",
        "With fabio's tags, read its route commands from the keys under this prefix; empty: from none.",
        values.key_prefix,
        "PREFIX",
    ),
    Key(
        "consul.register",
        "Register this instance in Consul at this address, under the names that fabio's tags ask for "
        "(register=NAME); without it, under none.",
        values.place,
        "IP:PORT",
    ),
    Key(
        "consul.entry_points",
        "What an entry point in Traefik's tags is: http, https, or a port. Known: web, websecure.",
        values.entry_point,
        "NAME=PLACE",
        many=True,
        called="consul-entry-point",
    ),
)
_LISTENERS: Final = (
    Key(
        "http",
        "Listen here for HTTP. 0.0.0.0 is all IPv4 addresses, [::] all IPv6 addresses. Port 0: a free one.",
        values.address,
        "ADDR:PORT",
        many=True,
    ),
    Key("https", "Listen here for HTTPS.", values.address, "ADDR:PORT", many=True),
    Key("tcp_address", "Publish TCP ports on this address.", values.ip, "ADDR"),
    Key("admin", "Listen here for health, metrics, API and status page.", values.address, "ADDR:PORT"),
    Key(
        "admin_token_file",
        "Take changes by the admin pages from whoever shows the token in this file, as it is then, from "
        "anywhere.",
        metavar="PATH",
    ),
    Key(
        "trusted_proxies",
        "Believe the X-Forwarded fields of clients in this network.",
        values.network,
        "CIDR",
        many=True,
        called="trusted-proxy",
    ),
    Key(
        "proxy_protocol",
        "Connections from this network begin with a PROXY header (v1 or v2) and are from whom it says.",
        values.network,
        "CIDR",
        many=True,
    ),
)
_CERTIFICATES: Final = (
    Key(
        "certificates",
        "Serve the hosts of the certificate in this file (the chain and its key), or in tls.crt and tls.key "
        "of this folder. It is read again when it changes.",
        values.path,
        "PATH",
        many=True,
        called="certificate",
    ),
    Key(
        "default_certificate",
        "Serve hosts without a certificate, and clients that name none, with that of this Secret, or of the "
        "file or folder of this whole path.",
        values.certificate,
        "NS/SECRET|PATH",
    ),
    Key("strict_sni", "Refuse clients that name a host without a certificate.", values.flag),
    Key(
        "ticket_rotation",
        "Seal TLS session tickets with a new key after so long; they are good for twice that. 0: none.",
        values.seconds,
        "SECONDS",
    ),
)
_REQUESTS: Final = (
    Key(
        "platform_rules",
        "Ask the rules in this ConfigMap before those of all routes; with two sources it is the cluster's, "
        "unless files: stands before it.",
        values.configmap,
        "NS/CONFIGMAP",
    ),
    Key(
        "default_backend",
        "Where requests go that no route takes. With two sources it is the cluster's Service, unless "
        "files: stands before it.",
        values.backend,
        "NS/SERVICE:PORT",
    ),
    Key("forwarded", "Send servers the Forwarded field too.", values.flag),
    Key("via", "Send servers the Via field.", values.flag),
    Key("access_log", "A line for each request: to a file, - for standard output, or off.", metavar="FILE"),
    Key(
        "explain_token_file",
        "Explain real requests that show the token in this file, as it is then: Headgate-Explain: TOKEN.",
        metavar="PATH",
    ),
)
_PROCESSES: Final = (
    Key("workers", "Worker processes; 0: one for each CPU.", values.between(0, 256), "N"),
    Key(
        "hang_timeout", "Replace a worker that stands still for so long; 0: never.", values.seconds, "SECONDS"
    ),
    Key(
        "drain_delay",
        "At the end, say 'not ready' but serve on for so long, so that load balancers notice.",
        values.seconds,
        "SECONDS",
    ),
    Key("drain_timeout", "At the end, give requests so long to finish.", values.seconds, "SECONDS"),
    Key("state_dir", "Keep the last good state here, to start with when no source answers.", metavar="DIR"),
    Key(
        "state_keys",
        "Keep the keys of certificates in it, in plain text, readable by this user alone.",
        values.truth,
        "true|false",
    ),
    Key("zone", "The zone this runs in: servers hinted for it are preferred.", metavar="ZONE"),
    Key("node", "The node this runs on.", metavar="NODE"),
    Key("log_level", "debug, info, warning or error.", values.level, "LEVEL"),
)
_LIMITS: Final = (
    Key("limits.request_line", "Longest request line.", values.size, "BYTES"),
    Key("limits.head", "Longest head of a request.", values.size, "BYTES"),
    Key("limits.fields", "Most header fields of a request.", _COUNT, "N"),
    Key("limits.body", "Longest body of a request; 0: no limit.", values.size_or_none, "BYTES"),
    Key("limits.trailers", "Longest trailers of a body in chunks.", values.size, "BYTES"),
    Key("limits.timeout_first", "For the first byte of a new connection.", values.some_seconds, "SECONDS"),
    Key("limits.timeout_request", "For the head of a request to arrive.", values.some_seconds, "SECONDS"),
    Key("limits.timeout_idle", "For the next request on a connection.", values.some_seconds, "SECONDS"),
    Key("limits.timeout_client", "For the next piece of a body.", values.some_seconds, "SECONDS"),
    Key("limits.timeout_tunnel", "For an idle tunnel or TCP connection.", values.some_seconds, "SECONDS"),
    Key(
        "limits.timeout_linger",
        "For a client to read a last answer and close.",
        values.some_seconds,
        "SECONDS",
    ),
    Key("limits.connections", "Most client connections of one worker.", _COUNT, "N"),
    Key(
        "limits.connections_per_client",
        "Most connections of one worker from one address, trusted proxies aside; 0: no limit.",
        values.between(0, 1_000_000),
        "N",
    ),
    Key("limits.pipelined", "Most bytes kept of pipelined requests.", values.size, "BYTES"),
)
_BACKENDS: Final = (
    Key("backend.balance", "How a server is picked.", values.balance, "NAME"),
    Key(
        "backend.hash_type",
        "How a hash finds its server: consistent or map-based.",
        values.hash_type,
        "TYPE",
    ),
    Key(
        "backend.cookie",
        "Keep clients on their servers by this cookie, as in `SRV insert indirect`.",
        values.cookie,
        "WORDS",
    ),
    Key(
        "backend.cookie_key",
        "A secret that values of cookies are made with, the same in all replicas.",
        values.cookie_key,
        "TEXT",
        called="backend-dynamic-cookie-key",
    ),
    Key("backend.tries", "Servers that a request is tried on.", values.between(1, 100), "N"),
    Key("backend.timeout_connect", "For a connection to a server.", values.some_seconds, "SECONDS"),
    Key("backend.timeout_server", "For a server's first byte.", values.some_seconds, "SECONDS"),
    Key(
        "backend.send_proxy",
        "Begin connections to servers with PROXY: off, v1 or v2.",
        values.send_proxy,
        "V",
    ),
    Key("backend.server_host", "Send servers their own address as Host.", values.flag),
    Key(
        "backend.timeout_stream",
        "Between two pieces of an answer; 0: as long as backend-timeout-server.",
        values.seconds,
        "SECONDS",
    ),
    Key(
        "backend.timeout_try",
        "For the first byte of one attempt, after which another server is tried; 0: no limit.",
        values.seconds,
        "SECONDS",
    ),
)

SECTIONS: Final = {
    "Sources": _SOURCES,
    "Consul": _CONSUL,
    "Where to listen": _LISTENERS,
    "Certificates": _CERTIFICATES,
    "Requests": _REQUESTS,
    "Processes": _PROCESSES,
    "What a client may take": _LIMITS,
    "Servers, where their Service does not say otherwise": _BACKENDS,
}
"""The settings by what they are about, as pages list them."""
KEYS: Final = tuple(chain.from_iterable(SECTIONS.values()))

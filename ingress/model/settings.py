"""The settings of a process tree, after options, environment and file have been merged."""

from msgspec import Struct

from ingress.model.backend import BackendSettings


class Limits(Struct, frozen=True, omit_defaults=True):
    """Bounds on what a client or server controls: sizes in bytes, times in seconds."""

    request_line: int = 8 * 1024
    head: int = 32 * 1024
    fields: int = 128
    body: int = 0
    """Of a request, without the framing of chunks; 0: no limit."""
    trailers: int = 8 * 1024
    """The last chunk of a body and the trailers behind it."""
    timeout_first: float = 30.0
    """For the first byte of a new connection."""
    timeout_request: float = 10.0
    """For the whole head of a request, from its first byte."""
    timeout_idle: float = 75.0
    """For the first byte of the next request on a connection."""
    timeout_client: float = 60.0
    """Between two pieces of a request body, or for the client to take a piece of the answer."""
    timeout_tunnel: float = 3600.0
    """For a tunnel or TCP relay on which nothing moves."""
    timeout_linger: float = 3.0
    """For a client to read a last answer and close, before its connection is cut."""
    connections: int = 20_000
    """Client connections of one worker."""
    connections_per_client: int = 0
    """Client connections of one worker from one address; 0: no limit."""
    pipelined: int = 64 * 1024
    """Bytes of further requests kept while one is being answered."""


class KubernetesSettings(Struct, frozen=True, omit_defaults=True):
    """Where the API server is: `kubeconfig` empty means in-cluster."""

    kubeconfig: str = ""


class ConsulSettings(Struct, frozen=True, omit_defaults=True):
    """Where Consul is, what is shown to it, and which of its services are served."""

    url: tuple[str, ...] = ()
    """Agents of one Consul, asked in turn; empty: no such source."""
    datacentres: tuple[str, ...] = ()
    """The best first; empty: that of the agent."""
    failover_below: int = 1
    """With fewer instances than this in the datacentres before it, the next one serves too."""
    token: str = ""
    token_file: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    server_ca_file: str = ""
    """By whom instances are verified that are spoken to over TLS; empty: by those that the system trusts."""
    namespace: str = ""
    partition: str = ""
    consistency: str = "stale"
    tagged_address: str = ""
    """Which of the addresses of an instance is used; empty: its own, but that called `wan` in other
    datacentres than the first."""
    tag_prefix: str = "headgate"
    status: tuple[str, ...] = ("passing", "warning")
    """The states of checks in which instances get requests."""
    warning: bool = True
    """False: not while a check of theirs warns, whatever `status` says."""
    flap_hold: float = 30.0
    """The longest that an instance whose checks flap is held back; 0: it never is."""
    exposed_by_default: bool = False
    """Whether instances that do not say `enable` get requests."""
    dialects: tuple[str, ...] = ()
    """Other products whose tags are read too: `fabio`, `traefik`."""
    kv: str = ""
    """The prefix of keys with a route each, in YAML; empty: none are read."""
    fabio_path: str = "fabio/config"
    """The prefix of keys with fabio's commands, read with its dialect; empty: none are read."""
    register: str = ""
    """`IP:PORT` at which others reach this instance, to be registered under the names that fabio's tags ask
    for; empty: it is not registered."""
    entry_points: tuple[str, ...] = ()
    """What Traefik's entry points are: `NAME=http`, `NAME=https` or `NAME=PORT`."""


class Settings(Struct, frozen=True, omit_defaults=True):
    """Everything `headgate run` needs to know. Keys of the YAML file have these names with hyphens."""

    manifests: str = ""
    """A folder; empty: no such source."""
    kubernetes: KubernetesSettings | None = None
    consul: ConsulSettings = ConsulSettings()
    http: tuple[str, ...] = ("0.0.0.0:8080",)
    https: tuple[str, ...] = ()
    admin: str = "127.0.0.1:9900"
    admin_token_file: str = ""
    """A file with the token that changes by the admin pages need; empty: they are made from this machine."""
    workers: int = 0
    """0: one for each CPU."""
    ingress_class: str = "headgate"
    controller_name: str = "headgate.dev/ingress-controller"
    watch_ingress_without_class: bool = False
    namespaces: tuple[str, ...] = ()
    """Empty: all."""
    default_backend: str = ""
    """`[SOURCE:]NAMESPACE/SERVICE:PORT` for requests that no route takes; empty: they are answered 404.
    The source is `files` or `kubernetes`; if it is left out, the cluster where there is one."""
    certificates: tuple[str, ...] = ()
    """Files with a certificate chain and its key, or folders with tls.crt and tls.key: for the hosts that
    they are made out for."""
    platform_rules: str = ""
    """`NAMESPACE/CONFIGMAP`, with its source before it where that is not clear: rules for all routes."""
    default_certificate: str = ""
    """`[SOURCE:]NAMESPACE/SECRET`, or a file or folder as above with its whole path, for clients that ask for
    a host without a certificate; empty: they are refused. The source as in `default_backend`."""
    strict_sni: bool = False
    """Clients that name a host without a certificate are refused, default certificate or not."""
    ticket_rotation: float = 12 * 3600.0
    """Seconds after which session tickets are sealed with another key; 0: there are no tickets."""
    state_dir: str = ""
    """Where last-good state is kept; empty: nowhere."""
    state_keys: bool = True
    """The keys of certificates are in it, for a start without any source."""
    explain_token_file: str = ""
    """A file with the token that real requests show to be explained; empty: none are."""
    access_log: str = "-"
    """A file, `-` for standard output, `off`."""
    log_level: str = "info"
    drain_delay: float = 0.0
    """How long a stopping instance says "not ready" but still accepts, before it drains."""
    drain_timeout: float = 30.0
    hang_timeout: float = 15.0
    """For how long a worker may stand still before it is killed and replaced; 0: for ever."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-* fields are believed."""
    proxy_protocol: tuple[str, ...] = ()
    """Networks whose connections have to begin with a PROXY header, which is believed."""
    forwarded: bool = False
    """Send the Forwarded field (RFC 7239) too."""
    via: bool = False
    tcp_address: str = "0.0.0.0"
    """The address on which `headgate.dev/tcp` ports are published."""
    preferred_source: str = ""
    """The source whose objects win over those of others that want the same host and path, whatever their
    age: `files`, `kubernetes` or `consul`; empty: the older object wins."""
    shift_record: str = ""
    """Where replicas keep their shifts alike: `kubernetes:NAMESPACE/NAME` (a ConfigMap) or `consul:KEY`;
    empty: each goes on by itself."""
    zone: str = ""
    node: str = ""
    """Where this instance runs, for topology hints; empty: unknown."""
    limits: Limits = Limits()
    backend: BackendSettings = BackendSettings()
    """What a backend has where its Service does not say."""

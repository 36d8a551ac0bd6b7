"""HAProxy with the routes of a site; as it comes, or sending all the fields that Headgate sends."""

from collections.abc import Sequence

from tests.bench.site import REFUSED_AGENT, Site
from tests.bench.subject.subject import Subject

# The map is a prefix tree: the quickest way that HAProxy has to route by host and path.
HEAD = """\
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  log stdout format raw local0
  option httplog
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  retries 3
  option redispatch
frontend site
  bind 127.0.0.1:{port}
  acl is_bot hdr_sub(user-agent) -i {agent}
  http-request deny if is_bot
{fields}  use_backend %[base,map_beg(haproxy.map)]
  default_backend none
backend none
  http-request return status 404
"""
FIELDS = """\
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
"""
# What HAProxy offers to somebody whose servers may be bad: every retry that it knows.
PATIENT = """\
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  log stdout format raw local0
  option httplog
  timeout connect 2s
  timeout client 60s
  timeout server {timeout_server}
  retries 3
  option redispatch 1
  retry-on all-retryable-errors
frontend site
  bind {address}:80
  default_backend shop
backend shop
"""


def patient_haproxy(address: str, servers: Sequence[str], timeout_server: str) -> Subject:
    """One service on fixed servers; a request is tried on others whatever went wrong."""
    lines = [f"  server s{number} {server}:80\n" for number, server in enumerate(servers)]
    text = PATIENT.format(address=address, timeout_server=timeout_server) + "".join(lines)
    return Subject(
        "HAProxy",
        ["haproxy", "-db", "-f", "haproxy.cfg"],
        80,
        {"haproxy.cfg": text},
        ["haproxy.cfg"],
        ["haproxy", "-v"],
        address=address,
    )


def haproxy(site: Site, port: int, *, same_fields: bool) -> Subject:
    """One thread; the log goes to a file. `same_fields`: with every field that Headgate adds."""
    name = "HAProxy, same fields" if same_fields else "HAProxy"
    head = HEAD.format(port=port, agent=REFUSED_AGENT, fields=FIELDS if same_fields else "")
    backends = [backend(site, route.service) for route in site.routes()]
    lines = [f"{route.host}{route.path} {route.service}\n" for route in site.routes()]
    return Subject(
        name,
        ["haproxy", "-db", "-f", "haproxy.cfg"],
        port,
        {
            "haproxy.cfg": head + "".join(backends),
            "haproxy.map": "".join(lines),
            "haproxy.head": head + backends[0],
        },
        ["haproxy.head"],
        ["haproxy", "-v"],
    )


def backend(site: Site, service: str) -> str:
    """One service."""
    servers = [f"  server s{number} {address}\n" for number, address in enumerate(site.servers)]
    return f"backend {service}\n" + "".join(servers)

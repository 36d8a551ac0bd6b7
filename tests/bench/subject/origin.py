"""The servers behind the proxies: nginx, one process, which answers at once."""

from collections.abc import Sequence

from tests.bench.subject.subject import Subject

ANSWER = "x" * 126
CONFIGURATION = """\
daemon off;
master_process off;
pid origin.pid;
error_log origin.err;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_timeout {keep};
  keepalive_requests 1000000000;
  default_type text/markdown;
  server {{
    {listen}
    location / {{ return 200 "{answer}"; }}
  }}
}}
"""


def origin(servers: Sequence[str], *, keep: bool = True) -> Subject:
    """Answers of 145 bytes of head and 126 of body on every `ADDRESS:PORT`; not `keep`: each on a
    connection of its own."""
    listen = " ".join(f"listen {server} backlog=4096;" for server in servers)
    return Subject(
        "origin",
        ["nginx", "-p", ".", "-c", "origin.conf", "-e", "origin.err"],
        int(servers[0].partition(":")[2]),
        {"origin.conf": CONFIGURATION.format(listen=listen, answer=ANSWER, keep="600s" if keep else "0")},
        ["origin.conf"],
        ["nginx", "-v"],
    )

"""nginx with the routes of a site."""

from tests.bench.site import REFUSED_AGENT, Site
from tests.bench.subject.subject import Subject

HEAD = """\
daemon off;
master_process off;
pid nginx.pid;
error_log nginx.err;
events {{ worker_connections 8192; }}
http {{
  access_log nginx.log combined buffer=64k flush=1s;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  server_names_hash_bucket_size 128;
  server_names_hash_max_size 4096;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Request-ID $request_id;
  map $http_user_agent $is_bot {{ default 0; "~*{agent}" 1; }}
"""


def nginx(site: Site, port: int) -> Subject:
    """One process; the log goes to a file through a buffer."""
    head = HEAD.format(agent=REFUSED_AGENT)
    upstreams = [upstream(site, route.service) for route in site.routes()]
    servers = [server(site, host, port) for host in site.host_names()]
    return Subject(
        "nginx",
        ["nginx", "-p", ".", "-c", "nginx.conf", "-e", "nginx.err"],
        port,
        {
            "nginx.conf": head + "".join(upstreams) + "".join(servers) + "}\n",
            "nginx.head": head + upstreams[0] + servers[0] + "}\n",
        },
        ["nginx.head"],
        ["nginx", "-v"],
    )


def upstream(site: Site, service: str) -> str:
    """One service and its kept connections."""
    lines = "".join(f"    server {address};\n" for address in site.servers)
    return f"  upstream {service} {{\n{lines}    keepalive 64;\n    keepalive_requests 1000000000;\n  }}\n"


def server(site: Site, host: str, port: int) -> str:
    """One host and its paths."""
    locations = "".join(
        f"    location {route.path} {{ proxy_pass http://{route.service}; }}\n"
        for route in site.routes_of(host)
    )
    bot = "    if ($is_bot) { return 403; }\n"
    missing = "    location / { return 404; }\n"
    return (
        f"  server {{\n    listen 127.0.0.1:{port};\n    server_name {host};\n{bot}{locations}{missing}  }}\n"
    )

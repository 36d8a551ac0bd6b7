"""The site that the CPU rows serve: hosts, paths, services, and the requests to them."""

import random
from collections.abc import Iterator, Sequence

from msgspec import Struct

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
REFUSED_AGENT = "badbot"
"""What the one deny rule looks for in User-Agent; no request has it."""
REQUESTS = 20_000
SHARE = 100
"""Of so many requests one has a body, and one asks for what no route takes."""
BODY = 1_000
"""Bytes of a body."""
MISSING = "/gone"
"""The beginning of paths that no route takes."""


class Route(Struct, frozen=True):
    """A host and a path prefix, and the service behind them."""

    host: str
    path: str
    service: str


class Site(Struct, frozen=True):
    """So many hosts with so many paths; the servers are the same for every service."""

    hosts: int = 50
    paths: int = 10
    servers: Sequence[str] = ()
    """`ADDRESS:PORT` of each server."""

    def host_names(self) -> list[str]:
        """The hosts, in order."""
        return [f"shop-{number}.example.com" for number in range(self.hosts)]

    def routes_of(self, host: str) -> list[Route]:
        """The routes of one host."""
        label = host.partition(".")[0]
        return [Route(host, f"/section-{number}", f"{label}-{number}") for number in range(self.paths)]

    def routes(self) -> Iterator[Route]:
        """All routes."""
        for host in self.host_names():
            yield from self.routes_of(host)


def requests(site: Site, count: int = REQUESTS) -> list[str]:
    """Distinct requests as a site gets them: pages, now and then a form, now and then a bad link."""
    return [mixed(number, text) for number, text in enumerate(pages(site, count))]


def mixed(number: int, text: str) -> str:
    """A page, or in its turn something else."""
    match number % SHARE:
        case 33:
            fields = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {BODY}\r\n\r\n"
            return text.replace("GET", "POST", 1)[:-2] + fields + "x" * BODY
        case 66:
            return text.replace(" /", f" {MISSING}/", 1)
        case _:
            return text


def pages(site: Site, count: int = REQUESTS) -> list[str]:
    """Distinct requests of a browser, spread evenly over all routes; the same at every call."""
    dice = random.Random(1)
    routes = list(site.routes())
    return [page(routes[number % len(routes)], number, dice) for number in range(count)]


def page(route: Route, number: int, dice: random.Random) -> str:
    """A head of 14 fields, about 800 bytes; cookie, query and id are its own."""
    fields = [
        f"Host: {route.host}",
        f"User-Agent: {AGENT}",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
        "Accept-Encoding: gzip, deflate, br, zstd",
        f"Referer: https://{route.host}{route.path}/list",
        f"Cookie: session={dice.getrandbits(128):032x}; theme=dark; cart={number % 97}; seen={number}; "
        "_ga=GA1.2.1203984756.1700000000; consent=necessary.statistics.preferences",
        'sec-ch-ua: "Chromium";v="131", "Not_A Brand";v="24"',
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-Site: same-origin",
        "Connection: keep-alive",
        f"X-Forwarded-For: 198.51.100.{number % 250 + 1}",
        f"X-Trace-Id: {dice.getrandbits(128):032x}",
    ]
    target = f"{route.path}/item/{number % 1000}?q={dice.getrandbits(40):x}&page={number % 50}"
    return "\r\n".join([f"GET {target} HTTP/1.1", *fields]) + "\r\n\r\n"

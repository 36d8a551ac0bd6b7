"""Tags of Traefik, and requests that show what they come to."""

from msgspec import Struct


class Ask(Struct, frozen=True):
    """A request."""

    host: str
    path: str = "/head"
    method: str = "GET"
    fields: tuple[tuple[str, str], ...] = ()


class Case(Struct, frozen=True):
    """Services with their tags, and requests."""

    name: str
    services: dict[str, tuple[str, ...]]
    """`{router}` tags are written out: without `traefik.` at their beginning."""
    asks: tuple[Ask, ...]


def router(name: str, rule: str, **options: str) -> tuple[str, ...]:
    """The tags of a router."""
    more = tuple(f"http.routers.{name}.{option}={value}" for option, value in options.items())
    return (f"http.routers.{name}.rule={rule}", *more)


def asks(host: str, *paths: str, **fields: str) -> tuple[Ask, ...]:
    """Requests of one host."""
    return tuple(Ask(host, path, fields=tuple(fields.items())) for path in paths)


A, B = "a.example.com", "b.example.com"
MW = "http.middlewares.m"

CASES = (
    Case(
        "an implicit router has the name of the service for a host",
        {"my_web.one": ()},
        (*asks("my-web-one", "/head"), *asks("my_web.one", "/head"), *asks("MY-web-one", "/head")),
    ),
    Case(
        "hosts",
        {
            "one": router("one", f"Host(`{A}`) && PathPrefix(`/`)"),
            "star": router("star", "Host(`*.example.com`)"),
            "regexp": router("regexp", r"HostRegexp(`^[a-c]+\.example\.(org|net)$`)"),
            "address": router("address", "Host(`10.9.8.7`)"),
        },
        tuple(
            Ask(host)
            for host in (
                *(A, B, "A.Example.COM", f"{A}:8080", "a.b.example.com", "example.com", "abc.example.org"),
                *("abc.example.net", "x.abc.example.net", "abd.example.org", "10.9.8.7", "a.example.com."),
            )
        ),
    ),
    Case(
        "paths",
        {
            "prefix": router("prefix", f"Host(`{A}`) && PathPrefix(`/head`)"),
            "exact": router("exact", f"Host(`{A}`) && Path(`/head/exact-and-long`)"),
            "regexp": router("regexp", rf"Host(`{A}`) && PathRegexp(`^/head/[0-9]+/items/[a-z]+$`)"),
            "same-prefix": router("same-prefix", f"Host(`{B}`) && PathPrefix(`/head`)"),
            "same-exact": router("same-exact", f"Host(`{B}`) && Path(`/head`)"),
        },
        (
            *asks(A, "/", "/head", "/heads", "/head/", "/head/exact-and-long", "/head/exact-and-long/"),
            *asks(A, "/head/12/items/ab", "/head/12/items/AB", "/hea", "/Head", "/head?x=1"),
            *asks(B, "/head", "/head/x"),
        ),
    ),
    Case(
        "the longest rule comes first, whatever its hosts",
        {
            "short": router("short", f"Host(`{A}`)"),
            "long": router("long", "PathPrefix(`/head/of/all/hosts`)"),
            "regexp": router("regexp", r"HostRegexp(`^a\.example\.(com|org)$`) && PathPrefix(`/head/r`)"),
        },
        (*asks(A, "/head", "/head/of/all/hosts", "/head/r", "/x"), *asks(B, "/head", "/head/of/all/hosts")),
    ),
    Case(
        "priorities",
        {
            "low": router("low", f"Host(`{A}`) && PathPrefix(`/head/long/path`)", priority="1"),
            "high": router("high", f"Host(`{A}`)", priority="100"),
            "all": router("all", "PathPrefix(`/head/all`)", priority="1000"),
            "negative": router("negative", f"Host(`{B}`) && PathPrefix(`/head/long/path`)", priority="-1"),
            "plain": router("plain", f"Host(`{B}`) && PathPrefix(`/head/long`)"),
        },
        (
            *asks(A, "/head/long/path", "/head", "/head/all/x"),
            *asks(B, "/head/long/path", "/head/all", "/head"),
        ),
    ),
    Case(
        "methods, fields, parameters and addresses",
        {
            "post": router("post", f"Host(`{A}`) && Method(`POST`)"),
            "field": router("field", f"Host(`{A}`) && Header(`X-Team`,`shop`)"),
            "fields": router("fields", f"Host(`{A}`) && HeaderRegexp(`X-Team`,`^(a|b)+$`)"),
            "query": router("query", f"Host(`{A}`) && Query(`q`,`a b`)"),
            "present": router("present", f"Host(`{A}`) && Query(`flag`)"),
            "queries": router("queries", f"Host(`{A}`) && QueryRegexp(`n`,`^[0-9]+$`)"),
            "near": router("near", f"Host(`{B}`) && ClientIP(`10.0.0.0/8`)"),
            "far": router("far", f"Host(`{B}`) && ClientIP(`192.0.2.0/24`) && PathPrefix(`/head`)"),
        },
        (
            Ask(A, method="POST"),
            *asks(A, "/head", "/head?q=a+b", "/head?q=a%20b", "/head?q=a", "/head?flag", "/head?flag=1"),
            *asks(A, "/head?flag=", "/head?n=12", "/head?n=x", "/head?n=x&n=3"),
            *asks(A, "/head", **{"X-Team": "shop"}),
            *asks(A, "/head", **{"X-Team": "abba"}),
            *asks(A, "/head", **{"X-Team": "Shop"}),
            *asks(B, "/head"),
        ),
    ),
    Case(
        "and, or, not and parentheses",
        {
            "not": router("not", f"Host(`{A}`) && !(Method(`GET`) || PathPrefix(`/head/x`))"),
            "or": router("or", f"Host(`{B}`) && (Path(`/head/1`) || Path(`/head/2`)) || Path(`/head/3`)"),
            "mixed": router("mixed", "!Host(`a.example.com`) && !Host(`b.example.com`) && Path(`/head/n`)"),
        },
        (
            *asks(A, "/head", "/head/3", "/head/n"),
            Ask(A, method="POST"),
            Ask(A, "/head/x", method="POST"),
            *asks(B, "/head/1", "/head/2", "/head/3", "/head/4", "/head/n"),
            *asks("c.example.com", "/head/n", "/head/3"),
        ),
    ),
    Case(
        "prefixes are stripped in the order of the list",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.stripprefix.prefixes=/api, /api/v1,/",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.stripprefixregex.regex=/v[0-9]+,/x",
            ),
        },
        (
            *asks(A, "/api/head", "/apihead", "/api/v1/head", "/api", "/head", "/api/head?a=/api/"),
            *asks(B, "/v1/head", "/v12head", "/v1/x/head", "/x/head", "/head", "/head/v1"),
        ),
    ),
    Case(
        "paths are prefixed and replaced",
        {
            "add": (*router("add", f"Host(`{A}`)", middlewares="m"), f"{MW}.addprefix.prefix=/head"),
            "put": (
                *router("put", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.replacepath.path=/head/new",
            ),
            "regex": (
                *router("regex", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.replacepathregex.regex=/(a)([0-9])",
                "http.middlewares.o.replacepathregex.replacement=/$2${1}x",
            ),
            "chain": (
                *router("chain", "Host(`d.example.com`)", middlewares="p"),
                "http.middlewares.p.chain.middlewares=m,q",
                "http.middlewares.q.addprefix.prefix=/head",
            ),
        },
        (
            *asks(A, "/x", "/x?y=1", "/"),
            *asks(B, "/x?y=1"),
            *asks("c.example.com", "/head/a1/a2", "/head/b1", "/head/a1?z=/a1"),
            *asks("d.example.com", "/x"),
        ),
    ),
    Case(
        "redirects to a scheme",
        {
            "one": (*router("one", f"Host(`{A}`)", middlewares="m"), f"{MW}.redirectscheme.scheme=https"),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.redirectscheme.scheme=https",
                "http.middlewares.n.redirectscheme.port=8443",
                "http.middlewares.n.redirectscheme.permanent=true",
            ),
            "three": (
                *router("three", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.redirectscheme.scheme=http",
            ),
        },
        (
            *asks(A, "/head?x=1", "/"),
            Ask(f"{A}:80"),
            Ask(f"{A}:8080"),
            Ask(A, method="POST"),
            *asks(B, "/head?x=1"),
            Ask(B, method="POST"),
            Ask(f"{B}:8080"),
            Ask("c.example.com"),
            Ask("c.example.com:80"),
            Ask("c.example.com:8080"),
        ),
    ),
    Case(
        "redirects by an expression",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                rf"{MW}.redirectregex.regex=^http://a\.example\.com/(.*)$",
                f"{MW}.redirectregex.replacement=https://www.example.com/$1",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.redirectregex.regex=/old/",
                "http.middlewares.n.redirectregex.replacement=/new/",
                "http.middlewares.n.redirectregex.permanent=true",
            ),
            "three": (
                *router("three", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.redirectregex.regex=(.*)",
                "http.middlewares.o.redirectregex.replacement=$1",
            ),
        },
        (
            *asks(A, "/head?x=1", "/"),
            Ask(f"{A}:8080"),
            Ask(A, method="PUT"),
            *asks(B, "/head", "/old/x", "/old/old/", "/a/old/b/old/c"),
            Ask(B, "/old/x", method="POST"),
            *asks("c.example.com", "/head"),
        ),
    ),
    Case(
        "address lists",
        {
            "in": (
                *router("in", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.ipallowlist.sourcerange=10.0.0.0/8",
            ),
            "out": (
                *router("out", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.ipallowlist.sourcerange=192.0.2.0/24, fd00::/8",
            ),
            "status": (
                *router("status", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.ipallowlist.sourcerange=192.0.2.1",
                "http.middlewares.o.ipallowlist.rejectstatuscode=404",
            ),
        },
        (Ask(A), Ask(B), Ask("c.example.com"), *asks(B, "/head", **{"X-Forwarded-For": "192.0.2.7"})),
    ),
    Case(
        "names and passwords",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                # The passwords are "password" and "secret".
                f"{MW}.basicauth.users=ann:{{SHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g=,"
                "bob:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW,"
                "cat:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
                f"{MW}.basicauth.removeheader=true",
                f"{MW}.basicauth.headerfield=X-Team",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.basicauth.users=ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                "http.middlewares.n.basicauth.realm=inner",
            ),
        },
        tuple(
            Ask(host, fields=(("Authorization", text),) if text else ())
            for host in (A, B)
            for text in (
                "",
                "Basic YW5uOnBhc3N3b3Jk",
                "basic YW5uOnBhc3N3b3Jk",
                "Basic Ym9iOnNlY3JldA==",
                "Basic YW5uOnNlY3JldA==",
                "Basic Ym9iOnNlY3JldDI=",
                "Basic Y2F0OnNlY3JldA==",
                "Basic Y2F0OnNlY3JldDI=",
                "Basic ZXZlOnNlY3JldA==",
                "Basic YW5u",
                "Basic !!!",
                "Basic",
                "Bearer YW5uOnBhc3N3b3Jk",
            )
        ),
    ),
    Case(
        "somebody else is asked who may pass",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.forwardauth.address=http://{{guard}}/verify?a=b",
                f"{MW}.forwardauth.authresponseheaders=X-User, X-Told,X-Gone",
                f"{MW}.forwardauth.addauthcookiestoresponse=seen",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="strip,n"),
                "http.middlewares.strip.stripprefix.prefixes=/api",
                "http.middlewares.n.forwardauth.address=http://{guard}",
                "http.middlewares.n.forwardauth.authresponseheadersregex=^X-(T|U)",
                "http.middlewares.n.forwardauth.authrequestheaders=Cookie",
                "http.middlewares.n.forwardauth.preservelocationheader=true",
                "http.middlewares.n.forwardauth.preserverequestmethod=true",
            ),
        },
        tuple(
            Ask(host, path, method, (*fields, ("X-User", "root"), ("X-Gone", "1"), ("X-Secret", "s")))
            for host in (A, B)
            for path in ("/head?x=1", "/login", "/broken", "/api/head")
            for method in ("GET", "POST")
            for fields in ((), (("Cookie", "session=good"),), (("Cookie", "session=bad"),))
        ),
    ),
    Case(
        "how many requests somebody may make",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.ratelimit.average=1",
                f"{MW}.ratelimit.period=1h",
                f"{MW}.ratelimit.burst=3",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.ratelimit.average=1",
                "http.middlewares.n.ratelimit.period=3600",
                "http.middlewares.n.ratelimit.sourcecriterion.requestheadername=X-Key",
            ),
            "free": (
                *router("free", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.ratelimit.average=0",
                "http.middlewares.o.ratelimit.burst=1",
                *router("flight", "Host(`d.example.com`)", middlewares="p", service="free"),
                "http.middlewares.p.inflightreq.amount=1",
            ),
        },
        (
            *(Ask(A) for _ in range(5)),
            *(Ask(B, fields=(("X-Key", key),)) for key in "ababc"),
            *(Ask(host) for host in ("c.example.com", "d.example.com") for _ in range(3)),
        ),
    ),
    Case(
        "fields of requests and answers",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.headers.customrequestheaders.X-Team=shop",
                f"{MW}.headers.customrequestheaders.X-Gone=",
                f"{MW}.headers.customresponseheaders.X-Answer=yes",
                f"{MW}.headers.customresponseheaders.X-Pod=",
                f"{MW}.headers.framedeny=true",
                f"{MW}.headers.contenttypenosniff=true",
                f"{MW}.headers.browserxssfilter=true",
                f"{MW}.headers.referrerpolicy=no-referrer",
                f"{MW}.headers.stsseconds=300",
                f"{MW}.headers.stspreload=true",
                f"{MW}.headers.stsincludesubdomains=true",
                f"{MW}.headers.forcestsheader=true",
            ),
        },
        (Ask(A), *asks(A, "/head", **{"X-Gone": "1", "X-Team": "other"})),
    ),
    Case(
        "answers to other origins",
        {
            "one": (
                *router("one", f"Host(`{A}`)", middlewares="m"),
                f"{MW}.headers.accesscontrolalloworiginlist=https://x.example.com,https://y.example.com",
                f"{MW}.headers.accesscontrolallowmethods=GET,PUT",
                f"{MW}.headers.accesscontrolallowheaders=X-A",
                f"{MW}.headers.accesscontrolexposeheaders=X-B,X-C",
                f"{MW}.headers.accesscontrolmaxage=100",
                f"{MW}.headers.addvaryheader=true",
            ),
            "two": (
                *router("two", f"Host(`{B}`)", middlewares="n"),
                "http.middlewares.n.headers.accesscontrolalloworiginlist=*",
                "http.middlewares.n.headers.accesscontrolallowmethods=*",
            ),
            "three": (
                *router("three", "Host(`c.example.com`)", middlewares="o"),
                "http.middlewares.o.headers.accesscontrolalloworiginlist=*",
                "http.middlewares.o.headers.accesscontrolallowcredentials=true",
                "http.middlewares.o.headers.accesscontrolallowmethods=*",
                "http.middlewares.o.headers.accesscontrolallowheaders=*",
            ),
        },
        tuple(
            Ask(host, method=method, fields=fields)
            for host in (A, B, "c.example.com")
            for method, fields in (
                ("GET", ()),
                ("GET", (("Origin", "https://x.example.com"),)),
                ("GET", (("Origin", "https://evil.example.com"),)),
                ("OPTIONS", ()),
                ("OPTIONS", (("Origin", "https://y.example.com"),)),
                (
                    "OPTIONS",
                    (
                        ("Origin", "https://y.example.com"),
                        ("Access-Control-Request-Method", "PUT"),
                        ("Access-Control-Request-Headers", "X-Z"),
                    ),
                ),
                (
                    "OPTIONS",
                    (("Origin", "https://evil.example.com"), ("Access-Control-Request-Method", "PUT")),
                ),
            )
        ),
    ),
    Case(
        "servers get their own address as Host where that is wished",
        {
            "own": (*router("own", f"Host(`{A}`)"), "http.services.own.loadbalancer.passhostheader=false"),
            "client": (
                *router("client", f"Host(`{B}`)"),
                "http.services.client.loadbalancer.passhostheader=true",
            ),
        },
        (Ask(A), Ask(B)),
    ),
    Case(
        "services of one name share, routers may lead to those of others",
        {
            "front": (
                *router("front", f"Host(`{A}`)", service="pool"),
                "http.services.pool.loadbalancer.passhostheader=true",
            ),
            "entry": router("entry", f"Host(`{B}`)", service="front"),
            "both": (
                *router("x", "Host(`c.example.com`)"),
                *router("y", "Host(`d.example.com`)", service="second"),
                "http.services.first.loadbalancer.passhostheader=true",
                "http.services.second.loadbalancer.passhostheader=true",
            ),
        },
        (Ask(A), Ask("d.example.com")),
    ),
)

"""Tags of middlewares."""

from tests.real.oracle.traefik_case import MW, A, Ask, B, Case, asks, router

MIDDLEWARES = (
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
)

"""Tags of routers and services, and all cases."""

from tests.real.oracle.traefik_case import A, Ask, B, Case, asks, router
from tests.real.oracle.traefik_middlewares import MIDDLEWARES

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
    *MIDDLEWARES,
)

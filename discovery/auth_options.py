"""The options of routes about whom to ask who may pass."""

from typing import Final

from discovery.auth_values import (
    parse_auth_method,
    parse_auth_url,
    parse_cookies,
    parse_copied,
    parse_sign_in,
    parse_told,
)
from discovery.option import Option, Scope
from discovery.option_values import parse_timeout, parse_truth

AUTH_OPTIONS: Final = (
    Option(
        "auth-url",
        "auth_url",
        Scope.INGRESS,
        parse_auth_url,
        "Asks this URL about each request, by a request of its own without the body: 2xx lets it pass, any "
        "other answer is the client's. Asked behind the first rules of http-request as far as they only "
        "refuse, or where `authorize` stands.",
        guards=True,
    ),
    Option(
        "auth-method",
        "auth_method",
        Scope.INGRESS,
        parse_auth_method,
        "The method by which it is asked; `*`: that of the request. Without it, GET.",
        guards=True,
    ),
    Option(
        "auth-request-headers",
        "auth_told",
        Scope.INGRESS,
        parse_told,
        "The fields of the request that it is told, beside X-Forwarded-… and X-Original-…; without it, all.",
        guards=True,
    ),
    Option(
        "auth-response-headers",
        "auth_copied",
        Scope.INGRESS,
        parse_copied,
        "The fields of its answer that the server gets. What clients say under these names never reaches it.",
        guards=True,
    ),
    Option(
        "auth-response-cookies",
        "auth_cookies",
        Scope.INGRESS,
        parse_cookies,
        "The cookies that the client gets of an answer that lets its request pass; `-`: none. Without it, "
        "all.",
        guards=True,
    ),
    Option(
        "auth-signin",
        "auth_sign_in",
        Scope.INGRESS,
        parse_sign_in,
        "Where clients are sent (302) in place of a 401, a URL or a path. `rd=`, with the address that they "
        "asked for, is put behind it, unless it has that.",
        guards=True,
    ),
    Option(
        "auth-timeout",
        "auth_seconds",
        Scope.INGRESS,
        parse_timeout,
        "What the answer may take. Later, or if there is none, the request is answered 503. Without it, 10s.",
        guards=True,
    ),
    Option(
        "auth-ssl-verify",
        "auth_verify",
        Scope.INGRESS,
        parse_truth,
        "Whether the certificate of an https URL has to be good. Without it, it has to be. What a Service "
        "says of itself (`server-ssl-…`) comes first.",
        guards=True,
    ),
)

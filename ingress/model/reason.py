"""Reason codes: why Headgate itself answered, in the header, the log and the metrics."""

from enum import StrEnum


class Reason(StrEnum):
    """One code for each cause. The text after the code is its meaning for the documentation."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Reason":
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    NO_ROUTE = "no-route", "404: no route takes this host and path"
    NO_ENDPOINTS = "no-endpoints", "503: the route is known, its backend has no server to send to"
    CONNECT_FAILED = "connect-failed", "503: no server of the backend accepted a connection"
    TLS_FAILED = "tls-failed", "503: no server of the backend completed a TLS handshake"
    SERVER_CLOSED = "server-closed", "502: the server closed the connection before it answered"
    BAD_RESPONSE = (
        "bad-response",
        "502: the server's answer is not HTTP, or can be read in two ways",
    )
    TIMEOUT_SERVER = "timeout-server", "504: the server did not answer in time"
    BAD_REQUEST = "bad-request", "400: the request is not HTTP, or can be read in two ways"
    BAD_VERSION = "bad-version", "505: neither HTTP/1.0 nor HTTP/1.1"
    NOT_IMPLEMENTED = "not-implemented", "501: a method or transfer coding that is not served"
    TARGET_TOO_LONG = "target-too-long", "414: the request line is over its limit"
    HEAD_TOO_LARGE = "head-too-large", "431: the head is longer than its limit"
    TOO_MANY_FIELDS = "too-many-fields", "431: there are more header fields than their limit"
    TRAILERS_TOO_LARGE = "trailers-too-large", "431: the trailers of a body are over their limit"
    BODY_TOO_LARGE = "body-too-large", "413: the body is over its limit"
    TIMEOUT_REQUEST = "timeout-request", "408: the request did not arrive in time"
    TIMEOUT_BODY = "timeout-body", "408: rules ask about the body of the request, which did not come in time"
    DENIED = "denied", "403: a deny rule of the route holds"
    UNAUTHORIZED = "unauthorized", "401: an auth rule of the route asks for a name and a password"
    NOT_AUTHORIZED = (
        "not-authorized",
        "the answer of whom the route asks who may pass (auth-url): this request may not",
    )
    AUTH_FAILED = (
        "auth-failed",
        "503: whom the route asks who may pass (auth-url) cannot be reached, or gave no good answer in time",
    )
    TOO_MANY_REQUESTS = (
        "too-many-requests",
        "429: there are more requests than the route takes of one client (limit-rps, limit-connections)",
    )
    CERTIFICATE_REQUIRED = (
        "certificate-required",
        "403: the route asks clients for a certificate, and there is none",
    )
    MISDIRECTED = (
        "misdirected",
        "421: the connection was made for a host with other client certificates; make another one",
    )
    REDIRECTED = "redirected", "3xx: a redirect rule of the route holds"
    RETURNED = "returned", "a return rule of the route holds"
    ROUTE_CLOSED = "route-closed", "503: an option that guards the route cannot be read"
    NOT_ALLOWED = (
        "not-allowed",
        "403 or 401 (admin pages only): a change is made from this machine, or with the token",
    )
    DRAINING = "draining", "503: this instance is shutting down"
    STARTING = "starting", "503: no routes are known yet: the first sync has not finished"
    OVERLOADED = "overloaded", "503: a limit of this instance is reached"
    TOO_MANY_CONNECTIONS = "too-many-connections", "429: the client's address has too many connections"
    INTERNAL = "internal", "500: a fault of Headgate"
    CLIENT_CLOSED = (
        "client-closed",
        "499 (log only): the client left before the answer, or reset a relayed connection",
    )
    SERVER_ABORTED = (
        "server-aborted",
        "log only: the server broke off in the middle of its answer, or reset a relayed connection",
    )
    TIMEOUT_TUNNEL = "timeout-tunnel", "log only: nothing has moved in a relayed connection for too long"

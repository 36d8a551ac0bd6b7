"""Hosts whose TLS is relayed undecrypted: what of their routes can be honoured then, and what not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from discovery.dialects.complaint import Complaint
from discovery.source import Claim
from ingress.model.listener import TcpRoute
from ingress.model.policy import Policy
from ingress.model.route import Route

OPTION: Final = "ssl-passthrough"
_GUARDED: Final = "nothing that is relayed meets rules, and there are some that may keep requests out"


class Passthrough(NamedTuple):
    """What comes of routes that are to be relayed undecrypted."""

    claims: tuple[Claim, ...]
    """The same routes, for plain HTTP: it is sent to HTTPS, unless they say otherwise."""
    routes: tuple[TcpRoute, ...]
    complaints: tuple[Complaint, ...]


def pass_through(claims: Sequence[Claim]) -> Passthrough:
    """Relay the hosts of these routes."""
    if any(claim.route.policy.closed for claim in claims):
        return Passthrough(tuple(claims), (), ())
    if any(claim.route.policy.may_refuse for claim in claims):
        closed = Complaint(OPTION, _GUARDED, closes=True)
        policy = Policy(closed=f"{OPTION}: {_GUARDED}")
        return Passthrough(tuple(_with(claim, policy) for claim in claims), (), (closed,))
    hosts = _by_host(claims)
    routes = tuple(
        TcpRoute(host, found[0].backend, found[0].origin)
        for host, found in hosts.items()
        if not _refusal(host, found)
    )
    sent_on = tuple(_with(claim, _to_https(claim.route.policy)) for claim in claims)
    return Passthrough(sent_on, routes, tuple(_complaints(hosts)))


def _by_host(claims: Sequence[Claim]) -> Mapping[str, list[Route]]:
    hosts: dict[str, list[Route]] = {}
    for claim in claims:
        hosts.setdefault(claim.host, []).append(claim.route)
    return hosts


def _complaints(hosts: Mapping[str, Sequence[Route]]) -> Iterator[Complaint]:
    for host, routes in hosts.items():
        if reason := _refusal(host, routes):
            yield Complaint(OPTION, reason)
        elif any(route.path != "/" for route in routes):
            reason = f"paths cannot be seen in what is relayed: all of host {host} is"
            yield Complaint(OPTION, reason, flawed=False)
    if any(_has_more(route.policy) for routes in hosts.values() for route in routes):
        reason = "of other options ssl-redirect alone has an effect beside it: nothing is decrypted"
        yield Complaint(OPTION, reason, flawed=False)


def _refusal(host: str, routes: Sequence[Route]) -> str:
    if not host:
        return "a host is needed, by which clients ask for what is to be relayed"
    if len({route.backend for route in routes}) > 1:
        return f"host {host} has several backends, and nothing in what is relayed tells which is meant"
    return ""


def _to_https(policy: Policy) -> Policy:
    return replace(policy, https=True) if policy.https is None else policy


def _has_more(policy: Policy) -> bool:
    return replace(policy, https=None) != Policy()


def _with(claim: Claim, policy: Policy) -> Claim:
    return Claim(claim.host, replace(claim.route, policy=policy))

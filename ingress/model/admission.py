"""Who may pass, where somebody else says so or requests are counted, as data: actions of rules."""

from msgspec import Struct

from ingress.model.condition import Expression


class Authorize(Struct, frozen=True, tag="authorize", omit_defaults=True):
    """`authorize`: ask somebody else, by a request of its own, whether the request may pass."""

    url: str = ""
    """Who is asked, and for what: `https://auth.example.com:8443/verify`; empty: nobody is named yet."""
    backend: str = ""
    """The `name` of the `Backend` that its host is; empty: an address, or a name to be resolved."""
    method: str = "GET"
    """Of the question; empty: that of the request."""
    told: tuple[str, ...] = ()
    """The fields of the request that are told, beside those of Headgate; empty: all."""
    copied: tuple[str, ...] = ()
    """The fields of a good answer that the server gets, in place of those of the client."""
    copied_like: str = ""
    """The same for all in whose names this expression is found; empty: none."""
    cookies: tuple[str, ...] = ()
    """The cookies of a good answer that are set beside those of the server; `*`: all."""
    sign_in: str = ""
    """Where clients are sent that are answered 401; empty: nowhere."""
    seconds: float = 10.0
    """What the answer may take."""
    verify: bool = True
    """The certificate of who is asked over https has to be good, where its Service does not say more."""
    absolute: bool = False
    """A relative Location of an answer is one of who was asked, not of the host of the request."""
    most: int = 1 << 18
    """Bytes that the body of an answer may have."""


class LimitRate(Struct, frozen=True, tag="limit-rate", omit_defaults=True):
    """`limit-rate`: refuse requests of somebody who makes more of them (a bucket of tokens)."""

    requests: int
    period: float
    """Seconds, in which so many of them may come."""
    burst: int
    """Of these, those that may come at once."""
    by: Expression
    """What is counted apart from others: the samples of it."""
    prefix: int = 64
    """Bits of an IPv6 address of clients that are counted together by."""
    name: str = ""
    """What is counted together by: who has said so."""


class LimitConcurrent(Struct, frozen=True, tag="limit-concurrent", omit_defaults=True):
    """`limit-concurrent`: refuse requests of somebody who has as many under way."""

    most: int
    by: Expression
    prefix: int = 64
    name: str = ""

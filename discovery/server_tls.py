"""TLS towards servers, from the values of the options of a Service."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from discovery.dialects.reading import nearest
from discovery.options import OPTIONS
from discovery.pooling import Fault
from ingress.model.backend import ServerTls
from ingress.model.problem import Problem

FIELDS: Final = frozenset(
    {"server_ssl", "server_ssl_verify", "server_ssl_ca_secret", "server_ssl_sni", "server_ssl_secret"}
)
"""The fields of these options."""
UNREADABLE: Final = ServerTls(verify=True, authority="an option of server-ssl that cannot be read")
"""There is no such authority, so that nothing is sent in a way that nobody wished."""


class Names(NamedTuple):
    """What a service is called, and its Secrets."""

    service: str
    """By which servers may be known: `shop.team-a.svc`."""
    sni: str = "service"
    """What counts where the option says nothing; empty: servers are known by their addresses."""
    source: str = ""
    namespace: str = ""
    authority: str = ""
    """The name of the authority that they are verified by where no Secret is named; empty: those that the
    system trusts."""


class Wish(NamedTuple):
    """How servers are to be spoken to, and what of it cannot be had."""

    tls: ServerTls | None
    """None: in plain text."""
    of_https: ServerTls | None
    """The same for ports that say that they speak HTTPS."""
    faults: tuple[Fault, ...] = ()


def read_server_tls(
    values: Mapping[str, object], problems: Iterable[Problem], names: Names, *, https: bool = False
) -> Wish:
    """What these values say; what cannot be read of it leaves nobody to speak to. `https`: there is a port
    that says that it speaks HTTPS."""
    if any(_is_ours(problem.option) for problem in problems):
        return Wish(UNREADABLE, UNREADABLE)
    said = cast("bool | None", values.get("server_ssl"))
    if not said and not (said is None and https):
        reason = "has no effect without server-ssl: true"
        stray = sorted(FIELDS & values.keys() - {"server_ssl"})
        return Wish(None, None, tuple(Fault(_option(field), reason) for field in stray))
    try:
        tls = _tls(cast(Mapping[str, Any], values), names)
    except _ElsewhereError as error:
        return Wish(UNREADABLE, UNREADABLE, (error.fault,))
    return Wish(tls if said else None, tls)


def _tls(values: Mapping[str, Any], names: Names) -> ServerTls:
    authority = _secret("server_ssl_ca_secret", values, names)
    verify = values.get("server_ssl_verify", bool(authority or names.authority))
    sni = values.get("server_ssl_sni", names.sni)
    return ServerTls(
        verify,
        authority or (names.authority if verify else ""),
        names.service if sni == "service" else "" if sni == "host" else sni,
        sni == "host",
        _secret("server_ssl_secret", values, names),
    )


class _ElsewhereError(ValueError):
    """A Secret that is not the Service's to name."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def _secret(field: str, values: Mapping[str, Any], names: Names) -> str:
    namespace, name = values.get(field, ("", ""))
    if namespace not in {"", names.namespace}:
        reason = f'"{namespace}/{name}" is in another namespace; name a Secret of this one'
        raise _ElsewhereError(Fault(_option(field), reason))
    return f"{names.source}:{names.namespace}/{name}" if name else ""


def _option(field: str) -> str:
    return field.replace("_", "-")


def _is_ours(option: str) -> bool:
    """Whether an option that cannot be read was one of these, or probably meant to be."""
    name = option.rpartition("/")[2].rpartition(".")[2]
    meant = OPTIONS.get(name) or nearest(name, OPTIONS)
    return meant is not None and meant.field in FIELDS

"""A case: tags of Traefik, and requests that show what they come to."""

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

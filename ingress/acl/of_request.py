"""Fetches from the request line and the connection."""

from ingress.acl.fetch import Args
from ingress.acl.field import parts
from ingress.acl.hash import mixed, sdbm
from ingress.acl.number import header_number
from ingress.acl.of_field import hosts
from ingress.acl.query import parameters
from ingress.acl.sample import Client, Many, Request, Sample, Texts


def method(request: Request, client: Client) -> Sample:
    return request.method


def path(request: Request, client: Client) -> bytes | None:
    path = request.path
    return path if path.startswith(b"/") else None


def path_and_query(request: Request, client: Client) -> bytes | None:
    plain = path(request, client)
    return plain if plain is None or request.query is None else b"%b?%b" % (plain, request.query)


def query(request: Request, client: Client) -> Sample | None:
    return request.query


def url(request: Request, client: Client) -> Sample:
    return request.url


def base(request: Request, client: Client) -> bytes | None:
    return _joined(request, path(request, client))


def base_and_query(request: Request, client: Client) -> bytes | None:
    return _joined(request, path_and_query(request, client))


def _joined(request: Request, rest: bytes | None) -> bytes | None:
    host = next(iter(parts(hosts(request))), b"")
    if not host:
        return rest
    return host if rest is None else host + rest


def hashed_base(request: Request, client: Client) -> int:
    return mixed(sdbm(base(request, client) or b""))


def hashed_url(request: Request, client: Client) -> Sample:
    return mixed(sdbm(base_and_query(request, client) or b""))


def hashed_base_and_source(request: Request, client: Client) -> Sample:
    return hashed_base(request, client).to_bytes(4, "big") + client.address


def asked_uri(request: Request, client: Client) -> Sample | None:
    target = request.target
    if target.startswith(b"*"):
        return None
    return target if target.startswith(b"/") else b"/" + target.partition(b"://")[2].partition(b"/")[2]


def asked_version(request: Request, client: Client) -> Sample:
    return b"HTTP/1.%d" % request.minor


def version(request: Request, client: Client) -> Sample:
    return b"1.%d" % request.minor


def source(request: Request, client: Client) -> Sample:
    return client.address


def parameter_values(args: Args) -> Texts:
    if not 1 <= len(args) <= 2 or not args[0]:
        raise ValueError("the name of a parameter is missing, as in urlp(lang)")
    delimiter = args[1].encode() if len(args) == 2 else b"?"
    if len(delimiter) != 1:
        raise ValueError("the delimiter before the parameters is one character")
    find = parameters(args[0].encode(), delimiter)
    if delimiter == b"?":
        return lambda request, client: () if request.query is None else find(request.query)
    return lambda request, client: find(request.url.partition(delimiter)[2])


def parameter_numbers(args: Args) -> Many:
    take = parameter_values(args)
    return lambda request, client: [header_number(value) for value in take(request, client)]

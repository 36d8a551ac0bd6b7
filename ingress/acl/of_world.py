"""Fetches from the connection, the world outside, variables and the rule itself."""

from typing import Final

from ingress.acl.fetch import Args, Fetch, Take, plain
from ingress.acl.network import leading_address
from ingress.acl.sample import Client, One, Request, Sample, Type, Variable
from ingress.acl.variable import read_variable


def _source_port(request: Request, client: Client) -> Sample:
    return client.port


def _destination(request: Request, client: Client) -> Sample:
    return client.local[0]


def _destination_port(request: Request, client: Client) -> Sample:
    return client.local[1]


def _hostname(request: Request, client: Client) -> Sample:
    return client.surroundings.hostname


def _uuid(request: Request, client: Client) -> Sample:
    dice = client.surroundings.dice
    digits = "".join(f"{int(dice() * 0x1000000):06x}" for _ in range(6))
    variant = "89ab"[int(dice() * 4)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}".encode()


def _only(args: Args, what: str) -> str:
    if len(args) != 1 or not args[0]:
        raise ValueError(f"{what} is expected")
    return args[0]


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise ValueError(f'"{text[:40]}" is no number')
    return int(text)


def _date(args: Args) -> One:
    """Seconds, with an offset; another unit for more exact times."""
    offset = _number(args[0]) if args and args[0] else 0
    unit = args[1] if len(args) > 1 else "s"
    if len(args) > 2 or unit not in _UNITS:
        raise ValueError("an offset, and s, ms or us are expected")
    ticks = _UNITS[unit]
    return lambda request, client: int(client.surroundings.wall() * ticks) + offset


_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000}


def _rand(args: Args) -> One:
    sides = _number(args[0]) if len(args) == 1 else 1 << 32
    if len(args) > 1 or not 0 < sides <= 1 << 32:
        raise ValueError("one number from 1 to 4294967296 is expected")
    return lambda request, client: int(client.surroundings.dice() * sides)


def _bool(args: Args) -> One:
    word = _only(args, "true or false").lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(f'"{word[:40]}" is neither true nor false')
    truth = word in ("true", "1")
    return lambda request, client: truth


def _int(args: Args) -> One:
    number = _number(_only(args, "a number"))
    return lambda request, client: number


def _str(args: Args) -> One:
    text = _only(args, "a text").encode()
    return lambda request, client: text


def _var(args: Args) -> Take:
    name = read_variable(_only(args, "a variable, as in var(txn.team),"))

    def content(request: Request, client: Client) -> Variable | None:
        return request.variables.get(name)

    return content


def _unique_id(request: Request, client: Client) -> Sample | None:
    return client.request_id or None


def _bin(args: Args) -> One:
    text = _only(args, "hexadecimal digits")
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError(f'"{text[:40]}" is not made of pairs of hexadecimal digits') from None
    return lambda request, client: data


def _address(args: Args) -> One:
    text = _only(args, "an address")
    address = leading_address(text.encode())
    if address is None:
        raise ValueError(f'"{text[:40]}" is no address')
    return lambda request, client: address


def _stopping(request: Request, client: Client) -> Sample:
    return client.surroundings.draining


def _status(request: Request, client: Client) -> Sample:
    return request.response.status


ROWS: Final = (
    Fetch(
        "src_port", "src_port", Type.INT, plain(_source_port), "The port of the client.", "src_port lt 1024"
    ),
    Fetch(
        "dst", "dst", Type.ADDRESS, plain(_destination), "The address the client came to.", "dst 10.0.0.0/8"
    ),
    Fetch(
        "dst_port", "dst_port", Type.INT, plain(_destination_port), "The port it came to.", "dst_port 8443"
    ),
    Fetch(
        "rand",
        "rand([SIDES])",
        Type.INT,
        _rand,
        "A random number from 0 to below SIDES; another one each time.",
        "rand(100) lt 5",
    ),
    Fetch(
        "date",
        "date([OFFSET[,s|ms|us]])",
        Type.INT,
        _date,
        "Seconds (or parts of them) since the epoch, now.",
        "date gt 1700000000",
    ),
    Fetch(
        "hostname",
        "hostname",
        Type.STR,
        plain(_hostname),
        "The name of the machine Headgate runs on.",
        "hostname -m beg edge-",
    ),
    Fetch(
        "unique-id",
        "unique-id",
        Type.STR,
        plain(_unique_id),
        "The id of the request: the client's own, or a new one. It is in the log, and servers get it.",
        "unique-id -m found",
    ),
    Fetch(
        "stopping",
        "stopping",
        Type.BOOL,
        plain(_stopping),
        "Headgate is about to leave, and takes no new connections.",
        "stopping",
    ),
    Fetch(
        "fc_http_major",
        "fc_http_major",
        Type.INT,
        plain(lambda request, client: 1),
        "The version of HTTP that the client speaks; as yet, 1.",
        "fc_http_major 1",
    ),
    Fetch("bin", "bin(HEX)", Type.BIN, _bin, "These bytes.", "bin(616263),length 3"),
    *(
        Fetch(
            name, f"{name}(ADDRESS)", Type.ADDRESS, _address, "That address.", f"{name}({example}) {example}"
        )
        for name, example in (("ipv4", "10.1.2.3"), ("ipv6", "fd00::1"))
    ),
    Fetch("uuid", "uuid", Type.STR, plain(_uuid), "A random UUID (version 4).", "uuid -m len 36"),
    Fetch("bool", "bool(TRUTH)", Type.BOOL, _bool, "That truth.", "bool(true)"),
    Fetch("int", "int(NUMBER)", Type.INT, _int, "That number.", "int(5),add(1) 6"),
    Fetch("str", "str(TEXT)", Type.STR, _str, "That text.", "str(a),upper A"),
    Fetch(
        "var",
        "var(NAME)",
        Type.ANY,
        _var,
        "What `set-var` has set: `txn.x` up to the end of the answer, `req.x` and `res.x` in their rules.",
        "var(txn.team) -m str shop",
    ),
    Fetch(
        "always_true",
        "always_true",
        Type.BOOL,
        plain(lambda request, client: True),
        "Holds for every request.",
        "always_true",
    ),
    Fetch(
        "always_false",
        "always_false",
        Type.BOOL,
        plain(lambda request, client: False),
        "Holds for no request.",
        "always_false",
    ),
    Fetch(
        "status",
        "status",
        Type.INT,
        plain(_status),
        "The status of the answer.",
        "status 500:599",
        of_answer=True,
    ),
)

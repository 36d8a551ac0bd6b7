"""Arguments of fetches and converters, by name, at the edges of what both proxies take."""

from collections.abc import Mapping
from typing import Final

from ingress.acl.of_backend import OF_BACKEND, OF_SERVER
from tests.real.oracle.farms import FARMS, SERVERS

_NUMBERS: Final = ("(0)", "(1)", "(2)", "(-3)", "(7)", "(9223372036854775807)", "(txn.n)", "(req.none)")
_MIXED: Final = ("", "(0)", "(1)")
_SEEDS: Final = ("", "(7)")
_CHARACTERS: Final = ("(/)", "(a)", '(", ")', "(/.ab)", "(12)")
_PIECES: Final = (
    "(1,/)",
    "(2,/)",
    "(-1,/)",
    "(-2,/,2)",
    "(2,/,0)",
    "(-2,/,0)",
    "(1,/,2)",
    '(1,",")',
    '(2,",",0)',
    "(3,a,5)",
    "(1,=&)",
    "(-1,:)",
    '(2," ")',
    "(9,/)",
    "(-9,/)",
    "(-3,/,5)",
)

FETCH_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "bool": ("(true)", "(false)", "(1)", "(0)"),
    "int": ("(0)", "(1)", "(-7)", "(42)", "(167838211)", "(1600000000)", "(-1)"),
    "str": ("(a)", "(12abc)", '("a b")', "(10.1.2.3)", "(/a/b/)", '("a,b")', "(abc)"),
    "var": ("(txn.s)", "(txn.n)", "(txn.a)", "(txn.none)", "(req.b)"),
    "rand": ("(1)",),
    "bin": ("(616263)", "(00ff)"),
    "ipv4": ("(10.1.2.3)",),
    "ipv6": ("(fd00::1)", "(::ffff:10.1.2.3)"),
    **dict.fromkeys(OF_BACKEND, tuple(f"({farm})" for farm in FARMS)),
    **dict.fromkeys(OF_SERVER, tuple(f"({server})" for server in SERVERS)),
    "date": ("",),
}

CONVERTER_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "bytes": ("(0)", "(1)", "(0,2)", "(2,1)", "(9)", "(1,99)", "(0,0)"),
    "field": _PIECES,
    "word": _PIECES,
    "ltrim": _CHARACTERS,
    "rtrim": _CHARACTERS,
    "regsub": (
        "(/,_,g)",
        "(/,_)",
        '("([a-z])/([a-z])","\\2-\\1",g)',
        "(B,x,i)",
        "(^,x,g)",
        '("x*",-,g)',
        '("a|b",,g)',
        '("(a)?(q)?","[\\1\\2]",g)',
        '("\\.php$",.html)',
        '("^/[a-z]+","<\\0>")',
        "(a,)",
        '("[0-9]+",N,gi)',
        '("/$",,g)',
        '("a","\\9x")',
        '(".*",all)',
        '("^a",b,g)',
    ),
    "concat": ("(-)", "(-,txn.s)", "(<,txn.n,>)", "(,txn.none,/)", '(",",txn.s,",")'),
    "strcmp": ("(txn.s)", "(txn.none)", "(txn.n)"),
    "iif": ("(yes,no)", "(yes,)"),
    "url_enc": ("", "(query)"),
    "url_dec": ("", "(0)", "(1)"),
    "json_query": (
        "($.a)",
        "($.a.b[1])",
        "($.n,int)",
        "($.f)",
        "($.t)",
        "($[0])",
        "($.a.c)",
        "($.f,int)",
        "($.s)",
    ),
    "ipmask": ("(24)", "(8,64)", "(255.255.0.0)", "(32,128)", "(0)", "(24,48)"),
    "http_date": ("", "(60)", "(0,ms)", "(-5,us)"),
    "crc32": _MIXED,
    "wt6": _MIXED,
    "hmac": ("(sha256,a2V5)", "(md5,a2V5)", "(sha1,txn.s)"),
    "json": ("", "(ascii)", "(utf8)", "(utf8s)", "(utf8p)", "(utf8ps)"),
    "language": ("(de;en;fr)", "(fr;de,xx)", "(en)", "(fr-FR;fr)"),
    "utime": ("(%Y-%m-%d)", "(%H%M%S,3600)"),
    "ltime": ("(%Y-%m-%d)", "(%H%M%S,-60)"),
    "set-var": ("(txn.kept)",),
    "unset-var": ("(txn.kept)",),
    "secure_memcmp": ("(txn.s)", "(txn.n)", "(txn.none)"),
    "add_item": ("(-,txn.s)", "(;,txn.none)", "(-,,x)", "(-,txn.n,y)", "(-,txn.none,z)"),
    "jwt_header_query": ("($.alg)", "($.typ)"),
    "jwt_payload_query": ("($.sub)", "($.n,int)", "($.none)"),
    "crc32c": _MIXED,
    "djb2": _MIXED,
    "sdbm": _MIXED,
    "xxh32": _SEEDS,
    "xxh64": _SEEDS,
    "sha2": ("", "(224)", "(256)", "(384)", "(512)"),
    "digest": ("(md5)", "(sha1)", "(sha256)"),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "and", "or", "xor"), _NUMBERS),
}

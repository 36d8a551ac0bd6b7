"""Users with all kinds of hashes that HAProxy knows too, and what clients give as their passwords."""

from base64 import b64encode
from itertools import product
from typing import Final

from discovery.userlists import read_userlist
from ingress.acl.lists import build
from ingress.model.condition import Match
from ingress.model.patterns import FileUse

LISTS: Final = {
    # The passwords are "secret", "a password of more than sixteen bytes", "secret" and "x".
    "staff": """
group admins users ann,dan
group guests
user ann password $5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4
user bob password $1$abcdefgh$3/L9AqmLN1Gt0flWzcFyU. groups guests
user cat password $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW groups admins,guests
user dan password $1$abcdefgh$znAnv9M.XU2pRYfmSs46h/
""",
    "others": """
user ann password $1$abcdefgh$znAnv9M.XU2pRYfmSs46h/ groups admins
group admins
user eve password $6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSX"""
    "Go2kgY5hR2.peKEg2VGUqIJJu1\n",
}
"""As both read them."""
FILES: Final = {
    (use := FileUse(name, Match.AUTH, gives="users")).key: build(use, read_userlist(text).text)
    for name, text in LISTS.items()
}


def _basic(text: str) -> str:
    return b64encode(text.encode()).decode()


_NAMES: Final = ("ann", "bob", "cat", "dan", "eve", "Ann", "")
_PASSWORDS: Final = ("secret", "a password of more than sixteen bytes", "x", "Secret", "secret ", "")
_RIGHT: Final = ("ann:secret", "bob:a password of more than sixteen bytes", "cat:secret", "dan:x", "ann:x")
_RIGHT_TOO: Final = ("eve:secret", "cat:secret")
AUTHORIZATIONS: Final = (
    *(f"Basic {_basic(f'{name}:{password}')}" for name, password in product(_NAMES, _PASSWORDS)),
    *(f"{scheme} {_basic(text)}" for scheme in ("Basic", "basic", "BASIC  ") for text in _RIGHT),
    *(f"Basic {_basic(text)}" for text in _RIGHT_TOO),
    *(f"Basic {_basic('dan:x')}{end}" for end in ("=", " ", ", Basic x", "!", "\t")),
    *(f"Basic{start}{_basic('dan:x')}" for start in ("\t", "", ":", " ,")),
    *(
        "Basic",
        "Basic ",
        "Basic =",
        f"Basic {_basic('ann')}",
        f"Basic {_basic(':')}",
        f"Basic {_basic('dan:x:')}",
    ),
    *("Bearer abc.d-e_f", "bearer x y", "Bearer", f"Bearer {_basic('dan:x')}", f"Digest {_basic('dan:x')}"),
    f"Basic {_basic('dan:x').rstrip('=')}",
)
"""Right and wrong, whole and broken."""

"""Normal forms of targets: what servers may take for the same becomes the same (RFC 3986, 6.2)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from ingress.acl.sample import Client
from ingress.filter.act import Act, Request
from ingress.filter.reply import Reply, in_words
from ingress.model.policy import Normalizer, NormalizeUri
from ingress.model.reason import Reason

_SLASHES: Final = re.compile(rb"/+")
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})?")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_BROKEN: Final = in_words(400, Reason.BAD_REQUEST, "a broken %-escape in the target")


def normalize_uri(action: NormalizeUri) -> Act:
    """Bring the target into a form; where that is strict, refuse broken ones."""
    change, much = _CHANGES[action.normalizer], action.much
    strict = much and action.normalizer in (Normalizer.DECODE, Normalizer.UPPERCASE)

    def act(request: Request, client: Client) -> Reply | None:
        path, query = request.path, request.query
        if not path.startswith(b"/"):
            return None
        target = path if query is None else b"%b?%b" % (path, query)
        if strict and any(found[1] is None for found in _ESCAPE.finditer(target)):
            return _BROKEN
        made = change(target, much)
        if made != target:
            request.set_target(made)
        return None

    return act


def _of_path(change: Callable[[bytes, bool], bytes]) -> Callable[[bytes, bool], bytes]:
    def changed(target: bytes, much: bool) -> bytes:
        path, mark, query = target.partition(b"?")
        return change(path, much) + mark + query

    return changed


def _merged(path: bytes, _: bool) -> bytes:
    return _SLASHES.sub(b"/", path)


def _without_dots(path: bytes, _: bool) -> bytes:
    """`/a/./b` as `/a/b`, `/a/.` as `/a/`."""
    first, *segments = path.split(b"/")
    kept = [segment for segment in segments if segment != b"."]
    if segments[-1] == b".":
        kept.append(b"")
    return b"/".join((first, *kept))


def _without_parents(path: bytes, full: bool) -> bytes:
    """`/a/../b` as `/b`, `/a/..` as `/`; what goes beyond the beginning stays, unless `full`."""
    segments = path.split(b"/")[1:]
    kept: list[bytes] = []
    for segment in segments:
        if segment != b"..":
            kept.append(segment)
        elif kept and kept[-1] != b"..":
            kept.pop()
        elif not full:
            kept.append(segment)
    if segments[-1] == b"..":
        kept.append(b"")
    return b"/" + b"/".join(kept)


def _decoded(target: bytes, _: bool) -> bytes:
    """Escapes of letters, digits and `-._~` as these."""

    def decode(found: re.Match[bytes]) -> bytes:
        byte = bytes.fromhex(found[1].decode()) if found[1] else b""
        return byte if byte and byte[0] in _UNRESERVED else found[0]

    return _ESCAPE.sub(decode, target)


def _in_upper_case(target: bytes, _: bool) -> bytes:
    """`%6f` as `%6F`."""
    return _ESCAPE.sub(lambda found: found[0].upper(), target)


def _sorted_by_name(target: bytes, _: bool) -> bytes:
    """The parameters by their names; those of one name stay in order."""
    path, mark, query = target.partition(b"?")
    # As in HAProxy, what ends with a separator has nothing behind it.
    parameters = sorted(
        query.removesuffix(b"&").split(b"&"), key=lambda parameter: parameter.partition(b"=")[0]
    )
    return path + mark + b"&".join(parameters)


_CHANGES: Final[Mapping[Normalizer, Callable[[bytes, bool], bytes]]] = {
    Normalizer.SLASHES: _of_path(_merged),
    Normalizer.DOT: _of_path(_without_dots),
    Normalizer.DOTDOT: _of_path(_without_parents),
    Normalizer.DECODE: _decoded,
    Normalizer.UPPERCASE: _in_upper_case,
    Normalizer.SORT: _sorted_by_name,
}

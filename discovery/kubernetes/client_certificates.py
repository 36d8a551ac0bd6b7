"""What an Ingress asks of its clients' certificates."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from discovery.kubernetes.authorities import authority_name
from discovery.kubernetes.key import Key
from ingress.model.policy import ClientCertificates

_SECRET: Final = "auth-tls-secret"
_BESIDE: Final = {
    "auth_tls_verify": "auth-tls-verify",
    "auth_tls_pass_certificate": "auth-tls-pass-certificate",
}


class Wish(NamedTuple):
    """Certificates that are asked for, and the Secret with their authority."""

    certificates: ClientCertificates
    secret: Key


class WishError(ValueError):
    """What cannot be had, so that nobody may be let in; the text says why."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(reason)
        self.option = option
        """Without prefix."""


def read_client_certificates(values: Mapping[str, object], source: str, namespace: str) -> Wish | None:
    """What the values of the options say; None: nothing is asked of clients."""
    said = cast(Mapping[str, Any], values)
    if "auth_tls_secret" not in said:
        for field, name in _BESIDE.items():
            if field in said:
                raise WishError(name, f"has no effect without {_SECRET}")
        return None
    owner, secret = cast(Key, said["auth_tls_secret"])
    if owner not in {"", namespace}:
        raise WishError(_SECRET, f'"{owner}/{secret}" is in another namespace; name a Secret of this one')
    key = (namespace, secret)
    required = said.get("auth_tls_verify", "on") == "on"
    forward = bool(said.get("auth_tls_pass_certificate"))
    return Wish(ClientCertificates(authority_name(source, key), required, forward), key)

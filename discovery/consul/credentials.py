"""What an agent is shown: a token, and a certificate where it asks for one."""

import ssl
from pathlib import Path

from msgspec import Struct


class CredentialsError(Exception):
    """They cannot be read; the text says which and why."""


class Credentials(Struct, frozen=True):
    """Where they are. Files are read again whenever they are needed, as they are exchanged."""

    token: str = ""
    token_file: str = ""
    ca_file: str = ""
    """Empty: the authorities that the system trusts."""
    certificate_file: str = ""
    key_file: str = ""

    def read_token(self) -> str:
        """The token of now; empty: none."""
        if not self.token_file:
            return self.token
        try:
            token = Path(self.token_file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise CredentialsError(f"token file {self.token_file}: {error}") from None
        if not token or not token.isprintable() or " " in token:
            # Without a token Consul would answer all the same, with what everybody may see.
            raise CredentialsError(f"token file {self.token_file}: there is no token in it")
        return token

    def read_context(self) -> ssl.SSLContext:
        """What TLS needs, for the files as they are now."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
            if self.certificate_file:
                context.load_cert_chain(self.certificate_file, self.key_file or None)
        except (OSError, ssl.SSLError) as error:
            names = ", ".join(filter(None, (self.ca_file, self.certificate_file, self.key_file)))
            raise CredentialsError(f"{names}: {error}") from None
        return context

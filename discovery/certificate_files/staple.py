"""OCSP responses: what an authority says of a certificate, for clients that do not ask it themselves."""

from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from msgspec import Struct


class StapleError(ValueError):
    """Bytes that are no response that could be shown; the text says why."""


class Staple(Struct, frozen=True):
    """A good response."""

    response: bytes
    """As it is shown (DER)."""
    serial: int
    """Of the certificate that it is about."""
    since: float
    until: float
    """Seconds since the epoch."""

    def serves(self, serial: int, now: float) -> bool:
        """Whether it is about this certificate, and good at this time."""
        return serial == self.serial and self.since <= now < self.until


def read_staple(data: bytes) -> Staple:
    """The response in these bytes."""
    try:
        response = load_der_ocsp_response(data)
        if response.response_status is not OCSPResponseStatus.SUCCESSFUL:
            raise StapleError(f"the OCSP response says {response.response_status.name.lower()}")
        if response.certificate_status is not OCSPCertStatus.GOOD:
            raise StapleError(f"the OCSP response says {response.certificate_status.name.lower()}")
        until = response.next_update_utc
        since = response.this_update_utc.timestamp()
        # Without an end newer information is always to be had (RFC 6960, 4.2.2.1).
        return Staple(data, response.serial_number, since, until.timestamp() if until else since + 86400.0)
    except StapleError:
        raise
    except ValueError:
        raise StapleError("the OCSP response cannot be read") from None

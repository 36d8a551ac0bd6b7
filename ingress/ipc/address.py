"""Addresses to listen on, as people write them: `0.0.0.0:8080`, `[::]:8080`."""

from ipaddress import ip_address


def parse_address(text: str) -> tuple[str, int]:
    """The IP address, without brackets, and the port. ValueError says what is wrong."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(f'"{text}" is not ADDRESS:PORT, such as 0.0.0.0:8080')
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f'"{text}": an IPv6 address is written in brackets, as in [::]:8080')
    return str(parse_ip(host)), int(port)


def parse_ip(text: str) -> str:
    """The address in its usual spelling. ValueError says what is wrong."""
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address') from None


def write_address(address: str, port: int) -> str:
    """The address as people write it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

"""What the access log says of a connection that was relayed."""

from typing import TYPE_CHECKING, Final

from ingress.observe.access_log import NO_ROUTE, escaped

if TYPE_CHECKING:
    from ingress.proxy.tcp import TcpClient

LINE: Final = (
    b'{"time":"%b","client":"%b","protocol":"tcp","host":"%b","bytes_in":%d,"bytes":%d,'
    b'"connect_us":%d,"total_us":%d,%b,"backend":"%b","server":"%b","tries":%d,"reason":"%b"}\n'
)
"""Its fields are those of a request as far as it has them; `bytes` is what the client was sent."""


def log_relay(client: "TcpClient") -> None:
    """Write the line of a connection that is over."""
    relay, target = client.relay, client.target
    site = relay.site
    if site.log is None:
        return
    now = site.now()
    began, connected = client.began, client.connected
    origin, server = target.origin, client.server
    site.log.add(
        LINE
        % (
            site.log.clock(now),
            client.address.encode("ascii"),
            escaped(target.name.encode()),
            relay.bytes_in,
            relay.bytes_out,
            int((connected - began) * 1e6),
            int((now - began) * 1e6),
            NO_ROUTE if origin is None else b'"route":"%b"' % escaped(str(origin).encode()),
            target.backend.log_part,
            b"" if server is None else server.log_part,
            client.tries,
            relay.reason.encode("ascii"),
        )
    )

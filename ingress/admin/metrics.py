"""The metrics: one table of families, from which the exposition and `docs/metrics.md` are made."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from ingress.admin import samples
from ingress.admin.discovery_families import DISCOVERY_FAMILIES
from ingress.admin.family import Family, expose, line
from ingress.admin.scrape import Scrape
from ingress.admin.view import View
from ingress.observe.page import RouteCell, ServerCell, WorkerCell

ROUTE: Final = ("namespace", "ingress", "service")
SERVER: Final = ("namespace", "service", "server")


def exposition(view: View, build: str, now: float) -> Iterator[str]:
    """All metrics as text, in pieces; empty ones where nothing has come of the work so far."""
    scrape = Scrape(view, build, now)
    for _ in scrape.gather():
        yield ""
    for family in FAMILIES:
        yield from expose(family, scrape)
    yield from _process()


def _process() -> Iterator[str]:
    """CPU, memory and descriptors of this process, the controller."""
    for metric in ProcessCollector(registry=CollectorRegistry()).collect():
        # In this format a counter goes by the name of its samples.
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        yield f"# HELP {name} {metric.documentation}\n# TYPE {name} {metric.type}\n"
        for sample in metric.samples:
            yield line(sample.name, iter(sample.labels.items()), sample.value)


FAMILIES: Final = (
    Family(
        "headgate_build_info",
        "gauge",
        "Always 1; the label names the build.",
        lambda scrape: iter([((scrape.build,), 1)]),
        ("version",),
    ),
    Family(
        "headgate_ready",
        "gauge",
        "1 while /readyz says that this instance is ready.",
        samples.one(lambda scrape: int(scrape.view.readiness().ready)),
    ),
    Family(
        "headgate_version",
        "gauge",
        "Version of the configuration that the workers are to serve.",
        samples.one(lambda scrape: scrape.view.version),
    ),
    Family(
        "headgate_worker_applied_version",
        "gauge",
        "Version of the configuration that a worker serves.",
        samples.worker(lambda worker: worker.applied),
        ("worker",),
    ),
    Family(
        "headgate_worker_connected",
        "gauge",
        "1 while the controller reaches the worker.",
        samples.worker(lambda worker: int(worker.connected)),
        ("worker",),
    ),
    Family(
        "headgate_worker_restarts_total",
        "counter",
        "How often a worker was started again.",
        samples.worker(lambda worker: max(0, worker.starts - 1)),
        ("worker",),
    ),
    Family(
        "headgate_worker_heartbeat_seconds",
        "gauge",
        "Clock of a worker's last sweep; it stands still while the worker is stuck.",
        samples.heartbeats,
        ("worker",),
    ),
    Family(
        "headgate_apply_seconds",
        "summary",
        "Time from a change until all workers had it in force.",
        samples.applies,
    ),
    Family(
        "headgate_apply_last_seconds",
        "gauge",
        "That time for the last version.",
        samples.one(lambda scrape: scrape.view.applies().last),
    ),
    Family(
        "headgate_apply_max_seconds",
        "gauge",
        "The longest such time since the controller started.",
        samples.one(lambda scrape: scrape.view.applies().max),
    ),
    Family(
        "headgate_http_requests_total",
        "counter",
        "Requests by the object that routed them, its service, and the class of the answer's status.",
        samples.responses,
        (*ROUTE, "code"),
    ),
    Family(
        "headgate_http_request_seconds_total",
        "counter",
        "The sum of the durations of these requests.",
        samples.route(RouteCell.MICROSECONDS, 1e6),
        ROUTE,
    ),
    Family(
        "headgate_http_request_bytes_total",
        "counter",
        "Bytes of the bodies of these requests.",
        samples.route(RouteCell.BYTES_IN),
        ROUTE,
    ),
    Family(
        "headgate_http_response_bytes_total",
        "counter",
        "Bytes sent in answer to these requests.",
        samples.route(RouteCell.BYTES_OUT),
        ROUTE,
    ),
    Family(
        "headgate_request_duration_seconds",
        "histogram",
        "Durations of all requests, from the first byte of the head to the last of the answer.",
        samples.durations,
        ("le",),
    ),
    Family(
        "headgate_requests_total",
        "counter",
        "All requests, whether a route took them or not.",
        samples.total(WorkerCell.REQUESTS_TOTAL),
    ),
    Family(
        "headgate_requests_in_flight",
        "gauge",
        "Requests being answered.",
        samples.total(WorkerCell.EXCHANGES),
    ),
    Family(
        "headgate_received_bytes_total",
        "counter",
        "Bytes received from HTTP clients.",
        samples.total(WorkerCell.BYTES_IN),
    ),
    Family(
        "headgate_sent_bytes_total",
        "counter",
        "Bytes sent to HTTP clients.",
        samples.total(WorkerCell.BYTES_OUT),
    ),
    Family(
        "headgate_answers_total",
        "counter",
        "Answers that Headgate itself made, by reason.",
        samples.answers,
        ("reason",),
    ),
    Family(
        "headgate_connections", "gauge", "Open connections of clients.", samples.total(WorkerCell.CONNECTIONS)
    ),
    Family(
        "headgate_connections_total",
        "counter",
        "Connections accepted from clients.",
        samples.total(WorkerCell.CONNECTIONS_TOTAL),
    ),
    Family(
        "headgate_upstream_connections",
        "gauge",
        "Open connections to servers, idle ones included.",
        samples.total(WorkerCell.UPSTREAM_CONNECTIONS),
    ),
    Family(
        "headgate_upstream_opened_total",
        "counter",
        "Connections opened to servers.",
        samples.total(WorkerCell.UPSTREAM_OPENED_TOTAL),
    ),
    Family(
        "headgate_upstream_reused_total",
        "counter",
        "Requests that went over a connection that was open already.",
        samples.total(WorkerCell.UPSTREAM_REUSED_TOTAL),
    ),
    Family(
        "headgate_upstream_connect_seconds_total",
        "counter",
        "Time spent on opening connections to servers.",
        samples.seconds(WorkerCell.CONNECT_MICROSECONDS),
    ),
    Family(
        "headgate_retries_total",
        "counter",
        "Requests that were sent again.",
        samples.total(WorkerCell.RETRIES_TOTAL),
    ),
    Family(
        "headgate_redispatches_total",
        "counter",
        "Requests given to another server because one could not be connected to.",
        samples.total(WorkerCell.REDISPATCHES_TOTAL),
    ),
    Family(
        "headgate_tunnels", "gauge", "Open tunnels, such as WebSockets.", samples.total(WorkerCell.TUNNELS)
    ),
    Family("headgate_tunnels_total", "counter", "Tunnels opened.", samples.total(WorkerCell.TUNNELS_TOTAL)),
    Family(
        "headgate_tcp_connections",
        "gauge",
        "Open relayed TCP connections.",
        samples.total(WorkerCell.TCP_CONNECTIONS),
    ),
    Family(
        "headgate_tcp_connections_total",
        "counter",
        "TCP connections accepted for relay.",
        samples.total(WorkerCell.TCP_CONNECTIONS_TOTAL),
    ),
    Family(
        "headgate_tcp_received_bytes_total",
        "counter",
        "Bytes relayed from TCP clients.",
        samples.total(WorkerCell.TCP_BYTES_IN),
    ),
    Family(
        "headgate_tcp_sent_bytes_total",
        "counter",
        "Bytes relayed to TCP clients.",
        samples.total(WorkerCell.TCP_BYTES_OUT),
    ),
    Family(
        "headgate_log_lines_lost_total",
        "counter",
        "Lines of the access log that could not be written in time.",
        samples.total(WorkerCell.LOG_LINES_LOST),
    ),
    Family(
        "headgate_tls_handshakes_total",
        "counter",
        "TLS handshakes completed with clients.",
        samples.total(WorkerCell.TLS_HANDSHAKES_TOTAL),
    ),
    Family(
        "headgate_tls_resumed_total",
        "counter",
        "Of those, the ones that resumed a session.",
        samples.total(WorkerCell.TLS_RESUMED_TOTAL),
    ),
    Family(
        "headgate_tls_failed_total",
        "counter",
        "TLS handshakes with clients that did not complete.",
        samples.total(WorkerCell.TLS_FAILED_TOTAL),
    ),
    Family(
        "headgate_upstream_tls_handshakes_total",
        "counter",
        "TLS handshakes completed with servers.",
        samples.total(WorkerCell.SERVER_HANDSHAKES_TOTAL),
    ),
    Family(
        "headgate_upstream_tls_resumed_total",
        "counter",
        "Of those, the ones that resumed a session.",
        samples.total(WorkerCell.SERVER_HANDSHAKES_RESUMED_TOTAL),
    ),
    Family(
        "headgate_upstream_tls_failed_total",
        "counter",
        "TLS handshakes with servers that failed.",
        samples.total(WorkerCell.SERVER_HANDSHAKES_FAILED_TOTAL),
    ),
    Family(
        "headgate_proxy_headers_failed_total",
        "counter",
        "Connections of proxies (`proxy-protocol`) without a good PROXY header.",
        samples.total(WorkerCell.PROXY_HEADERS_FAILED_TOTAL),
    ),
    Family(
        "headgate_server_up",
        "gauge",
        "0 while at least one worker has taken the server out.",
        samples.server_up,
        SERVER,
    ),
    Family(
        "headgate_server_in_flight",
        "gauge",
        "Requests the server is answering.",
        samples.server(ServerCell.IN_FLIGHT),
        SERVER,
    ),
    Family(
        "headgate_server_requests_total",
        "counter",
        "Requests sent to the server.",
        samples.server(ServerCell.REQUESTS),
        SERVER,
    ),
    Family(
        "headgate_server_connect_failures_total",
        "counter",
        "Connections to the server that could not be opened.",
        samples.server(ServerCell.CONNECT_FAILURES),
        SERVER,
    ),
    Family(
        "headgate_server_failures_total",
        "counter",
        "Requests that the server broke off or did not answer in time.",
        samples.server(ServerCell.FAILURES),
        SERVER,
    ),
    Family(
        "headgate_server_responses_5xx_total",
        "counter",
        "Answers of the server with a status of 500 or more.",
        samples.server(ServerCell.RESPONSES_5XX),
        SERVER,
    ),
    Family(
        "headgate_server_sent_bytes_total",
        "counter",
        "Bytes sent to the server.",
        samples.server(ServerCell.BYTES_IN),
        SERVER,
    ),
    Family(
        "headgate_server_received_bytes_total",
        "counter",
        "Bytes received from the server.",
        samples.server(ServerCell.BYTES_OUT),
        SERVER,
    ),
    Family(
        "headgate_servers_down",
        "gauge",
        "Servers taken out, counted in each worker that has done so.",
        samples.total(WorkerCell.SERVERS_DOWN),
    ),
    Family(
        "headgate_series_left_out",
        "gauge",
        "Routes and servers without series of their own, because there are more than 10,000.",
        samples.left_out,
        ("of",),
    ),
    *DISCOVERY_FAMILIES,
)

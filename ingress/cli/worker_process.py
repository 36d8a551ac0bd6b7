"""A worker's process."""

from ingress import worker
from ingress.cli.child import inherit


def main(descriptor: int) -> int:
    """Serve until the supervisor says otherwise; the exit status."""
    inherited = inherit(descriptor, "worker")
    return worker.run(inherited.settings, inherited.worker, inherited.control, inherited.page)

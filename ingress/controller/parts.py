"""The parts of the controller, each of which is a thing of its own."""

from dataclasses import dataclass

from ingress.controller.discovery import Discovery
from ingress.controller.fleet import Fleet
from ingress.controller.ports import Ports
from ingress.controller.published import Published
from ingress.controller.readiness import ReadinessGate
from ingress.observe.page import Directory, Page


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the controller consists of."""

    discovery: Discovery
    page: Page
    directory: Directory
    published: Published
    fleet: Fleet
    ports: Ports
    gate: ReadinessGate

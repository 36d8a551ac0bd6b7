"""The example servers, and which of them Headgate is told of."""

from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingress.cli.demo.manifests import Manifests
from ingress.cli.demo.processes import Processes, kill, stop


class State(StrEnum):
    """How a server is."""

    UP = "up"
    KILLED = "killed, but still listed"


@dataclass(slots=True)
class Member:
    """A server with its process."""

    name: str
    service: str
    port: int
    process: Process
    state: State = State.UP


class Fleet:
    """Servers come, go and crash. A server runs before it is listed, and is unlisted before it stops."""

    def __init__(self, manifests: Manifests, processes: Processes) -> None:
        self._manifests = manifests
        self._processes = processes
        self._made: Counter[str] = Counter()
        self.members: list[Member] = []

    async def start(self, service: str) -> Member:
        """A new server, which nobody knows of yet."""
        self._made[service] += 1
        name = f"{service}-{self._made[service]}"
        process, port = await self._processes.start_server(name)
        return Member(name, service, port, process)

    def list(self, member: Member) -> None:
        """Tell Headgate of a server."""
        self._manifests.list_endpoint(member.service, member.name, member.port)
        self.members.append(member)

    def unlist(self, member: Member) -> None:
        """Take a server back; its process runs on."""
        self._manifests.unlist_endpoint(member.name)
        self.members.remove(member)

    async def stop(self, member: Member) -> None:
        """Let a server end that is not listed any more."""
        await stop(member.process)

    def crash(self, member: Member) -> None:
        """Kill a server that is listed, and tell nobody."""
        kill(member.process)
        member.state = State.KILLED

    def of(self, service: str) -> Sequence[Member]:
        """The servers of a service that are listed and run, oldest first."""
        return [member for member in self.members if member.service == service and member.state is State.UP]

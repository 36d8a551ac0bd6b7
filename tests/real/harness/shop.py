"""A workload of the tests: an Ingress, a Service, its slice and the pods behind it."""

import time

from msgspec import Struct

from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.objects import Endpoint
from tests.real.harness.pod import PodFacts, Temper


class Member(Struct):
    """A pod and what its slice says about it."""

    pod: PodFacts
    ready: bool = True
    terminating: bool = False


class Shop:
    """One application: what its owner and its controllers do to it."""

    def __init__(self, api: Api, node: Node, namespace: str, name: str = "shop"):
        self._api, self._node = api, node
        self.namespace, self.name = namespace, name
        self.host = f"{name}.{namespace}.test"
        self.members: list[Member] = []
        self.changes = 0
        """How often the slice was written."""
        self._made = 0

    def open(self, pods: int, temper: Temper = PLAIN, annotations: objects.Json | None = None) -> None:
        """Everything is there, and the pods are ready. The annotations are those of the Service."""
        for _ in range(pods):
            self._join(temper)
        self._api.apply(
            objects.service(self.namespace, self.name, annotations),
            objects.ingress(self.namespace, "web", self.host, self.name),
            objects.endpoint_slice(self.namespace, self.name, self._endpoints()),
        )

    def scale_up(self, temper: Temper = PLAIN) -> PodFacts:
        """One more pod, which is ready."""
        member = self._join(temper)
        self.publish()
        return member.pod

    def retire(self, member: Member, *, serve_on: float) -> None:
        """Delete a pod as Kubernetes does: the pod is told at the moment that its slice is changed."""
        self._node.stop(member.pod, serve_on)
        member.ready, member.terminating = False, True
        self.publish()

    def crash(self, member: Member) -> None:
        """A pod breaks, and its slice does not say so yet."""
        self._node.kill(member.pod)

    def forget(self, member: Member) -> None:
        """The pod is gone from the slice."""
        self.members.remove(member)
        self.publish()

    def roll(self, pause: float, *, serve_on: float = 0.0, temper: Temper = PLAIN) -> None:
        """Replace every pod, one after another, as a Deployment with a surge of one does."""
        for member in list(self.members):
            self.scale_up(temper)
            time.sleep(pause)
            self.retire(member, serve_on=serve_on)
            time.sleep(pause)
            self.forget(member)
            time.sleep(pause)

    def publish(self) -> None:
        """Write the slice as it is now."""
        endpoints = [objects.in_slice(endpoint) for endpoint in self._endpoints()]
        self._api.patch(self.slice, {"endpoints": endpoints})
        self.changes += 1

    @property
    def slice(self) -> objects.Json:
        """The slice, enough of it to name it."""
        return objects.endpoint_slice(self.namespace, self.name, ())

    def _join(self, temper: Temper) -> Member:
        self._made += 1
        member = Member(self._node.start(f"{self.name}-{self._made}", temper))
        self.members.append(member)
        return member

    def _endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(member.pod.address, ready=member.ready, terminating=member.terminating)
            for member in self.members
        ]

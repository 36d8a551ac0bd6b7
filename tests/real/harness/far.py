"""Another network beside that of the tests, and the link between them, which can be cut."""

import subprocess
from types import TracebackType

NEAR = "10.245.0.1"
FAR = "10.245.0.2"


class FarNetwork:
    """A network namespace at the other end of a link; NEAR and FAR are the addresses of its ends."""

    within = ("ip", "netns", "exec", "far")
    """The command that runs something there."""

    def __enter__(self) -> "FarNetwork":
        for command in (
            "ip netns add far",
            "ip link add near type veth peer name far netns far",
            f"ip address add {NEAR}/24 dev near",
            "ip link set near up",
            f"ip netns exec far ip address add {FAR}/24 dev far",
            "ip netns exec far ip link set far up",
            "ip netns exec far ip link set lo up",
        ):
            run(*command.split())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        # With a namespace its links go too, but not at once.
        run("ip", "link", "delete", "near")
        run("ip", "netns", "delete", "far")

    def cut(self) -> None:
        """From now on packets are lost on the way, and nobody says so."""
        run(*self.within, "ip", "link", "set", "far", "down")

    def mend(self) -> None:
        """Packets arrive again."""
        run(*self.within, "ip", "link", "set", "far", "up")


def run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True)

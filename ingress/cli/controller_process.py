"""The controller's process."""

from discovery.in_memory import InMemory
from ingress.admin.guard import Trust
from ingress.cli.child import inherit
from ingress.cli.plane import build_plane
from ingress.controller.process import run
from ingress.token_file import token_in


def main(descriptor: int) -> int:
    """Follow the sources until the supervisor is gone; the exit status."""
    inherited = inherit(descriptor, "controller")
    return run(
        inherited.control,
        inherited.page,
        lambda: build_plane(inherited.settings, InMemory(inherited.memory)),
        succeeds=inherited.succeeds,
        trust=Trust(
            token_in(inherited.settings.explain_token_file),
            token_in(inherited.settings.admin_token_file),
        ),
    )

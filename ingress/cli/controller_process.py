"""The controller's process."""

from discovery.in_memory import InMemory
from ingress.admin.guard import Trust, token_in
from ingress.cli.child import inherit
from ingress.cli.plane import build_plane
from ingress.controller.process import run
from ingress.explain.token import read_token


def main(descriptor: int) -> int:
    """Follow the sources until the supervisor is gone; the exit status."""
    inherited = inherit(descriptor, "controller")
    return run(
        inherited.control,
        inherited.page,
        lambda: build_plane(inherited.settings, InMemory(inherited.memory)),
        succeeds=inherited.succeeds,
        trust=Trust(
            read_token(inherited.settings.explain_token_file),
            token_in(inherited.settings.admin_token_file),
        ),
    )

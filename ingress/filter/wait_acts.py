"""Waiting, as an act."""

from ingress.acl.sample import Client
from ingress.acl.wait import BODY, BODY_ENOUGH, Body, Wait
from ingress.filter.act import Act, Request
from ingress.model.policy import WaitForBody


def wait_for_body(action: WaitForBody) -> Act:
    """Go on when the body is there, or as much of it as is asked for."""
    need = Body(action.time, action.at_least)

    def act(request: Request, client: Client) -> None:
        if request.body == 0 or BODY_ENOUGH in request.variables:
            return
        known = request.variables.get(BODY)
        if known is None or not 0 < need.at_least <= len(known[1]):  # type: ignore[arg-type]
            raise Wait(need)

    return act

"""The rights that our chart gives, in a real cluster."""

from typing import Final

from tests.real.harness.api import Api, Json
from tests.real.harness.chart import render
from tests.real.harness.objects import namespace

RIGHTS: Final = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})


class Grants:
    """Gives the rights of a release to its service account, and takes them back."""

    def __init__(self, api: Api):
        self._api = api
        self._given: list[Json] = []

    def give(self, *values: str) -> None:
        """The rights of a release with these values."""
        self._given = [object_ for object_ in render(*values) if object_["kind"] in RIGHTS]
        assert self._given
        self._api.apply(namespace("headgate"), *self._given)

    def take(self) -> None:
        """None is left."""
        for object_ in self._given:
            self._api.delete(object_)

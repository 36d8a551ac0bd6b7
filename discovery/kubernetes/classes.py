"""Classes: which Ingresses are ours to serve."""

from collections.abc import Iterator
from typing import Final

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import IngressClassObject, IngressObject

LEGACY: Final = "kubernetes.io/ingress.class"
_DEFAULT: Final = "ingressclass.kubernetes.io/is-default-class"


def class_name(ingress: IngressObject) -> str:
    """The class an Ingress asks for: the field, else the older annotation; empty: none."""
    if ingress.spec and ingress.spec.ingress_class_name:
        return ingress.spec.ingress_class_name
    return (ingress.metadata.annotations or {}).get(LEGACY, "")


class Classes:
    """The IngressClasses there are, and those that a name or its absence makes ours."""

    def __init__(self, controller: str, name: str, *, without_class: bool) -> None:
        """Classes of this controller are ours; so is this name while no class has it."""
        self._controller = controller
        self._name = name
        self._without_class = without_class
        self._ours: dict[str, bool] = {}
        self._defaults: set[str] = set()

    def keys(self) -> Iterator[Key]:
        """The classes there are; they have no namespace."""
        return (("", name) for name in self._ours)

    def put(self, obj: IngressClassObject) -> bool:
        """Keep a class, and return whether this can make a difference."""
        name = obj.metadata.name
        ours = obj.spec is not None and obj.spec.controller == self._controller
        default = ours and (obj.metadata.annotations or {}).get(_DEFAULT) == "true"
        before = (self._ours.get(name), name in self._defaults)
        self._ours[name] = ours
        (self._defaults.add if default else self._defaults.discard)(name)
        return before != (ours, default)

    def drop(self, name: str) -> bool:
        """Forget a class, and return whether this can make a difference."""
        self._defaults.discard(name)
        return self._ours.pop(name, None) is not None

    def serves(self, ingress: IngressObject) -> bool:
        """Whether an Ingress is ours."""
        name = class_name(ingress)
        if not name:
            # The API server fills in the default class when an Ingress is made, and never later.
            return self._without_class or bool(self._defaults)
        # Who may not read IngressClasses knows ours by its name alone.
        return self._ours.get(name, name == self._name)

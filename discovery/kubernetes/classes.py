"""Classes: which Ingresses are ours to serve."""

from collections.abc import Iterator, Mapping
from typing import Final

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import ClassParameters, IngressClassObject, IngressObject

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
        self._parameters: dict[str, ClassParameters] = {}

    def keys(self) -> Iterator[Key]:
        """The classes there are; they have no namespace."""
        return (("", name) for name in self._ours)

    def put(self, obj: IngressClassObject) -> bool:
        """Keep a class, and return whether this can make a difference."""
        name = obj.metadata.name
        ours = obj.spec is not None and obj.spec.controller == self._controller
        default = ours and (obj.metadata.annotations or {}).get(_DEFAULT) == "true"
        parameters = obj.spec.parameters if ours and obj.spec else None
        before = (self._ours.get(name), name in self._defaults, self._parameters.pop(name, None))
        self._ours[name] = ours
        (self._defaults.add if default else self._defaults.discard)(name)
        if parameters is not None:
            self._parameters[name] = parameters
        return before != (ours, default, parameters)

    def drop(self, name: str) -> bool:
        """Forget a class, and return whether this can make a difference."""
        self._defaults.discard(name)
        self._parameters.pop(name, None)
        return self._ours.pop(name, None) is not None

    def serves(self, ingress: IngressObject) -> bool:
        """Whether an Ingress is ours."""
        name = class_name(ingress)
        if not name:
            # The API server fills in the default class when an Ingress is made, and never later.
            return self._without_class or bool(self._defaults)
        # Who may not read IngressClasses knows ours by its name alone.
        return self._ours.get(name, name == self._name)

    def parameters(self) -> Mapping[Key, None]:
        """Namespace and name of each ConfigMap that a class of ours names."""
        found = self._parameters.values()
        return {_key(each): None for each in found if _is_configmap(each)}

    def platform_of(self, ingress: IngressObject) -> Key | None:
        """The ConfigMap with the rules of the class of an Ingress; None: it has none."""
        name = class_name(ingress) or min(self._defaults, default="")
        parameters = self._parameters.get(name)
        return None if parameters is None or not _is_configmap(parameters) else _key(parameters)

    def flaw(self, name: str) -> str:
        """What is wrong with the parameters of a class; empty: nothing."""
        parameters = self._parameters.get(name)
        if parameters is None or (_is_configmap(parameters) and parameters.namespace):
            return ""
        if _is_configmap(parameters):
            return "a ConfigMap has a namespace: set it, and scope: Namespace; until then routes are closed"
        what = f"{parameters.kind} {parameters.name}"
        return f"{what} is not read: rules for all routes of a class are in a ConfigMap"


def _is_configmap(parameters: ClassParameters) -> bool:
    return parameters.kind == "ConfigMap" and not parameters.api_group


def _key(parameters: ClassParameters) -> Key:
    return parameters.namespace or "", parameters.name

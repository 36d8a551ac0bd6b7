"""The parts of kubernetes-asyncio that are used, without the models and APIs of all kinds.

Its packages import these on their own account: some nine hundred modules, and 37 MB. What is used lives in
modules of its own, so that the packages can be entered without running what they say themselves.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Final

_WHOLE: Final = "kubernetes_asyncio"
_CLIENT: Final = "kubernetes_asyncio.client"
_HOLLOW: Final = (_WHOLE, _CLIENT, "kubernetes_asyncio.client.models")
_USED: Final = {"Configuration": "configuration", "ApiClient": "api_client"}
"""What the library's other modules want of the client package, and where it is."""


def _enter_hollow() -> None:
    for name in _HOLLOW:
        # This looks into the package above, which is hollow by then.
        spec = find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        sys.modules[name] = module_from_spec(spec)
    for name, module in _USED.items():
        setattr(sys.modules[_CLIENT], name, getattr(import_module(f"{_CLIENT}.{module}"), name))
    import_module(f"{_WHOLE}.config")


def _leave() -> None:
    for name in [name for name in sys.modules if name == _WHOLE or name.startswith(f"{_WHOLE}.")]:
        del sys.modules[name]


if _WHOLE not in sys.modules:
    try:
        _enter_hollow()
    except (ImportError, AttributeError):
        # A version that is built otherwise costs its memory, and works.
        _leave()

from kubernetes_asyncio.client import ApiClient, Configuration  # noqa: E402
from kubernetes_asyncio.config import load_incluster_config, load_kube_config  # noqa: E402
from kubernetes_asyncio.config.incluster_config import (  # noqa: E402
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
)

__all__ = [
    "SERVICE_CERT_FILENAME",
    "SERVICE_TOKEN_FILENAME",
    "ApiClient",
    "Configuration",
    "load_incluster_config",
    "load_kube_config",
]

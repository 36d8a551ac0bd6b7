"""What a kubeconfig file must have to lead to a cluster, whoever may then be allowed to ask it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import yaml
from msgspec import Struct

from discovery.yaml_error import in_one_line


class KubeconfigError(ValueError):
    """No cluster can be found by this file; the text names it and says why, in one line."""


class Cluster(Struct, frozen=True):
    """Where an API server is."""

    server: str


class NamedCluster(Struct, frozen=True):
    """One of the clusters that the file knows."""

    name: str
    cluster: Cluster


class Context(Struct, frozen=True):
    """The cluster to ask. As whom is left to those who log in."""

    cluster: str


class NamedContext(Struct, frozen=True):
    """One of the contexts that the file knows."""

    name: str
    context: Context


class Beginning(Struct, frozen=True, rename="kebab"):
    """What is looked at first: tools leave a file without a context behind, and no lists in it."""

    current_context: str = ""


class Kubeconfig(Beginning, frozen=True):
    """The parts of the file that lead to the cluster."""

    contexts: tuple[NamedContext, ...] = ()
    clusters: tuple[NamedCluster, ...] = ()


_NOTHING: Final = ("", "null", "~")


def check_kubeconfig(path: str) -> None:
    """Raise KubeconfigError unless the current context of the file names a cluster with an address."""
    try:
        # All scalars as they are written: names may look like numbers.
        content = yaml.load(Path(path).read_bytes(), Loader=yaml.BaseLoader)
        _follow(content)
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise KubeconfigError(f"{path}: it is no usable kubeconfig: {in_one_line(error)}") from None


def _follow(content: object) -> None:
    current = msgspec.convert(content, Beginning).current_context
    if current in _NOTHING:
        raise ValueError("it has no current-context")
    config = msgspec.convert(content, Kubeconfig)
    contexts = {each.name: each.context for each in config.contexts}
    _must_have(contexts, "context", current)
    clusters = {each.name: each.cluster for each in config.clusters}
    _must_have(clusters, "cluster", contexts[current].cluster)
    if clusters[contexts[current].cluster].server in _NOTHING:
        raise ValueError(f'the cluster "{contexts[current].cluster}" has no server')


def _must_have(known: Iterable[str], kind: str, name: str) -> None:
    if name not in known:
        raise ValueError(f'it has no {kind} "{name}"')

"""The options that only tags have: where the routes of a Consul service are, and who serves beside it."""

from typing import Final

from discovery.option import Option, Scope
from discovery.option_values import (
    parse_hosts,
    parse_path_type,
    parse_paths,
    parse_text,
    parse_truth,
    spelt,
)
from discovery.pool import (
    parse_cluster_service,
    parse_percent,
)

TAG_OPTIONS: Final = (
    Option(
        "userlist",
        "userlist",
        Scope.CONSUL,
        parse_text,
        "Users for `http_auth` in rules, one a line: `LIST user NAME password HASH [groups GROUP,GROUP]` "
        "or groups: `LIST group NAME users NAME,NAME`.",
        rules=True,
    ),
    Option(
        "kubernetes-service",
        "kubernetes_service",
        Scope.CONSUL,
        spelt(parse_cluster_service),
        "The pods of this Service (`NAMESPACE/SERVICE` or `NAMESPACE/SERVICE:PORT`) serve beside the "
        "instances.",
    ),
    Option(
        "kubernetes-weight",
        "kubernetes_weight",
        Scope.CONSUL,
        spelt(parse_percent),
        "Of a hundred requests, those that go to the pods, whatever their number.",
    ),
    Option(
        "enable",
        "enable",
        Scope.CONSUL,
        parse_truth,
        "Whether requests may go to the instance at all.",
    ),
    Option(
        "host",
        "host",
        Scope.CONSUL,
        parse_hosts,
        "The hosts of a route, with commas between; without it, any host.",
    ),
    Option(
        "path",
        "path",
        Scope.CONSUL,
        parse_paths,
        "The paths of a route, with commas between; without it, all paths.",
    ),
    Option(
        "path-type",
        "path_type",
        Scope.CONSUL,
        parse_path_type,
        "How the paths are compared: Prefix, by element, or Exact.",
    ),
)

"""Services as Consul tells of them go in, and what a sink hears comes out as text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from discovery.assemble import Assembly
from discovery.consul.dialects import prefixes
from discovery.consul.entry import Check, Entry, Node, Service, Weights
from discovery.consul.instance import Instance, Preferences, read_instances
from discovery.consul.registry import Registry, RegistryOptions
from ingress.model.backend import Backend, BackendSettings
from ingress.model.condition import Condition, Criterion, Expression, Term, Text
from ingress.model.policy import Action, Policy, Rule
from ingress.model.route import Route


class Lab:
    """A registry, the table that comes of it, and all of it as text."""

    def __init__(self, *dialects: str, **options: Any) -> None:
        self.table = Assembly(("consul",))
        self.registry = Registry(RegistryOptions("consul", dialects=dialects, **options), self.table)
        self._preferences = Preferences(others=prefixes(dialects))

    def put(self, service: str, *instances: Mapping[str, Any]) -> None:
        """A service with its instances: `id`, `at`, `tags`, `weight`, `status`."""
        self.registry.put("", service, {each.key: each for each in self.instances(*instances)})
        self.registry.flush()

    def instances(self, *instances: Mapping[str, Any]) -> Sequence[Instance]:
        """The instances as they are read."""
        entries = [_entry(number, each) for number, each in enumerate(instances, start=1)]
        return list(read_instances(entries, self._preferences).values())

    def drop(self, service: str) -> None:
        """The service is gone."""
        self.registry.drop("", service)
        self.registry.flush()

    def text(self) -> str:
        """All that is in force, and all that is wrong."""
        self.table.take_changes()
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for host in sorted(self.table.hosts(), key=lambda each: each.name):
            for route in sorted(host.routes, key=lambda each: (each.path, each.kind, _shown(each))):
                yield f"{host.name or 'any host'} {_shown(route)}"
                yield from (f"  {line}" for line in _policy(route.policy))
        for listener in sorted(self.table.listeners(), key=lambda each: each.port):
            yield f"tcp {listener.port} -> {listener.backend}"
        for named in sorted(self.table.tcp_routes(), key=lambda each: (each.host, each.port)):
            how = "ended and relayed" if named.ended else "relayed"
            where = f"port {named.port}" if named.port else "https"
            yield f"tls of {named.host or 'any host'} on {where} {how} -> {named.backend}"
        for backend in sorted(self.table.backends(), key=lambda each: each.name):
            yield from _backend(backend)
        yield from (f"problem{' that closes' * each.closes}: {each}" for each in self.table.problems())


def _entry(number: int, facts: Mapping[str, Any]) -> Entry:
    host, _, port = str(facts.get("at", f"10.0.0.{number}:80")).rpartition(":")
    name = facts.get("id", f"i{number}")
    weights = Weights(facts.get("weight", 1), 1)
    service = Service(name, host, int(port), tuple(facts.get("tags", ())), facts.get("meta"), weights)
    check = Check("c", facts.get("status", "passing"), "c", name)
    return Entry(Node(f"n{number}", datacentre="dc1"), service, (check,))


def _shown(route: Route) -> str:
    words = [route.kind, route.path]
    words += [f"at {route.priority}"] if route.priority else []
    words += ["->", route.backend]
    return " ".join(words) + (f" {condition(route.when)}" if route.when else "")


def _policy(policy: Policy) -> Iterator[str]:
    if policy.closed:
        yield f"closed: {policy.closed}"
    for name, rules in (
        ("", policy.rules),
        ("answer: ", policy.response_rules),
        ("all: ", policy.final_rules),
    ):
        yield from (f"{name}{_rule(rule)}" for rule in rules)
    if policy.compression:
        yield f"compress {' '.join(policy.compression.codings)} of {' '.join(policy.compression.types)}"
    for choice in policy.backends:
        yield f"use {choice.backend}" + (f" {condition(choice.condition)}" if choice.condition else "")


def _rule(rule: Rule) -> str:
    return _action(rule.action) + (f" {condition(rule.condition)}" if rule.condition else "")


def _action(action: Action) -> str:
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(action))}
    said = {name: value for name, value in msgspec.structs.asdict(action).items() if value != defaults[name]}
    words = [f"{name}={_value(value)}" for name, value in said.items()]
    return " ".join([str(action.__struct_config__.tag), *words])


def _value(value: Any) -> str:
    if isinstance(value, Expression):
        return sample(value)
    if isinstance(value, tuple) and len(value) > 1 and all(isinstance(part, str) for part in value):
        return ",".join(value)
    if isinstance(value, tuple) and value and all(isinstance(part, str | Expression) for part in value):
        return written(value)
    if isinstance(value, tuple):
        return "{" + ", ".join(map(_value, value)) + "}"
    return str(value)


def written(text: Text) -> str:
    """A text with its samples."""
    return "".join(part if isinstance(part, str) else f"%[{sample(part)}]" for part in text)


def sample(expression: Expression) -> str:
    """`hdr(host),lower`."""
    calls = (expression.fetch, *expression.converters)
    return ",".join(call.name + (f"({','.join(call.args)})" if call.args else "") for call in calls)


def condition(condition: Condition) -> str:
    """`if a b or c`."""
    rows = (" ".join(map(_term, row)) for row in condition.alternatives)
    return f"{'unless' if condition.unless else 'if'} {' or '.join(rows)}"


def _term(term: Term) -> str:
    return f"{'!' if term.negated else ''}{{ {' | '.join(map(_test, term.tests))} }}"


def _test(test: Criterion) -> str:
    fetch = sample(Expression(test.fetch, test.converters))
    return " ".join([fetch, "-m", test.match, *(["-i"] if test.ignore_case else []), *test.patterns])


def _backend(backend: Backend) -> Iterator[str]:
    values, defaults = msgspec.structs.asdict(backend.settings), msgspec.structs.asdict(BackendSettings())
    settings = "".join(f" {name}={value}" for name, value in values.items() if value != defaults[name])
    yield f"backend {backend.name} of {backend.service}{settings}"
    yield from (f"  {server.address} {server.name} x{server.weight}" for server in backend.servers)


def read(file: Path) -> str:
    """What the services of a file come to."""
    facts = yaml.safe_load(file.read_text())
    lab = Lab(*facts["dialects"], exposed_by_default=facts.get("exposed-by-default", False))
    for service, instances in facts["services"].items():
        lab.put(service, *instances)
    lab.registry.complete()
    lab.registry.flush()
    return lab.text()


@pytest.fixture
def make_lab() -> Callable[..., Lab]:
    return Lab


def backend(lab: Lab, name: str) -> Backend:
    """The backend of that name."""
    lab.table.take_changes()
    return {each.name: each for each in lab.table.backends()}[name]


def servers(lab: Lab, name: str) -> Sequence[str]:
    """`10.0.0.1:80 x1`."""
    return [f"{server.address} x{server.weight}" for server in backend(lab, name).servers]

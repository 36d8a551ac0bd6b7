"""The pool that an Ingress wishes: for its own routes, whatever others do with the same Service."""

from collections.abc import Iterator

from discovery.dialects.headgate import PREFIX
from discovery.dialects.reading import Reading
from discovery.kubernetes.objects import IngressBackend, IngressSpec
from discovery.pool import CLUSTER, Pool
from discovery.pooling import FIELDS, Partner, Side, read_pool
from ingress.model.problem import Problem
from ingress.model.route import Origin


def read_ingress_pool(
    reading: Reading, spec: IngressSpec, origin: Origin, partner: Partner
) -> tuple[Pool | None, tuple[Problem, ...]]:
    """The pool, and what of it cannot be had."""
    named = next((field for field in reading.values if field in FIELDS), None)
    if named is None:
        return None, ()
    services = sorted({backend.service.name for backend in _backends(spec) if backend.service})
    if len(services) > 1:
        reason = f"its routes go to several Services ({', '.join(services)}); write it on the one it is for"
        return None, (reading.problem(origin, named.replace("_", "-"), "", reason),)
    pool, faults = read_pool(reading.values, reading.problems, origin, Side(CLUSTER, partner, PREFIX))
    return pool, tuple(reading.problem(origin, name, "", reason) for name, reason in faults)


def _backends(spec: IngressSpec) -> Iterator[IngressBackend]:
    if spec.default_backend is not None:
        yield spec.default_backend
    for rule in spec.rules or ():
        for path in (rule.http.paths if rule.http else None) or ():
            yield path.backend

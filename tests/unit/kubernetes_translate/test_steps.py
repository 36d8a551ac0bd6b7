"""Telling in steps: who breaks off goes on later, and nothing refers to what is not told yet."""

from collections.abc import Callable
from itertools import islice
from typing import Any


def ingress(name: str, service: str) -> str:
    return f"""
kind: Ingress
metadata: {{name: {name}}}
spec:
  ingressClassName: headgate
  rules:
  - host: {name}.example.com
    http:
      paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}]
"""


def crowd(lab: Any, shop: tuple[str, str], count: int) -> None:
    lab.put(
        shop[1],
        *(ingress(f"shop-{number}", "shop" if number % 2 else f"s{number}") for number in range(count)),
    )


def dangling(ear: Any) -> set[str]:
    """The backends that something refers to and that nobody has told of."""
    wanted = {claim.route.backend for each in ear.objects.values() for claim in each.claims}
    return wanted - set(ear.backends)


def test_after_each_step_every_backend_that_is_referred_to_is_there(lab: Any, shop: tuple[str, str]) -> None:
    crowd(lab, shop, 20)
    for _ in lab.cluster.steps():
        assert not dangling(lab.ear)
    assert len(lab.ear.objects) == 20


def test_steps_that_are_broken_off_again_and_again_tell_the_same(
    make_lab: Callable[..., Any], shop: tuple[str, str]
) -> None:
    whole, parts = make_lab(), make_lab()
    for lab in (whole, parts):
        crowd(lab, shop, 20)
    whole.cluster.flush()
    while any(True for _ in islice(parts.cluster.steps(), 3)):
        assert not dangling(parts.ear)
    assert parts.ear.text() == whole.ear.text()
    assert parts.ear.calls == whole.ear.calls


def test_endpoints_do_not_wait_for_objects(
    lab: Any, shop: tuple[str, str], make_slice: Callable[..., str]
) -> None:
    lab.apply(*shop, make_slice("{addresses: [10.0.0.1]}"))
    crowd(lab, shop, 20)
    lab.put(make_slice("{addresses: [10.0.0.2]}"))
    next(lab.cluster.steps())
    assert lab.ear.servers("test:team-a/shop:80") == ["10.0.0.2:8080"]


def test_a_backend_that_moves_from_one_object_to_another_is_never_dropped(
    lab: Any, shop: tuple[str, str]
) -> None:
    dropped: list[str] = []
    lab.apply(shop[1], ingress("one", "shop"), ingress("two", "other"))
    lab.ear.drop_backend = lambda source, name: dropped.append(name)
    lab.put(ingress("one", "other"), ingress("two", "shop"))
    for _ in lab.cluster.steps():
        assert not dangling(lab.ear)
    assert dropped == []


def test_the_lag_of_endpoints_is_measured_when_all_is_told(
    lab: Any, shop: tuple[str, str], make_slice: Callable[..., str]
) -> None:
    def caused(address: str, when: str) -> str:
        piece = make_slice(f"{{addresses: [{address}]}}")
        name = "endpoints.kubernetes.io/last-change-trigger-time"
        return piece.replace("metadata: {", f"metadata: {{annotations: {{{name}: '{when}'}}, ")

    # The lab's clock begins at 1970-01-12T13:46:40Z.
    lab.apply(*shop, caused("10.0.0.1", "1970-01-12T13:00:00Z"))
    assert lab.cluster.lag.count == 0
    lab.time += 60.0
    lab.apply(caused("10.0.0.2", "1970-01-12T13:47:39.750000000Z"))
    lab.apply(caused("10.0.0.2", "1970-01-12T13:47:39.999Z"))
    lab.apply(caused("10.0.0.3", "yesterday"))
    lab.apply(caused("10.0.0.4", "1970-01-12T13:47:41Z"))
    assert (lab.cluster.lag.count, lab.cluster.lag.sum, lab.cluster.lag.max) == (2, 0.25, 0.25)


def test_a_change_of_the_cause_alone_changes_nothing(
    lab: Any, shop: tuple[str, str], make_slice: Callable[..., str]
) -> None:
    piece = make_slice("{addresses: [10.0.0.1]}")
    lab.apply(*shop, piece)
    lab.ear.calls.clear()
    name = "endpoints.kubernetes.io/last-change-trigger-time"
    lab.apply(piece.replace("metadata: {", f"metadata: {{annotations: {{{name}: '1980-01-01T00:00:00Z'}}, "))
    assert lab.ear.calls.total() == 0

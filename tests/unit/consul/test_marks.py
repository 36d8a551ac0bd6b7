"""Which services have changed, by their checks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.consul.marks import Marks

Check = tuple[str, str, int, str]
"""The node, the service (empty: the check is the node's), the index, and what the check has put out."""
CHECKS = st.lists(
    st.tuples(
        st.sampled_from(["n1", "n2"]),
        st.sampled_from(["", "web", "db"]),
        st.integers(1, 3),
        st.sampled_from(["", '},{"Node":"n1"', "]", '"Node"', "\\"]),
    ),
    max_size=6,
)


def body(checks: list[Check]) -> bytes:
    """As Consul writes it: compact, and in the order of the names."""
    written = [
        {
            "Node": node,
            "CheckID": f"c{number}",
            "Output": output,
            "ServiceName": service,
            "ModifyIndex": index,
        }
        for number, (node, service, index, output) in enumerate(checks)
    ]
    return json.dumps(written, separators=(",", ":")).encode() + b"\n"


def had(checks: list[Check], *, by_service: bool) -> dict[str, list[tuple[int, str, int]]]:
    """What each service has, or each node beside that."""
    found: dict[str, list[tuple[int, str, int]]] = {}
    for number, (node, service, index, _) in enumerate(checks):
        if bool(service) == by_service:
            found.setdefault(service or node, []).append((number, node, index))
    return found


@given(st.lists(CHECKS, min_size=1, max_size=4))
def test_reading_what_is_new_finds_what_reading_everything_finds(stories: list[list[Check]]) -> None:
    marks = Marks()
    before: list[Check] = []
    for checks in stories:
        changes = marks.take(body(checks))
        for by_service, found in ((True, changes.services.keys()), (False, changes.nodes)):
            old, new = had(before, by_service=by_service), had(checks, by_service=by_service)
            assert set(found) == {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        assert all(marks.has_checks(name) == (name in had(checks, by_service=True)) for name in ("web", "db"))
        before = checks


def test_the_index_is_that_of_the_change_and_none_where_a_check_is_gone() -> None:
    marks = Marks()
    marks.take(body([("n1", "web", 5, ""), ("n1", "db", 6, "")]))
    assert marks.take(body([("n1", "web", 9, ""), ("n1", "db", 6, "")])).services == {"web": 9}
    assert marks.take(body([("n1", "web", 9, "")])).services == {"db": 0}


def test_an_answer_that_cannot_be_read_is_as_if_it_had_not_come() -> None:
    marks = Marks()
    marks.take(body([("n1", "web", 5, "")]))
    for wrong in (b"{}", b"[{]", b"[", b"", b'[{"Node":1}]'):
        with pytest.raises(ValueError, match=r"."):
            marks.take(wrong)
    assert marks.take(body([("n1", "web", 6, "")])).services == {"web": 6}

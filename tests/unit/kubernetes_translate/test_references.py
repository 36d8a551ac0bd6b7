"""Who refers to which port of which Service."""

from discovery.kubernetes.key import BackendKey
from discovery.kubernetes.references import References
from ingress.model.route import Origin

ONE = Origin("test", "ingress", "team-a", "one")
TWO = Origin("test", "ingress", "team-a", "two")
HTTP = BackendKey("team-a", "shop", "80")
ADMIN = BackendKey("team-a", "shop", "admin")


def test_an_object_that_leaves_one_port_of_a_service_still_refers_to_the_other() -> None:
    references = References()
    references.make(ONE, frozenset((HTTP, ADMIN)))
    assert references.make(ONE, frozenset((HTTP,))) == {ADMIN}
    assert set(references.owners(HTTP.key)) == {ONE}
    assert list(references.backends(HTTP.key)) == [HTTP]
    assert ADMIN not in references


def test_a_port_stays_while_anyone_refers_to_it() -> None:
    references = References()
    references.make(ONE, frozenset((HTTP,)))
    references.make(TWO, frozenset((HTTP, ADMIN)))
    references.make(TWO, frozenset((ADMIN,)))
    assert set(references.owners(HTTP.key)) == {ONE, TWO}
    references.make(ONE, frozenset())
    assert set(references.owners(HTTP.key)) == {TWO}
    assert (HTTP in references, ADMIN in references) == (False, True)


def test_nothing_is_left_of_a_service_that_nobody_refers_to() -> None:
    references = References()
    references.make(ONE, frozenset((HTTP,)))
    references.make(ONE, frozenset())
    assert (list(references.owners(HTTP.key)), list(references.backends(HTTP.key))) == ([], [])
    assert references.made_by(ONE) == frozenset()

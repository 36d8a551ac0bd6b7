"""Registrations of this instance: what the agent is told, and when."""

import pytest

from discovery.assemble import Assembly
from discovery.consul.alias import Alias
from discovery.consul.api import UnreachableError
from discovery.consul.question import Answer, Head, Question, Subject
from discovery.consul.registrar import Place, Registrar
from discovery.consul.timings import Timings
from ingress.model.route import Origin

EDGE = {"edge": Alias(Origin("consul", "service", "", "web"), "urlprefix-www.example.com/")}
BOTH = {**EDGE, "shop": EDGE["edge"]}
LIFE_SIGN = Timings().life_sign


class Agent:
    """Takes what it is told, unless a status says that it does not; away, it cannot be asked."""

    def __init__(self) -> None:
        self.known: dict[str, Question] = {}
        self.told: list[str] = []
        self.status = 200
        self.is_away = False

    async def ask(self, question: Question) -> Answer:
        registration = question.registration
        assert registration is not None
        self.told.append(f"{question.topic.subject} of {registration.name}")
        if self.is_away:
            raise UnreachableError("away")
        if self.status != 200:
            return Answer(Head(self.status), b"Permission\n denied")
        match question.topic.subject:
            case Subject.REGISTRATION:
                self.known[registration.id] = question
            case Subject.DEREGISTRATION:
                del self.known[registration.id]
            case Subject.LIFE_SIGN if registration.id not in self.known:
                return Answer(Head(404), b"Unknown check ID")
        return Answer(Head(200))

    def tell_all(self) -> list[str]:
        """What it has been told since the last time."""
        told, self.told = self.told, []
        return told


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
def table() -> Assembly:
    return Assembly(("consul",))


@pytest.fixture
def registrar(agent: Agent, table: Assembly) -> Registrar:
    place = Place("10.0.0.5", 8080, ("headgate.enable=false",))
    return Registrar(agent.ask, place, "consul", table, Timings())


async def test_a_name_is_registered_once_and_then_kept_alive(agent: Agent, registrar: Registrar) -> None:
    for now in (0.0, 1.0, LIFE_SIGN, LIFE_SIGN + 1.0, 2 * LIFE_SIGN):
        await registrar.keep(EDGE, now)
    assert agent.tell_all() == ["registration of edge", *3 * ["life sign of edge"]]


async def test_what_is_not_wished_for_any_more_is_taken_back(agent: Agent, registrar: Registrar) -> None:
    await registrar.keep(BOTH, 0.0)
    assert len(agent.known) == 2
    await registrar.keep(EDGE, 1.0)
    assert [*agent.known] == ["headgate-edge-10.0.0.5-8080"]
    await registrar.keep({}, 2.0)
    assert agent.known == {}


async def test_what_an_agent_has_forgotten_is_registered_anew(agent: Agent, registrar: Registrar) -> None:
    await registrar.keep(EDGE, 0.0)
    agent.known.clear()
    await registrar.keep(EDGE, LIFE_SIGN)
    assert [*agent.known] == ["headgate-edge-10.0.0.5-8080"]


async def test_an_agent_that_is_away_is_told_later(
    agent: Agent, registrar: Registrar, table: Assembly
) -> None:
    agent.is_away = True
    await registrar.keep(EDGE, 0.0)
    agent.is_away = False
    await registrar.keep(EDGE, LIFE_SIGN)
    assert [*agent.known] == ["headgate-edge-10.0.0.5-8080"]
    agent.is_away = True
    await registrar.keep({}, LIFE_SIGN + 1.0)
    assert table.problems() == ()


async def test_a_refusal_names_the_tag_and_the_rule_that_is_missing(
    agent: Agent, registrar: Registrar, table: Assembly
) -> None:
    agent.status = 403
    await registrar.keep(EDGE, 0.0)
    [problem] = table.problems()
    assert str(problem) == (
        "service web: urlprefix-www.example.com/: register: Consul does not take edge: 403: Permission "
        'denied; the token needs service "edge" { policy = "write" }'
    )
    agent.status = 200
    await registrar.keep(EDGE, 1.0)
    assert len(table.problems()) == 1
    await registrar.keep(EDGE, LIFE_SIGN)
    assert list(table.problems()) == []


async def test_a_refusal_is_over_with_its_wish(agent: Agent, registrar: Registrar, table: Assembly) -> None:
    agent.status = 500
    await registrar.keep(EDGE, 0.0)
    assert len(table.problems()) == 1
    agent.tell_all()
    await registrar.keep({}, 1.0)
    assert list(table.problems()) == []
    assert agent.tell_all() == []


async def test_names_beyond_a_bound_are_refused_and_push_nobody_out(
    agent: Agent, registrar: Registrar, table: Assembly
) -> None:
    await registrar.keep(EDGE, 0.0)
    many = {f"a{number}": EDGE["edge"] for number in range(100)}
    await registrar.keep(EDGE | many, 1.0)
    assert len(agent.known) == 100
    assert "headgate-edge-10.0.0.5-8080" in agent.known
    [problem] = table.problems()
    assert "there are more than 100 names" in str(problem)
    del many["a0"]
    await registrar.keep(EDGE | many, 2.0)
    assert len(agent.known) == 100
    assert list(table.problems()) == []

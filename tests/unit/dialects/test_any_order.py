"""Whatever the order in which services came, changed and went, what is in force is what they say now."""

from collections.abc import Callable
from random import Random

import pytest

from tests.unit.dialects.conftest import Lab

FABIO = "urlprefix-www.example.com/"
TAGS = {
    "fabio": [
        *(FABIO, f"{FABIO} strip=/a", f"{FABIO} weight=0.3", "urlprefix-/b", "v1"),
        *("urlprefix-:3306 proto=tcp", "urlprefix-db.example.com/ proto=tcp+sni"),
    ],
    "traefik": [
        "traefik.http.routers.web.rule=Host(`www.example.com`)",
        "traefik.http.routers.web.rule=Host(`b.io`)",
        "traefik.http.routers.b.rule=Path(`/x`)",
        "traefik.http.routers.b.middlewares=m",
        "traefik.http.middlewares.m.addprefix.prefix=/a",
        "traefik.http.middlewares.m.addprefix.prefix=/b",
        "traefik.http.services.s.loadbalancer.server.port=81",
        "traefik.http.services.t.loadbalancer.strategy=p2c",
        "traefik.enable=false",
    ],
}
WANTED = {"fabio": (), "traefik": ("traefik.enable=true",)}
"""What each instance says besides."""
HELD = "; the last good version stays in force"


@pytest.mark.parametrize(("dialect", "services", "together"), [("fabio", 8, 2), ("traefik", 6, 3)])
def test_any_order_of_changes_ends_in_the_table_of_a_fresh_start(
    make_lab: Callable[..., Lab], dialect: str, services: int, together: int
) -> None:
    dice = Random(3)

    def instance(number: int) -> dict[str, object]:
        tags = (*WANTED[dialect], *dice.sample(TAGS[dialect], together))
        status = dice.choice(["passing", "critical"])
        return {"tags": tags, "at": f"10.0.0.{number}:80", "status": status}

    lived = make_lab(dialect)
    facts: dict[str, list[dict[str, object]]] = {}
    for _ in range(400):
        service = f"s{dice.randrange(services)}"
        if dice.random() < 0.2:
            lived.drop(service)
            facts.pop(service, None)
            continue
        facts[service] = [instance(number) for number in range(1, dice.randrange(2, 5))]
        lived.put(service, *facts[service])
    fresh = make_lab(dialect)
    for service in sorted(facts, key=lambda _: dice.random()):
        fresh.put(service, *facts[service])
    assert HELD not in lived.text()
    assert lived.text() == fresh.text()

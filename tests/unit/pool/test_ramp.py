"""What people write to shift requests."""

import pytest

from discovery.names import SpellingError
from discovery.shift.ramp import Ramp, parse_ramp


@pytest.mark.parametrize(
    ("text", "ramp"),
    [
        ("consul 100 -> kubernetes 100 over 2h, stop on 5xx > 2%", Ramp(0, 100, 7200.0, 0.02)),
        ("consul 100->kubernetes 100 over 90s", Ramp(0, 100, 90.0)),
        ("kubernetes 10% -> kubernetes 50% over 1d, paused", Ramp(10, 50, 86400.0, paused=True)),
        (
            "Kubernetes 100 -> Consul 100 over 5m,  stop on 5xx > 0.5 %, paused",
            Ramp(100, 0, 300.0, 0.005, True),
        ),
    ],
)
def test_a_ramp_is_read(text: str, ramp: Ramp) -> None:
    assert parse_ramp(text) == ramp


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a shift such as"),
        ("consul -> kubernetes over 2h", "is not a shift such as"),
        ("consul 100 -> kubernetes 100 over 2", "is not a shift such as"),
        ("consul 101 -> kubernetes 100 over 2h", '"101" is more than 100 %'),
        ("consul 100 -> consul 100 over 2h", "ends where it begins"),
        ("consul 100 -> kubernetes 100 over 31d", "is not a time up to 30 days"),
        ("consul 100 -> kubernetes 100 over 2h, pause", '"pause" is neither'),
        ("consul 100 -> kubernetes 100 over 2h, paused, paused", '"paused" is neither'),
        ("consul 100 -> kubernetes 100 over 2h, stop on 5xx > 200%", "more than 100"),
        ("x" * 5000, "is not a shift such as"),
    ],
)
def test_what_is_no_ramp_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SpellingError, match="(?i)" + reason.replace("%", "%")):
        parse_ramp(text)


def test_nothing_has_its_last_percent_before_the_end() -> None:
    up, down = Ramp(0, 100, 1.0), Ramp(100, 50, 1.0)
    assert [up.share(part) for part in (-1.0, 0.0, 0.299, 0.3, 0.999, 1.0, 2.0)] == [
        0,
        0,
        29,
        30,
        99,
        100,
        100,
    ]
    assert [down.share(part) for part in (0.0, 0.019, 0.5, 1.0)] == [100, 100, 75, 50]
    assert (up.to, down.to) == ("kubernetes", "consul")

"""A token is what its file says now, and never something that anybody could guess."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ingress.cli.commands import headgate
from ingress.token_file import SHORTEST, TokenError, is_shown, token_in

TOKEN = b"0123456789abcdef"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "token"


def test_it_is_the_line_in_the_file_as_it_is_now(file: Path) -> None:
    token = token_in(str(file))
    file.write_bytes(b"\n " + TOKEN + b"\r\n")
    assert token() == TOKEN
    file.write_bytes(TOKEN[::-1])
    assert token() == TOKEN[::-1]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", TOKEN[: SHORTEST - 1], TOKEN + b" " + TOKEN, TOKEN + b"\n" + TOKEN, TOKEN + b"\xff"],
)
def test_what_anybody_could_guess_or_nobody_could_show_is_no_token(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(TokenError, match=f"^{file}: it has no token of at least {SHORTEST} "):
        token_in(str(file))()


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    with pytest.raises(TokenError, match=f"^{file}: No such file or directory$"):
        token_in(str(file))()


@pytest.mark.parametrize("shown", [b"", TOKEN])
def test_where_there_is_no_token_nobody_has_it(shown: bytes) -> None:
    assert not is_shown(token_in("")(), shown)


@pytest.mark.parametrize("option", ["--admin-token-file", "--explain-token-file"])
def test_a_run_whose_token_nobody_could_show_does_not_begin(
    file: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.cli.run.become", lambda _: None)
    words = ["run", "--manifests", str(file.parent), option, str(file)]
    result = CliRunner().invoke(headgate, words)
    assert (result.exit_code, result.output) == (1, f"Error: {option}: {file}: No such file or directory\n")


def test_a_token_to_show_that_is_not_there_is_wrong_usage(file: Path) -> None:
    words = ["explain", "--admin", "127.0.0.1:1", "--id", "1", "--token-file", str(file)]
    result = CliRunner().invoke(headgate, words)
    assert result.exit_code == 2
    assert f"--token-file: {file}: No such file or directory" in result.output

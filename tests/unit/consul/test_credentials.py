"""The token and the certificates that an agent is shown."""

from pathlib import Path

import pytest

from discovery.consul.credentials import Credentials, CredentialsError


def test_a_token_is_in_a_file_or_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    assert Credentials(token="plain").read_token() == "plain"
    assert Credentials(token="plain", token_file=str(file)).read_token() == "secret"
    assert Credentials().read_token() == ""


@pytest.mark.parametrize("content", ["", "\n", "two words", "a\nb", "\u00e4"])
def test_a_file_without_a_token_is_an_error_rather_than_no_token(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    with pytest.raises(CredentialsError, match=str(file)):
        Credentials(token_file=str(file)).read_token()


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    with pytest.raises(CredentialsError, match=r"none\.pem"):
        Credentials(ca_file=missing).read_context()
    with pytest.raises(CredentialsError, match=r"none\.pem"):
        Credentials(certificate_file=missing).read_context()
    with pytest.raises(CredentialsError, match=r"none\.pem"):
        Credentials(token_file=missing).read_token()

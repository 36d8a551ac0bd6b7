"""The version of Headgate."""

from importlib.metadata import PackageNotFoundError, version


def build() -> str:
    """The version, as the installed package has it."""
    try:
        return version("headgate")
    except PackageNotFoundError:
        return "0 (not installed)"

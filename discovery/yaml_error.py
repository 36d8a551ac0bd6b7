"""Errors in YAML, in the words of the parser, on one line."""

from typing import NamedTuple

import yaml


class YamlFlaw(NamedTuple):
    """What is wrong, and where."""

    line: int
    """Counts from 1, as the column does."""
    column: int
    reason: str

    def __str__(self) -> str:
        """`line 1, column 10: while parsing a flow sequence, expected ',' or ']'`."""
        return f"line {self.line}, column {self.column}: {self.reason}"


def yaml_flaw(error: yaml.MarkedYAMLError) -> YamlFlaw:
    """What the parser has found."""
    mark = error.problem_mark or error.context_mark
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return YamlFlaw(mark.line + 1, mark.column + 1, reason) if mark else YamlFlaw(1, 1, reason)


def in_one_line(error: Exception) -> str:
    """Any error that may come of reading YAML; one of the parser with its place."""
    if isinstance(error, yaml.MarkedYAMLError):
        return str(yaml_flaw(error))
    return " ".join(str(error).split())

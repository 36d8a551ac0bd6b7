"""CONVERTERS: what may be done to a sample, by HAProxy's names."""

from collections.abc import Mapping
from typing import Final

from ingress.acl import (
    code_converters,
    hash_converters,
    map_converters,
    number_converters,
    text_converters,
    time_converters,
    variable_converters,
)
from ingress.acl.converter import Converter

CONVERTERS: Final[Mapping[str, Converter]] = {
    row.name: row
    for rows in (
        text_converters.ROWS,
        code_converters.ROWS,
        number_converters.ROWS,
        hash_converters.ROWS,
        map_converters.ROWS,
        variable_converters.ROWS,
        time_converters.ROWS,
    )
    for row in rows
}

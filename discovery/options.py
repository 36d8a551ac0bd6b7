"""OPTIONS: every setting that people can make on an object, in one table."""

from collections.abc import Mapping
from typing import Final

from discovery.auth_options import AUTH_OPTIONS
from discovery.backend_options import BACKEND_OPTIONS
from discovery.limit_options import LIMIT_OPTIONS
from discovery.option import Option
from discovery.route_options import ROUTE_OPTIONS
from discovery.tag_options import TAG_OPTIONS

OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for option in (*ROUTE_OPTIONS, *AUTH_OPTIONS, *LIMIT_OPTIONS, *BACKEND_OPTIONS, *TAG_OPTIONS)
}

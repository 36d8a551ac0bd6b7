"""The status page: one HTML file that needs nothing but the API."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from msgspec import Struct


class Dashboard(Struct, frozen=True):
    """The page, and the policy under which a browser runs it."""

    html: bytes
    policy: str


def load_dashboard() -> Dashboard:
    """The page as it is installed. Only its own script and style may run, whatever a name contains."""
    html = files("ingress.admin").joinpath("dashboard.html").read_text("utf-8")
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src data:; "
        f"script-src {_hash(html, 'script')}; style-src {_hash(html, 'style')}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Dashboard(html.encode(), policy)


def _hash(html: str, tag: str) -> str:
    found = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    if found is None:
        raise ValueError(f"the status page has no {tag}")
    return f"'sha256-{b64encode(sha256(found[1].encode()).digest()).decode()}'"

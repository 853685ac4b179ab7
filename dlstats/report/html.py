"""Templates for HTML: every text is escaped, and a name that is not given is an error."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlstats.report.text import characters, prose

POLICY = (
    "default-src 'none'; img-src 'self' file: data:; style-src 'self' file:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may load: files of its own site, from a server or from disk, and no script or style in the page itself."""


@cache
def environment() -> Environment:
    """The templates with the filters that they use."""
    loader = PackageLoader("dlstats.report")
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.filters |= {"breakable": breakable, "characters": characters, "natural": natural, "prose": prose, "slug": slug}
    return made


def breakable(text: str, marks: str) -> Markup:
    """Text that the browser may break after any of these characters."""
    return Markup("<wbr>").join(re.split(f"(?<=[{marks}])", text))


def natural(claim: str) -> str:
    """A claim id that sorts as people count: SAW2 before SAW10."""
    return re.sub(r"\d+", lambda match: match[0].zfill(4), claim)


def slug(text: str) -> str:
    """A heading as the name of a place in its page."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")

"""Templates of pages, and files of ours that go into a page as they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def template(name: str) -> Template:
    """A template. A name that it uses and that it is not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def inline(*names: str) -> Markup:
    """Files of ours that go into a page, one after the other."""
    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names))

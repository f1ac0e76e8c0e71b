"""The report of a run: one self-contained HTML page, a pure function of the measures.

The page is rendered twice, in Japanese and in English, and shows one of the two; a few lines of script
switch between them. Without script it is Japanese. Same measures, same bytes: no clock, no network.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.blocks import Section
from reports.language import EN, JA, Language
from reports.sections import basis, calendar, filings, network, overview, reconciliation, volumes, waiting
from sim.studies.measures import Measures

TEMPLATES: Final = Path(__file__).parent / "templates"

SECTIONS: Final = (
    overview.figures,
    waiting.section,
    filings.section,
    calendar.section,
    network.section,
    volumes.section,
    reconciliation.section,
    basis.section,
)
"""The sections below the header, in the order of the page."""


def render(measures: Measures) -> str:
    """The whole page as HTML text. The same text for the same measures."""
    return _template().render(
        editions=[_edition(measures, say) for say in (JA, EN)],
        style=_inline("page.css"),
        script=_inline("page.js"),
    )


def _edition(measures: Measures, say: Language) -> dict[str, object]:
    """What the template lays out in one language."""
    found: list[Section] = [section(measures, say) for section in SECTIONS]
    return {"say": say, "header": overview.header(measures, say), "sections": found}


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja")


@cache
def _inline(name: str) -> Markup:
    """A file of ours that goes into the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))

"""The report of a run: one self-contained HTML page, a pure function of the measures.

The page is rendered twice, in Japanese and in English, and shows one of the two; a few lines of script
switch between them. Without script it is Japanese. Same measures, same bytes: no clock, no network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reports.blocks import Section
from reports.language import EN, JA, Language
from reports.rendering import inline, template
from reports.sections import (
    basis,
    calendar,
    cards,
    centre,
    copies,
    deemed,
    filings,
    lateness,
    links,
    municipalities,
    network,
    offices,
    overview,
    promise,
    reconciliation,
    registers,
    safeguards,
    volumes,
    waiting,
)
from sim.studies.measures import Measures

SECTIONS: Final[tuple[Callable[[Measures, Language], Section | None], ...]] = (
    promise.section,
    overview.figures,
    municipalities.section,
    waiting.section,
    filings.section,
    lateness.section,
    deemed.section,
    offices.section,
    cards.section,
    copies.section,
    registers.section,
    links.section,
    safeguards.section,
    calendar.section,
    network.section,
    centre.section,
    volumes.section,
    reconciliation.section,
)
"""The sections below the header, in the order of the page; the basis comes last."""

WHERE_MODELLED: Final = (
    *(municipalities, lateness, deemed, offices, cards, copies, registers, links, safeguards, centre),
)
"""Sections that stand there only when a run has something to say of them."""


def render(measures: Measures) -> str:
    """The whole page as HTML text. The same text for the same measures."""
    return page(lambda say: (overview.header(measures, say), sections(measures, say)))


def sections(measures: Measures, say: Language) -> list[Section]:
    """The sections of a page in one language; the last names those for which there was nothing."""
    found = [section(measures, say) for section in SECTIONS]
    silent = [say.of(module.TITLE) for module in WHERE_MODELLED if module.section(measures, say) is None]
    return [*(section for section in found if section is not None), basis.section(measures, say, silent)]


def page(edition: Callable[[Language], tuple[overview.Header, list[Section]]]) -> str:
    """A page as HTML text from what makes its header and sections in one language."""
    editions = []
    for say in (JA, EN):
        header, sections = edition(say)
        editions.append({"say": say, "header": header, "sections": sections})
    return template("page.html.jinja").render(
        editions=editions, style=inline("page.css"), script=inline("page.js")
    )

"""The report of a load test: one self-contained HTML page, the same bytes for the same `load.json`."""

from __future__ import annotations

from load.results import Results
from reports.blocks import Section
from reports.language import EN, JA, Language
from reports.load import answer, balance, course, lines, municipalities, nights, standing, times
from reports.rendering import inline, template


def render(results: Results) -> str:
    """The whole page as HTML text, in Japanese and English."""
    editions = [
        {"say": say, "header": answer.header(results, say), "sections": sections(results, say)}
        for say in (JA, EN)
    ]
    return template("page.html.jinja").render(
        editions=editions, style=inline("page.css", "load.css"), script=inline("page.js")
    )


def sections(results: Results, say: Language) -> list[Section]:
    """The sections of the page in one language, in their order."""
    return [
        answer.section(results, say),
        answer.thresholds(results, say),
        nights.section(results, say),
        balance.section(results, say),
        course.section(results, say),
        municipalities.section(results, say),
        times.section(results, say),
        lines.section(results, say),
        standing.section(results, say),
        standing.basis(results, say),
    ]

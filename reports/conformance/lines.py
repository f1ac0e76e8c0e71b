"""Which journal lines a page embeds: those that are evidence of something found, with their neighbours.

A journal of a passing case is left where it is, in the bundle. What is embedded is bounded, because an
implementation that fails everything must still give a page that a browser can open; what is left out is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.results import CaseResult, Journals, Results
from conformance.verdicts import CheckVerdict, Finding, Verdict
from sim.base import journal
from sim.base.journal import Line

QUIET: Final = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.NOT_RUN})
"""Verdicts of cases and checks that have nothing to show."""

CASES_AT_MOST: Final = 120
"""Cases that are shown with their evidence; of further ones the findings are told in a line."""
CHECKS_AT_MOST: Final = 8
FINDINGS_AT_MOST: Final = 4
EVENTS_AT_MOST: Final = 6
"""Of one case, of one check, of one finding."""
CHARACTERS_AT_MOST: Final = 1_600
"""Of one journal line."""


@dataclass(frozen=True, slots=True)
class Told:
    """A check with findings that a page shows. `events`: of each finding, the lines it leans on."""

    check: CheckVerdict
    findings: tuple[tuple[Finding, tuple[Line, ...], int], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A line in the page. `evidence`: it is one, no mere neighbour; `gap`: lines are left out before it."""

    line: Line
    text: str
    evidence: bool
    gap: bool


@dataclass(slots=True)
class Chosen:
    """What a page shows in detail: by case its checks, and its lines. `rest`: cases that it only names."""

    told: dict[str, tuple[Told, ...]] = field(default_factory=dict)
    lines: dict[str, tuple[Shown, ...]] = field(default_factory=dict)
    rest: list[CaseResult] = field(default_factory=list)


def choose(results: Results, journals: Journals) -> Chosen:
    """What to show of a run, in the order of its cases."""
    chosen = Chosen()
    for case in results.cases:
        told = [one for one in case.checks if one.verdict not in QUIET and one.findings]
        if not told:
            continue
        if len(chosen.told) >= CASES_AT_MOST:
            chosen.rest.append(case)
            continue
        lines = journals.get(case.case, ())
        shown = tuple(_told(one, lines) for one in told[:CHECKS_AT_MOST])
        chosen.told[case.case] = shown
        leaning = {line.id for one in shown for _, events, _ in one.findings for line in events}
        if leaning:
            chosen.lines[case.case] = tuple(_with_neighbours(lines, leaning))
    return chosen


def anchor(case: str, line: str) -> str:
    """The name of a line's place in the page."""
    return f"l-{slug(case)}-{slug(line)}"


def slug(text: str) -> str:
    """The text as part of a name in a page."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text)


def cut(text: str, most: int) -> str:
    """The text, with a mark where it was cut short."""
    return text if len(text) <= most else f"{text[:most]} … (+{len(text) - most:,})"


def _told(one: CheckVerdict, lines: Sequence[Line]) -> Told:
    """A check with its findings. One that found no evidence leans on the line that asked for it."""
    asked = {line.id for line in lines if line.kind == "expect" and _asks(line, one)}
    findings = []
    for found in one.findings[:FINDINGS_AT_MOST]:
        wanted = set(found.evidence) or (asked if one.stated else set())
        events = tuple(line for line in lines if line.id in wanted)
        findings.append((found, events[:EVENTS_AT_MOST], max(0, len(events) - EVENTS_AT_MOST)))
    return Told(one, tuple(findings), max(0, len(one.findings) - FINDINGS_AT_MOST))


def _asks(line: Line, one: CheckVerdict) -> bool:
    return line.data.get("check") == one.check and line.data.get("params", {}) == one.params


def _with_neighbours(lines: Sequence[Line], leaning: set[str]) -> Iterator[Shown]:
    """The lines leant on, each with the one before and the one after it."""
    wanted = [number for number, line in enumerate(lines) if line.id in leaning]
    near = sorted(
        {at for number in wanted for at in (number - 1, number, number + 1) if 0 <= at < len(lines)}
    )
    before = -1
    for number in near:
        line = lines[number]
        text = cut(journal.encode(line).decode(), CHARACTERS_AT_MOST)
        yield Shown(line, text, line.id in leaning, number != before + 1)
        before = number

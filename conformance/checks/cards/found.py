"""A finding on one line of a journal, as the checks of cards put it."""

from __future__ import annotations

from conformance.checks.declare import said
from conformance.verdicts import Finding
from sim.base.journal import Line


def found(line: Line, ja: str, en: str, expected: object, received: object) -> Finding:
    """A finding on a line: what was expected there, and what stands there."""
    return Finding(ja=ja, en=en, expected=said(expected), received=said(received), evidence=(line.id,))

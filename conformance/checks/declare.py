"""How a check is declared: its id, how heavy it is, which requirements it serves and what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.evidence import Case
from conformance.verdicts import Assumption, Finding, Severity
from sim.base.journal import Line

Run = Callable[..., Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: a pure function of a case, with the requirements behind it.

    `standing`: it runs over every case without being asked; a Then step may state it as well. `assumed`: what
    it rests on could not be confirmed, so that it never decides a certificate.
    """

    id: str
    severity: Severity
    requirements: tuple[str, ...]
    reads: tuple[str, ...]
    standing: bool
    ja: str
    run: Run
    assumed: Assumption | None = None

    @property
    def en(self) -> str:
        """What it checks, in English: the first line of the function's docstring."""
        return (self.run.__doc__ or self.id).splitlines()[0].rstrip(".")

    def __call__(self, case: Case, **params: Any) -> Iterator[Finding]:
        return self.run(case, **params)


def check(
    id: str,
    severity: Severity,
    requirements: tuple[str, ...],
    reads: tuple[str, ...],
    *,
    ja: str,
    standing: bool = False,
    assumed: Assumption | None = None,
) -> Callable[[Run], Check]:
    """Makes a check of a function `(case, **params) -> Iterator[Finding]`. `ja`: its title in Japanese."""

    def declare(run: Run) -> Check:
        return Check(id, severity, requirements, reads, standing, ja, run, assumed)

    return declare


def differing(line: Line, key: str, expected: object, ja: str, en: str) -> Iterator[Finding]:
    """A finding when the line's data holds another value than the expected one, or none."""
    received = line.data.get(key)
    if received != expected or type(received) is not type(expected):
        yield Finding(ja=ja, en=en, expected=said(expected), received=said(received), evidence=(line.id,))


def said(value: object) -> str:
    """A value of the journal in a finding."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(said(item) for item in value) or "none"
    return str(value)

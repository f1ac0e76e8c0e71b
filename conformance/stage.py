"""The stage: where a case is played and written down.

Given and When steps act through the scene of the role (`stage.scene`); Then steps say `stage.expect` and
judge nothing. A scene asks the implementation under test by the adapter protocol and plays everybody else.
What was asked, what was answered and what was seen become lines of node `stage`; whoever the harness plays
writes lines of its own. A verdict rests on that journal alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant, iso
from sim.base.journal import Data, Line
from virtual_card.draws import Draws

NODE: Final = "stage"


class Scene(Protocol):
    """What stands around an implementation of one role."""

    @property
    def now(self) -> Instant:
        """What time it is there."""
        ...

    def begin(self, case: str, at: Instant) -> None:
        """A fresh implementation, as if nothing had ever happened, at an instant.

        Raises:
            Breach: the implementation cannot be gone on with.
            HarnessError: our fault, or the environment's.
        """
        ...

    def advance(self, until: Instant) -> None:
        """Lets time pass; everything due before `until` happens. Raises as `begin` does."""
        ...

    def lines(self) -> Iterable[Line]:
        """What those wrote whom the harness plays, by (at, node, n)."""
        ...


class Stage:
    """One case, from its first instant to its journal. `make`: the scene, which is given the stage.

    `challenge`: a text that somebody gave for this run. It stands in the first line, and goes
    into all that is drawn.
    """

    def __init__(
        self,
        case: str,
        make: Callable[[Stage], Scene],
        *,
        tag: str = "",
        title: str = "",
        challenge: str = "",
    ) -> None:
        self.case = case
        self._challenge = challenge
        self._tag = tag or case
        self._title = title
        self._lines: list[Line] = []
        self._begun: Instant | None = None
        self._visits = 0
        self._latest = Instant(0)
        self.scene: Any = make(self)

    @property
    def now(self) -> Instant:
        """What time it is on the stage: never earlier than anything that was written down."""
        if self._begun is None:
            return self._latest
        self._latest = max(self._latest, self.scene.now)
        return self._latest

    def at(self, when: Instant) -> None:
        """Goes to an instant. The first one begins the case.

        Raises:
            HarnessError: the instant lies in the past.
        """
        if self._begun is None:
            self._latest = when
            self._begin(when)
            self.scene.begin(self.case, when)
        elif when < self.now:
            raise HarnessError("a step goes back in time", expected=iso(self.now), received=iso(when))
        else:
            self.scene.advance(when)

    def visit(self) -> str:
        """A name for the next visit to the counter: what its filings carry as their case."""
        self._visits += 1
        return f"{self.case}/{self._visits}"

    def draws(self, *path: str) -> Draws:
        """Draws for the case: the same for the same path and challenge."""
        return Draws("conformance", *([self._challenge] if self._challenge else []), *path)

    def given(self, **facts: object) -> None:
        """Writes down what is supposed."""
        self.note("given", facts)

    def note(self, kind: str, data: Data, *, case: str = "", subject: str = "", cause: str = "") -> str:
        """Writes something down. `case`: the visit it belongs to. Gives the line's id."""
        if self._begun is None:
            raise HarnessError("a case must begin with a step that says when it is", where=self.case)
        n = len(self._lines) + 1
        line = Line(journal.VERSION, NODE, n, self.now, kind, cause, case or self.case, subject, data)
        self._lines.append(line)
        return line.id

    def expect(self, check: str, **params: object) -> None:
        """Writes down what the journal must show."""
        self.note("expect", {"check": check, "params": params})

    def breach(self, error: Exception) -> None:
        """Writes down that the implementation broke a rule in a way that ends the case."""
        self._begin(self._latest)
        self.note("breach", {"error": _told(error)})

    def fault(self, error: BaseException) -> None:
        """Writes down that the harness failed: nothing can be said of this case."""
        self._begin(self._latest)
        self.note("fault", {"error": _told(error)})

    def end(self) -> tuple[Line, ...]:
        """Ends the case and gives its whole journal."""
        if self._begun is None:
            self.fault(HarnessError("no step of the case says when it is"))
        self.note("case_ended", {})
        return tuple(journal.merge((self.scene.lines(), self._lines)))

    def _begin(self, at: Instant) -> None:
        if self._begun is None:
            self._begun = at
            bound = {"challenge": self._challenge} if self._challenge else {}
            self.note("case_begun", {"tag": self._tag, "title": self._title} | bound)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"

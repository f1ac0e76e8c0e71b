"""The stage: where a case is played and written down.

Given and When steps say `stage.at`, `stage.given` or `stage.do`; Then steps say `stage.expect` and judge
nothing. Behind the seam `Adapter` stands the implementation under test, with the harness playing whatever
the implementation is not. An adapter answers nothing: what it observes becomes journal lines, and the
stage's own lines (node `stage`) are merged with them. A verdict rests on that journal alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, Protocol

import msgspec

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant, iso
from sim.base.journal import Data, Line
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister

NODE: Final = "stage"
PRIVATE: Final = frozenset({"card_number", "card_number_before", "new_address"})
"""Fields of commands that say too much of a person for a journal."""

Command = FileFiling | ConfirmNotices | ExtendPeriod | OpenRegister | OpenMinistry
"""What a step can have done: a person files, a clerk confirms, the agency decides, somebody is registered."""


class Adapter(Protocol):
    """The seam to an implementation under test and to the harness around it."""

    def reset(self, at: Instant) -> None:
        """A fresh implementation, as if nothing had ever happened, at an instant."""
        ...

    def clock(self) -> Instant:
        """What time it is there."""
        ...

    def advance(self, until: Instant) -> None:
        """Lets time pass; everything due before `until` happens."""
        ...

    def do(self, command: Command, id: str) -> None:
        """Has a command carried out. `id` is that of the journal line that will tell of it: key and cause.

        Raises:
            Breach: the implementation cannot be gone on with.
            HarnessError: our fault, or the environment's.
        """
        ...

    def lines(self) -> Iterable[Line]:
        """All that was observed since `reset`, by (at, node, n)."""
        ...


class Stage:
    """One case, from its first instant to its journal."""

    def __init__(self, case: str, adapter: Adapter, *, tag: str = "", title: str = "") -> None:
        self.case = case
        self._tag = tag or case
        self._title = title
        self._adapter = adapter
        self._lines: list[Line] = []
        self._begun = False
        self._visits = 0

    @property
    def now(self) -> Instant:
        """What time it is on the stage."""
        return self._adapter.clock()

    def at(self, when: Instant) -> None:
        """Goes to an instant. The first one begins the case.

        Raises:
            HarnessError: the instant lies in the past.
        """
        if not self._begun:
            self._adapter.reset(when)
            self._begin()
        elif when < self.now:
            raise HarnessError("a step goes back in time", expected=iso(self.now), received=iso(when))
        else:
            self._adapter.advance(when)

    def visit(self) -> str:
        """A name for the next visit to the counter: what its filing carries as its case."""
        self._visits += 1
        return f"{self.case}/{self._visits}"

    def given(self, **facts: object) -> None:
        """Writes down what is supposed."""
        self._note("given", facts)

    def do(self, command: Command) -> None:
        """Has a command carried out, then writes down that it was."""
        self._started()
        self._adapter.do(command, f"{NODE}#{len(self._lines) + 1}")
        self._note("did", {"command": type(command).__name__, **pseudonymous(command)})

    def expect(self, check: str, **params: object) -> None:
        """Writes down what the journal must show."""
        self._note("expect", {"check": check, "params": params})

    def breach(self, error: Exception) -> None:
        """Writes down that the implementation broke a rule in a way that ends the case."""
        self._note("breach", {"error": _told(error)})

    def fault(self, error: BaseException) -> None:
        """Writes down that the harness failed: nothing can be said of this case."""
        if not self._begun:
            self._begin()
        self._note("fault", {"error": _told(error)})

    def end(self) -> tuple[Line, ...]:
        """Ends the case and gives its whole journal."""
        if not self._begun:
            self.fault(HarnessError("no step of the case says when it is"))
        self._note("case_ended", {})
        return tuple(journal.merge((self._adapter.lines(), self._lines)))

    def _begin(self) -> None:
        self._begun = True
        self._note("case_begun", {"tag": self._tag, "title": self._title})

    def _started(self) -> None:
        if not self._begun:
            raise HarnessError("a case must begin with a step that says when it is", where=self.case)

    def _note(self, kind: str, data: Data) -> None:
        self._started()
        n = len(self._lines) + 1
        self._lines.append(Line(journal.VERSION, NODE, n, self.now, kind, "", self.case, "", data))


def pseudonymous(command: Command) -> Data:
    """A command as journal data: of a person only the pseudonym."""
    data: Data = {}
    for field in command.__struct_fields__:
        value: Any = getattr(command, field)
        if isinstance(value, Person):
            data[field] = value.ref
        elif isinstance(value, date):
            data[field] = value.isoformat()
        elif isinstance(value, tuple):  # residents, or (card number, pseudonym, municipality)
            data[field] = [one.ref if isinstance(one, Person) else one[1] for one in value]
        elif field not in PRIVATE:
            data[field] = msgspec.to_builtins(value)
    return data


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"

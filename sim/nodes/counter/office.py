"""What one office is set up for: each municipality decides for each office (seed 000, lines 112 to 220).

An office that takes filings of foreign residents does all that they set off, or it takes none (S0-019,
S0-020, S0-057): there is one switch and nothing between. Who reads cards and endorses them was trained for
it (S0-050); temporary staff may do some things and only for a time (S0-060).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.base.journal import Data
from sim.base.node import NodeId
from sim.nodes.counter.warning import WORDS


class OfficeKind(StrEnum):
    """本庁舎, and 支所・出張所."""

    MAIN = "main_office"
    BRANCH = "branch_office"


class Role(StrEnum):
    """What a clerk's account may do."""

    FILING = "filing"
    """Take filings and decide on them."""
    CARD_READING = "card_reading"
    """Work the card terminal; needs training."""
    ENDORSEMENT = "endorsement"
    """Endorse cards; needs training."""


NEEDS_TRAINING: Final = frozenset({Role.CARD_READING, Role.ENDORSEMENT})
"""Roles that are given only to who has a record of training: seed 000, line 200."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk's account. `trained_on`, `trained_until`: from when to when the training counts (None: never;
    for good). `until`: last day of the account (None: for good).

    Raises:
        UsageError: temporary staff without an end, or with every role.
    """

    id: str
    roles: tuple[Role, ...] = tuple(Role)
    trained_on: date | None = None
    trained_until: date | None = None
    temporary: bool = False
    until: date | None = None

    def __post_init__(self) -> None:
        if self.temporary and (self.until is None or set(self.roles) == set(Role)):
            raise UsageError(
                "a temporary clerk's account has an end and not every role",
                expected="`until`, and some of " + ", ".join(Role),
                received=f"until={self.until}, roles={', '.join(self.roles)}",
                where=f"sim.nodes.counter.Clerk, {self.id}",
                remedy="give the last day of the post, and leave roles out",
            )

    def may(self, role: Role, day: date) -> bool:
        """Whether the clerk has the role on the day.

        Source: seed 000, lines 200 (training) and 211 (temporary staff).
        """
        if role not in self.roles or (self.until is not None and day > self.until):
            return False
        if role not in NEEDS_TRAINING:
            return True
        if self.trained_on is None or day < self.trained_on:
            return False
        return self.trained_until is None or day <= self.trained_until

    def may_all(self, needs: frozenset[Role], day: date) -> bool:
        """Whether the clerk can serve a visit with these needs."""
        return all(self.may(role, day) for role in needs)


@dataclass(frozen=True, slots=True)
class Office:
    """One office (本庁舎, 支所・出張所) of a municipality.

    `accepts_foreign_filings`: the switch; when off, people are referred to the office `refers_to`. `windows`:
    how many visits are served at once (None: as many as there are clerks, or any number without clerks).
    `clerks`: empty when staff is no matter here. `cards`: the node of the card terminal; None: facts of cards
    are declared. `languages`: those in which warnings are given, of `warning.WORDS`. `maintenance`: how the
    devices are kept in order (S0-056).

    Raises:
        UsageError: it closes before it opens, refers nowhere, has no window, two clerks of one id, or a
            language that nobody wrote a warning in.
    """

    id: str = "main_office"
    name: str = "本庁舎"
    kind: OfficeKind = OfficeKind.MAIN
    accepts_foreign_filings: bool = True
    refers_to: str = ""
    opens: time = time(8, 30)
    closes: time = time(17, 15)
    windows: int | None = None
    clerks: tuple[Clerk, ...] = ()
    cards: NodeId | None = None
    languages: tuple[str, ...] = ("ja",)
    maintenance: str = ""

    def __post_init__(self) -> None:
        ids = [clerk.id for clerk in self.clerks]
        unknown = [one for one in self.languages if one not in WORDS]
        near = nearest(unknown[0], WORDS) if unknown else None
        language = f"{unknown[0]} (did you mean {near}?)" if near else ", ".join(unknown) or "no language"
        refers = self.refers_to not in ("", self.id)
        faults = (
            (self.opens >= self.closes, "opens before it closes", f"{self.opens} to {self.closes}"),
            (
                not self.accepts_foreign_filings and not refers,
                "refers people to another office when it takes no filings of theirs",
                self.refers_to or "nowhere",
            ),
            (
                self.windows is not None and self.windows < 1,
                "has at least one window",
                f"{self.windows} windows",
            ),
            (len(set(ids)) != len(ids), "knows each clerk by an id of its own", ", ".join(ids)),
            (bool(unknown) or not self.languages, f"warns in one or more of {', '.join(WORDS)}", language),
        )
        for broken, expected, received in faults:
            if broken:
                raise UsageError(
                    "an office cannot be set up so",
                    expected=f"one that {expected}",
                    received=received,
                    where=f"sim.nodes.counter.Office, {self.id}",
                    remedy="correct this office in the scenario",
                )

    @property
    def capacity(self) -> int | None:
        """How many visits can be served at once; None without a limit."""
        return self.windows if self.windows is not None else len(self.clerks) or None

    def can_ever(self, needs: frozenset[Role], day: date) -> bool:
        """Whether anybody here can serve a visit with these needs on the day."""
        return not self.clerks or not needs or any(clerk.may_all(needs, day) for clerk in self.clerks)

    def shortcomings(self, day: date) -> list[str]:
        """What is missing for what the office takes on, as codes; nothing where it takes nothing on.

        Source: seed 000, lines 122 (card terminal), 200 (training), 209 (languages at branches), 219
        (maintenance).
        """
        if not self.accepts_foreign_filings:
            return []
        found = {
            "no_card_terminal": self.cards is None,
            "nobody_trained": not self.can_ever(frozenset(Role), day),
            "no_maintenance_method": not self.maintenance,
            "japanese_only": self.kind is OfficeKind.BRANCH and self.languages == ("ja",),
        }
        return [code for code, missing in found.items() if missing]

    def told(self, day: date) -> Data:
        """How the office is set up, for the journal."""
        return {
            "office": self.id,
            "kind": str(self.kind),
            "accepts_foreign_filings": self.accepts_foreign_filings,
            "referred_to": self.refers_to,
            "opens": self.opens.isoformat("minutes"),
            "closes": self.closes.isoformat("minutes"),
            "windows": self.capacity,
            "clerks": len(self.clerks),
            "temporary": sum(clerk.temporary for clerk in self.clerks),
            "terminal": self.cards or "",
            "languages": list(self.languages),
            "maintenance": self.maintenance,
            "shortcomings": self.shortcomings(day),
        }


MAIN_OFFICE: Final = Office()
"""A main office without a queue, whose cards are as declared."""

"""Small journals of an exchange terminal, and what a check finds in them."""

from __future__ import annotations

from datetime import date
from typing import Any

from conformance.checks import BY_ROLE
from conformance.evidence import Case
from conformance.verdicts import Finding
from sim.base import journal
from sim.base.instant import HOUR, Instant, instant
from sim.base.journal import Line

CHECKS = BY_ROLE["exchange-terminal"]
Row = tuple[str, dict[str, Any]]
NOON = Instant(instant(date(2026, 6, 3)) + 12 * HOUR)


def lines_of(*rows: Row) -> list[Line]:
    """Lines from noon of 2026-06-03 on; `person`, `cause`, `hours` in the data are the line's."""
    return [
        Line(
            journal.VERSION,
            "stage",
            n,
            Instant(NOON + data.get("hours", 0) * HOUR + n),
            kind,
            str(data.get("cause", "")),
            "T/1",
            str(data.get("person", "")),
            {key: value for key, value in data.items() if key not in ("person", "cause", "hours")},
        )
        for n, (kind, data) in enumerate(rows, start=1)
    ]


def found(name: str, /, *rows: Row, **params: Any) -> list[Finding]:
    """What a check finds in these lines."""
    check = CHECKS[name]
    return list(check(Case(lines_of(*rows), check.reads), **params))


def sent(number: int = 1, **data: Any) -> Row:
    """A file that the terminal sent."""
    stem = data.pop("stem", f"131041-ISA-01-{number:08d}")
    header = {
        "business": data.pop("business", "01"),
        "sequence": number,
        "created_at": data.pop("created_at", NOON + 6 * HOUR),
        "profile": data.pop("profile", "renkei-open/1"),
    }
    told = {"batch": stem.partition(".")[0], "stem": stem, "file": f"{stem}.csv", "digest": f"d{stem}"}
    return "file_sent", {"header": header, "findings": [], "manner": "line", **told, **data}


def record(kind: str = "record_sent", number: str = "131041-00000001", **data: Any) -> Row:
    """A record about KO, in a file or handed over."""
    items = {"record_id": number, "person_ref": "KO", "name": "TEST KO", **data.pop("items", {})}
    told = {"kind": "municipality_notice", "person": "KO", "batch": "131041-ISA-01-00000001"}
    return kind, {**told, "business": "01", "items": items, **data}


def fetched(number: str = "ISA-00000001", **data: Any) -> Row:
    """A record that was handed to the register."""
    told = {"kind": "agency_notice", "record_id": number, "reason": "period_extended", "person": "KO"}
    return "record_fetched", {**told, "batch": "ISA-131041-01-00000001", **data}


def came(**data: Any) -> Row:
    """A file that came down."""
    told = {"file": "ISA-131041-01-00000001.csv", "batch": "", "refused": "", "spoilt": ""}
    return "file_delivered", {**told, "peer": "ministry", "manner": "line", **data}


def done(op: str = "view", act: int = 1, **data: Any) -> Row:
    """Something that was done at the console."""
    return "console_done", {"act": act, "op": op, "accepted": True, "reason": "", **data}


def entry(n: int, what: str, **data: Any) -> Row:
    """An entry of the log, as it was seen."""
    told = {"look": 1, "n": n, "at": NOON, "what": what, "operator": "ito", "session": 1, "subject": ""}
    return "audit_seen", {**told, "hash": "", **data}


def incident(kind: str, about: str) -> Row:
    """Something that was written down for those responsible for security."""
    return "incident_seen", {"look": 1, "kind": kind, "subject": about}

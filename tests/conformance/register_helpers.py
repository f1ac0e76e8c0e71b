"""Small journals of register and exchange, and what a check finds in them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from conformance.checks import BY_ROLE
from conformance.evidence import Case
from conformance.verdicts import Finding
from sim.base import journal
from sim.base.instant import HOUR, Instant, instant
from sim.base.journal import Line

CHECKS = BY_ROLE["municipal-system"]
Row = tuple[str, dict[str, Any]]
FIRST = date(2026, 6, 3)


def lines_of(*rows: Row) -> list[Line]:
    """Lines at noon of 2026-06-03 and on; `day`, `subject`, `visit`, `cause` in the data are the line's."""
    return [
        Line(
            journal.VERSION,
            "stage",
            n,
            Instant(instant(FIRST + timedelta(days=data.get("day", 0))) + 12 * HOUR + n),
            kind,
            str(data.get("cause", "")),
            str(data.get("visit", "C/1")),
            str(data.get("subject", "")),
            {key: value for key, value in data.items() if key not in ("day", "subject", "cause")},
        )
        for n, (kind, data) in enumerate(rows, start=1)
    ]


def found(name: str, /, *rows: Row, **params: Any) -> list[Finding]:
    check = CHECKS[name]
    return list(check(Case(lines_of(*rows), check.reads), **params))


def batch(number: int = 1, **data: Any) -> Row:
    """A file that was sent."""
    name = data.pop("batch", f"131041-ISA-01-{number:08d}")
    made = instant(FIRST) + 11 * HOUR
    header = {
        "business": data.pop("business", "01"),
        "sequence": number,
        "created_at": data.pop("created_at", made),
    }
    told = {"batch": name, "stem": name, "file": f"{name}.csv", "digest": f"d{number}", "findings": []}
    return "batch_sent", {"header": header, **told, **data}


def notice(number: str = "R1", **data: Any) -> Row:
    """A municipality notice about KO, in the file of line 1 unless told otherwise."""
    told = {
        "kind": "municipality_notice",
        "record_id": number,
        "person_ref": "KO",
        "subject": "KO",
        "cause": "stage#1",
        "action": "made",
        "reason": "moving_in",
        "event_date": "2026-06-01",
        "filed_date": "2026-06-03",
        "cancels": "",
    }
    return "record_sent", told | data


def transmission(number: str = "R2", **data: Any) -> Row:
    """A transmission of the same filing."""
    told = {
        "kind": "municipality_transmission",
        "action": None,
        "reason": None,
        "article": "immi.19-9-1",
        "birth_date": "1990-01-02",
        "card_number": "AB12345678CD",
        "name": "TEST KO",
        "nationality": "VNM",
        "residence": "somewhere",
        "sex": "F",
    }
    return notice(number, **told | data)


def seen(look: int = 1, **data: Any) -> Row:
    """A resident record as an operator saw it."""
    items = {
        "person_class": "mid_long_term_resident",
        "name": "TEST KO",
        "birth_date": "1990-01-02",
        "sex": "F",
        "nationality": "VNM",
        "address": "somewhere",
        "card_number": "AB12345678CD",
        "status": "留学",
        "period_until": "2028-03-31",
    }
    items |= data.pop("items", {})
    return "record_seen", {
        "look": look,
        "subject": "KO",
        "state": "present",
        "history": [],
        "items": {name: text for name, text in items.items() if text},
        **data,
    }


def accepted(number: str, kind: str = "municipality_notice", **data: Any) -> Row:
    return "record_accepted", {"record": number, "kind": kind, "subject": "KO", **data}


def rejected(number: str, code: str, **data: Any) -> Row:
    return "record_rejected", {"record": number, "code": code, **data}

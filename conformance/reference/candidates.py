"""Who is a candidate for revocation, as the reference server tells it: read off the server's journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from conformance.protocol.ministry import CandidateData
from sim.base.journal import Line
from sim.law.kinds import PersonClass
from sim.law.revocation import Excuse, Facts, Ground, assess

LATE: Final = "filed_late"


def candidates_of(
    lines: Iterable[Line], excuses: Mapping[str, str], today: date
) -> tuple[CandidateData, ...]:
    """The candidates in the order in which they were found. `excuses`: what good reason a person claims."""
    found: dict[tuple[str, str], CandidateData] = {}
    for line in lines:
        data = line.data
        start = date.fromisoformat(str(data["start"]))
        known = CandidateData(
            person=line.subject,
            ground=str(data["ground"]),
            start=start,
            last_day=date.fromisoformat(str(data["last_day"])),
            state="candidate",
        )
        if line.kind == "candidate_withdrawn":
            state = "notified_late" if data["why"] == LATE else "withdrawn"
            filed = data["filed_date"]
            day = None if filed is None else date.fromisoformat(str(filed))
            known = known.model_copy(update={"state": state, "filed_date": day})
        elif excuse := excuses.get(line.subject, ""):
            known = known.model_copy(update={"state": _excused(known, excuse, today)})
        found[line.subject, str(start)] = known
    return tuple(found.values())


def _excused(candidate: CandidateData, excuse: str, today: date) -> str:
    facts = Facts(
        person_class=PersonClass.MID_LONG_TERM_RESIDENT,
        ground=Ground(candidate.ground),
        start=candidate.start,
        as_of=today,
        excuse=Excuse(excuse),
    )
    return str(assess(facts).status)

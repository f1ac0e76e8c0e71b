"""What the reference municipality answers of a visit, read off the journals of its nodes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from conformance.protocol import municipal as wire
from sim.base.instant import japan_date
from sim.base.journal import Line
from sim.law.changes import CARD_ITEMS
from sim.law.filing_period import MovingOut, moving_out_handling
from sim.law.kinds import Affair, Filing

STEPS: Final = {
    "identity_confirmed": "identity",
    "authenticity_confirmed": "authenticity",
    "authenticity_failed": "authenticity",
    "filing_accepted": "decision",
    "filing_refused": "decision",
    "card_endorsed": "endorsement",
}
"""The steps of the procedure by the entry that tells of each."""

JAPANESE: Final = "japanese_national"
"""The class of those whom the simulation does not know: it has the register of foreign residents only."""


def answer_of(
    request: wire.FileFilings, lines: Iterable[Line], languages: tuple[str, ...], session: str
) -> wire.FilingsAnswer:
    """All that the counter did in a visit, from the lines that it wrote.

    `languages`: those of the office. `session`: of the counter, for what it did without a line.
    """
    lines = list(lines)
    away = next((line for line in lines if line.kind == "visit_turned_away"), None)
    if away is not None:
        return wire.FilingsAnswer(outcomes=tuple(_referred(filing, away) for filing in request.filings))
    written = {line.subject for line in lines if line.kind == "address_written"}
    filings = {(filing.person.ref, str(filing.filing)): filing for filing in request.filings}
    outcomes = [
        _outcome(line, lines, filings[line.subject, str(line.data["filing"])])
        for line in lines
        if line.kind in ("filing_accepted", "filing_refused")
    ]
    steps = [_step(line) for line in lines if line.kind in STEPS]
    for filing in request.filings:
        if filing.person.person_class == JAPANESE:
            ref = filing.person.ref
            outcomes.append(_national(filing))
            steps += [
                wire.StepDone(step=step, person=ref, office=request.office, session=session, result=result)
                for step, result in (("identity", "without_photo"), ("decision", ""))
            ]
    return wire.FilingsAnswer(
        outcomes=tuple(outcomes),
        steps=tuple(steps),
        endorsements=endorsements_of(lines, written, request.filings),
        duties=tuple(_duty(line, languages) for line in lines if line.kind.startswith("residence_duty_")),
        media=tuple(_medium(line) for line in lines if line.kind == "extract_exported"),
        case_open=any(line.kind == "case_left_open" for line in lines),
    )


def endorsements_of(
    lines: Iterable[Line], written: Iterable[str], filings: Iterable[wire.FilingData]
) -> tuple[wire.EndorsementData, ...]:
    """What was written on cards. `written`: whose chip bears it too. `filings`: those of the visit."""
    addresses = {one.person.ref: one.new_address or one.person.address for one in filings}
    return tuple(
        wire.EndorsementData(
            person=line.subject,
            office=line.data["office"],
            filed_date=line.data["filed_date"],
            address=addresses[line.subject],
            official_mark=True,
            written_to_chip=line.subject in written,
        )
        for line in lines
        if line.kind == "card_endorsed"
    )


def too_late(filing: wire.FilingData, today: date) -> bool:
    """Whether a moving-out is no filing any more (住民記録システム標準仕様書 1.0, 4.1.3.0.1)."""
    if filing.filing != Filing.MOVING_OUT:
        return False
    return moving_out_handling(filing.event_date, today) is MovingOut.EX_OFFICIO


def ex_officio(request: wire.FileFilings, session: str) -> wire.FilingsAnswer:
    """The answer on a moving-out that is recorded by the mayor."""
    one = request.filings[0]
    identity = wire.StepDone(
        step="identity", person=one.person.ref, office=request.office, session=session, result="without_photo"
    )
    outcome = wire.FilingOutcome(person=one.person.ref, filing=one.filing, decision="ex_officio")
    return wire.FilingsAnswer(outcomes=(outcome,), steps=(identity,))


# --- one line each --------------------------------------------------------------------------------------
def _referred(filing: wire.FilingData, away: Line) -> wire.FilingOutcome:
    return wire.FilingOutcome(
        person=filing.person.ref,
        filing=filing.filing,
        decision="referred",
        reason=str(away.data["reason"]),
        referred_to=str(away.data["referred_to"]),
    )


def _national(filing: wire.FilingData) -> wire.FilingOutcome:
    """A Japanese national's filing: one under 住民基本台帳法, and nothing else."""
    return wire.FilingOutcome(
        person=filing.person.ref,
        filing=filing.filing,
        decision="accepted",
        forms=("resident_record_form",),
        affairs=(str(Affair.AUTONOMOUS),),
    )


def _step(line: Line) -> wire.StepDone:
    return wire.StepDone(
        step=STEPS[line.kind],
        person=line.subject,
        office=line.data["office"],
        session=line.data["session"],
        result=str(line.data.get("outcome", line.data.get("manner", ""))),
        terminal=str(line.data.get("terminal", "")),
    )


def _medium(line: Line) -> wire.MediumUse:
    # A medium is sealed at the border of the simulation, before anything is written to it.
    return wire.MediumUse(
        medium=line.data["medium"],
        office=line.data["office"],
        records=line.data["records"],
        encrypted=True,
    )


def _duty(line: Line, languages: tuple[str, ...]) -> wire.DutyData:
    if line.kind == "residence_duty_closed":
        return wire.DutyData(person=line.subject, visit=line.case, state="closed")
    return wire.DutyData(
        person=line.subject,
        visit=line.case,
        state="open",
        article=line.data["article"],
        last_day=line.data["last_day"],
        warned=line.data["warned"],
        revocation_last_day=line.data["revocation_last_day"],
        languages=languages if line.data["warned"] else (),
    )


def _outcome(line: Line, lines: list[Line], filing: wire.FilingData) -> wire.FilingOutcome:
    data = line.data
    if line.kind == "filing_refused":
        return wire.FilingOutcome(
            person=line.subject, filing=data["filing"], decision="refused", reason=data["reason"]
        )
    taken = next(
        (one.data for one in lines if one.kind == "items_taken" and one.subject == line.subject), None
    )
    owed = any(one.kind == "residence_duty_open" and one.subject == line.subject for one in lines)
    direct = data["filing"] == Filing.RESIDENCE_NOTIFICATION
    forms = [*([] if direct else ["resident_record_form"]), *(["residence_form"] if direct or owed else [])]
    offered = data["deemed"] is not None and japan_date(line.at) >= CARD_ITEMS
    return wire.FilingOutcome(
        person=line.subject,
        filing=data["filing"],
        decision="accepted",
        deemed=data["deemed"],
        article=data["transmit_article"],
        last_day=data["last_day"],
        in_time=data["in_time"],
        forms=tuple(forms),
        asked=tuple(taken["asked"]) if taken else (),
        read=tuple(taken["read"]) if taken else (),
        keyed=tuple(taken["keyed"]) if taken else (),
        affairs=tuple(data["affairs"]),
        specified_card=offered if filing.specified_card else None,
        edited=tuple(taken["edited"]) if taken else (),
    )

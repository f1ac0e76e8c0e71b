"""What leaves for the agency: the records, numbered and kept until their result has come.

A record carries every item that its kind has and the register knows. Handing pending records over again
(`again`) repeats them under their numbers: the ministry server takes in a number once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Send, Step
from sim.exchange.codes import Code
from sim.exchange.records import (
    AnyRecord,
    CertificateIssuanceNotice,
    MunicipalityNotice,
    MunicipalityTransmission,
    Result,
    kind_of,
)
from sim.law.kinds import Affair
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import Outbound, Reraise
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import Raised, RegistryState


def record_id(settings: Settings, state: RegistryState) -> str:
    """The number of the next record that leaves."""
    return f"{settings.code}-{state.next_record_number():08d}"


def notice(
    number: str,
    action: str,
    reason: str,
    person: Person,
    event_date: date,
    filed_date: date,
    *,
    previous: str = "",
    following: str = "",
    cancels: str = "",
) -> MunicipalityNotice:
    """The municipality notice (市町村通知) of a changed record. `following`: the address moved out to."""
    return MunicipalityNotice(
        record_id=number,
        person_ref=person.ref,
        cancels=cancels,
        action=action,
        reason=reason,
        event_date=event_date,
        filed_date=filed_date,
        person_class=str(person.person_class),
        name=person.name,
        name_kanji=person.name_kanji,
        alias=person.alias,
        birth_date=person.birth_date,
        sex=person.sex,
        nationality=person.nationality,
        address=person.address,
        previous_address=previous,
        next_address=following,
        became_resident_date=person.became_resident_date,
        status=person.status,
        period=person.period,
        period_until=person.period_until,
        card_number=person.card_number,
        card_kind=person.card_kind,
    )


def transmission(
    number: str,
    article: str,
    deemed: bool,
    person: Person,
    event_date: date,
    filed_date: date,
    *,
    previous: str = "",
    cancels: str = "",
) -> MunicipalityTransmission:
    """The municipality transmission (市町村伝達) of a residence filing; the address is the residence."""
    return MunicipalityTransmission(
        record_id=number,
        person_ref=person.ref,
        cancels=cancels,
        article=article,
        manner="deemed" if deemed else "separate",
        event_date=event_date,
        filed_date=filed_date,
        name=person.name,
        name_kanji=person.name_kanji,
        birth_date=person.birth_date,
        sex=person.sex,
        nationality=person.nationality,
        residence=person.address,
        previous_residence=previous,
        card_number=person.card_number,
        card_kind=person.card_kind,
    )


def kept(
    settings: Settings, state: RegistryState, record: AnyRecord, case: str, ref: str, law: str, now: Instant
) -> Entry:
    """Keeps a record until its result has come, and gives the entry that tells of it. `law`: its class."""
    kind = kind_of(record)
    state.await_result(record.record_id, Raised(kind, case, ref, now, record))
    data: Data = {
        "record": record.record_id,
        "kind": kind,
        "business": settings.profile.layouts[kind].business,
        "class": law,
    }
    match record:
        case MunicipalityNotice():
            data |= _days(record.event_date, record.filed_date) | {"action": record.action}
        case MunicipalityTransmission():
            data |= _days(record.event_date, record.filed_date)
            # Deemed or separate, a residence notification is the State's work (`sim.law.classing.affairs`).
            data |= {"article": record.article, "manner": record.manner, "affair": str(Affair.DELEGATED)}
        case CertificateIssuanceNotice():
            data |= _days(record.issued_date, record.issued_date)
        case _:
            raise HarnessError(f"the register does not raise a record of kind {kind}", where=record.record_id)
    if not isinstance(record, CertificateIssuanceNotice) and record.cancels:
        data["cancels"] = record.cancels
    return Entry("record_raised", case, ref, data)


def _days(event_date: date, filed_date: date) -> Data:
    return {"event_date": event_date.isoformat(), "filed_date": filed_date.isoformat()}


def outbound(settings: Settings, records: Sequence[AnyRecord]) -> tuple[Send, ...]:
    """The records on their way to the terminal; nothing when there are none."""
    return (Send(settings.link, Outbound(tuple(records))),) if records else ()


def settle(state: RegistryState, result: Result) -> Entry:
    """A result came back: its record waits no longer."""
    raised = state.awaited(result.answers)
    if raised is None:
        data: Data = {"code": Code.UNKNOWN_ANSWER, "outcome": result.outcome}
        return Entry("result_unexpected", "", result.answers, data)
    state.settle(result)
    data = {"record": result.answers, "kind": raised.kind, "outcome": result.outcome}
    if not result.accepted:
        data |= {"code": result.code, "field": result.field, "reason": result.reason}
    return Entry("result_applied", raised.case, raised.subject, data)


def again(settings: Settings, state: RegistryState, body: Reraise) -> Step:
    """Hands over once more what left since the instant and has no result, in the order in which it left.

    With it go the answers to the agency notices that the request names, as far as a clerk gave them: an
    answer has no result of its own, so only the other side knows which it still awaits. The numbers are those
    of the first time, by which the ministry server tells a repetition from a new record. A request with a
    name is answered in any case: whoever asks waits for it.
    """
    awaited = (raised for raised in state.all_awaited() if raised.at >= body.since)
    pending: list[AnyRecord] = [raised.record for raised in awaited if raised.record is not None]
    pending += [result for name in body.answers if (result := state.answer_to(name)) is not None]
    pending.sort(key=lambda record: record.record_id)
    if not pending and not body.ask:
        return Step(Reply(False, "nothing_pending"))
    entry = Entry("records_reraised", data={"since": body.since, "records": len(pending)})
    return Step(sends=(Send(settings.link, Outbound(tuple(pending), body.ask)),), entries=(entry,))

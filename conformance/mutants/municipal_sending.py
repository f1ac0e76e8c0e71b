"""Mutants of what a municipal system sends to the agency: too much, too little, something else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import otherwise, raising, records
from conformance.mutants.shape import Mutant
from sim.base.instant import Instant
from sim.base.node import Event, Node, Send, Step
from sim.exchange.records import (
    AnyRecord,
    CertificateIssuanceNotice,
    MunicipalityNotice,
    MunicipalityTransmission,
    kind_of,
)
from sim.law.kinds import Filing
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import CancelRevision, ChangeRecord, Outbound
from sim.nodes.registry import raising as made

_EXTRA: Final = "131041-X"


def _notice(person: Person, action: str, reason: str, event: date, filed: date) -> MunicipalityNotice:
    """A notice that should not be; its number follows from what it is about."""
    number = f"{_EXTRA}-{person.ref}-{event:%Y%m%d}"
    return made.notice(number, action, reason, person, event, filed)


# --- what is sent and should not be ---------------------------------------------------------------------
def _of_household(state: Any, event: Event, step: Step) -> tuple[AnyRecord, ...]:
    body = event.body
    if not isinstance(body, Revise) or body.filing not in (
        Filing.HOUSEHOLD_CHANGE,
        Filing.RELATIONSHIP_CHANGE,
    ):
        return ()
    return (_notice(body.person, "corrected", "ex_officio", body.event_date, body.filed_date),)


def _of_provisional(state: Any, event: Event, step: Step) -> tuple[AnyRecord, ...]:
    body = event.body
    if not isinstance(body, ChangeRecord) or not body.provisional:
        return ()
    return (_notice(body.person, "corrected", "ex_officio", body.event_date, body.filed_date),)


def _of_plan(state: Any, event: Event, step: Step) -> tuple[AnyRecord, ...]:
    body = event.body
    if not isinstance(body, Revise) or not any(one.kind == "removal_planned" for one in step.entries):
        return ()
    return (_notice(body.person, "removed", "moving_out", body.event_date, body.filed_date),)


def _of_agency(state: Any, event: Event, step: Step) -> tuple[AnyRecord, ...]:
    """Tells the agency of what the agency told."""
    told = []
    for entry in step.entries:
        if entry.kind == "notice_confirmed":
            person = state.resident(entry.subject) or state.removed(entry.subject)
            action = "corrected" if state.resident(entry.subject) else "removed"
            day = date.fromisoformat(str(entry.data["confirmed_date"]))
            told.append(_notice(person, action, "ex_officio", day, day))
    return tuple(told)


# --- what is sent otherwise -----------------------------------------------------------------------------
def _changing(kind: type[AnyRecord], **items: Any) -> Any:
    """Changes items of the records of a kind: a value, or a function of the record."""

    def change(record: AnyRecord) -> AnyRecord:
        if not isinstance(record, kind):
            return record
        given = {name: value(record) if callable(value) else value for name, value in items.items()}
        return msgspec.structs.replace(record, **given)

    return records(change)


def _losing(lost: Any) -> Any:
    """Loses the records for which `lost` holds."""
    return records(lambda record: None if lost(record) else record)


def _only_transmission(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """Where both Acts are concerned, only the transmission goes out."""
    step = node.step(state, event, now)
    sends = []
    for send in step.sends:
        if isinstance(send.body, Outbound) and len(send.body.records) > 1 and isinstance(event.body, Revise):
            kept = [one for one in send.body.records if isinstance(one, MunicipalityTransmission)]
            sends.append(Send(send.to, Outbound(tuple(kept or send.body.records))))
        else:
            sends.append(send)
    return msgspec.structs.replace(step, sends=tuple(sends))


def _taking_back_silently(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = node.step(state, event, now)
    return msgspec.structs.replace(step, sends=()) if isinstance(event.body, CancelRevision) else step


ALL: Final = (
    Mutant(
        "transmit-only",
        "住基法と入管法の両方の異動で、市町村伝達だけを送る",
        "sends only the transmission where both Acts are concerned",
        "law_class",
        actors=otherwise("registry", _only_transmission),
    ),
    Mutant(
        "notify-household",
        "世帯や続柄だけの変更も通知する",
        "notifies changes of household and relationship",
        "exempt_silent",
        actors=raising(_of_household),
    ),
    Mutant(
        "echo-agency",
        "入管庁通知による異動を入管庁に送り返す",
        "sends back to the agency what came from it",
        "no_echo",
        actors=raising(_of_agency),
    ),
    Mutant(
        "notify-provisional",
        "仮登録の異動を通知する",
        "notifies provisional changes",
        "provisional_silent",
        actors=raising(_of_provisional),
    ),
    Mutant(
        "notify-plan",
        "転出を、届け出た日に通知する",
        "notifies a moving-out on the day of its filing",
        "planned_day",
        actors=raising(_of_plan),
    ),
    Mutant(
        "before-the-system",
        "2012年7月9日の異動を、その前の日のものとして送る",
        "sends an event of 2012-07-09 as one of the day before",
        "first_day",
        actors=_changing(
            MunicipalityNotice,
            event_date=lambda record: min(record.event_date, record.filed_date - timedelta(days=2)),
        ),
    ),
    Mutant(
        "notice-day-of-event",
        "市町村通知の届出の日に異動の日を書く",
        "writes the day of the event as that of the filing in a notice",
        "notice_says",
        actors=_changing(MunicipalityNotice, filed_date=lambda record: record.event_date),
    ),
    Mutant(
        "transmit-day-of-event",
        "市町村伝達の届出の日に異動の日を書く",
        "writes the day of the event as that of the filing in a transmission",
        "transmission_says",
        actors=_changing(MunicipalityTransmission, filed_date=lambda record: record.event_date),
    ),
    Mutant(
        "forget-certificate-before",
        "証明書の交付の情報に、従前の番号を書かない",
        "does not say which certificate was there before",
        "certificate_says",
        actors=_changing(CertificateIssuanceNotice, certificate_number_before=""),
    ),
    Mutant(
        "fold-kanji",
        "氏名の漢字を、似た字に置き換えて送る",
        "sends another character in place of a rare one",
        "standard_kanji",
        actors=_changing(
            MunicipalityNotice, name_kanji=lambda record: record.name_kanji.replace("\U00020bb7", "吉")
        ),
    ),
    Mutant(
        "link-forgets",
        "庁内の連携で、従前の住所が落ちる",
        "loses the former address between register and terminal",
        "link_same",
        actors=records(
            lambda record: (
                msgspec.structs.replace(record, previous_address="")
                if isinstance(record, MunicipalityNotice)
                else record
            ),
            "link",
        ),
    ),
    Mutant(
        "cancel-silently",
        "異動の取消しを入管庁に知らせない",
        "does not tell the agency that a change was taken back",
        "cancel_notice",
        actors=otherwise("registry", _taking_back_silently),
    ),
    Mutant(
        "forget-moving-within",
        "転居の市町村通知を送らない",
        "does not notify a move within the municipality",
        "arrived",
        actors=_losing(lambda record: getattr(record, "reason", "") == "moving_within"),
    ),
    Mutant(
        "forget-moving-out",
        "転出の市町村通知を送らない",
        "does not notify a moving-out",
        "same_day_moves",
        actors=_losing(lambda record: getattr(record, "reason", "") == "moving_out"),
    ),
    Mutant(
        "forget-correction",
        "職権修正の市町村通知を送らない",
        "does not notify corrections",
        "corrected_sent",
        actors=_losing(lambda record: getattr(record, "reason", "") == "ex_officio"),
    ),
    Mutant(
        "forget-certificate",
        "証明書の交付を知らせない",
        "does not tell that a certificate was handed over",
        "sent",
        actors=_losing(lambda record: kind_of(record) == "certificate_issuance_notice"),
    ),
)

"""Whatever the register raises, the validator of the exchange has nothing to find in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base.instant import instant
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import AnyRecord, MunicipalityNotice, MunicipalityTransmission, kind_of
from sim.law.classing import goes_out, governing
from sim.law.deeming import DUTIES, MATRIX
from sim.law.kinds import Filing, History, PersonClass
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    HandOverCertificate,
    IssueCopy,
    RecordAbode,
    ShownCard,
)
from sim.nodes.registry import GROUNDS
from sim.nodes.registry.changes import BEGINS_TRANSITIONAL
from tests.nodes.registry.desk import DAY, NEWEST, checked, child, notices, person, register, sent

CARDS = st.from_regex(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", fullmatch=True)
LATIN = st.from_regex(r"[A-Z]{1,12} [A-Z]{1,12}", fullmatch=True)
TEXT = st.text(st.sampled_from("東京都新宿区大久保百人町1234567890丁目番号金李阮"), min_size=1, max_size=40)
DAYS = st.dates(date(2018, 1, 1), DAY)


@st.composite
def people(draw: st.DrawFn, person_class: PersonClass) -> Person:
    """Somebody of the class, with every item or only with those that the class must have."""
    full = draw(st.booleans())
    values: dict[str, Any] = {
        "person_class": person_class,
        "name": draw(LATIN),
        "birth_date": draw(st.dates(date(1930, 1, 1), date(2019, 4, 1))),
        "sex": draw(st.sampled_from(["F", "M", "X"])),
        "nationality": draw(st.sampled_from(["VNM", "KOR", "CHN", "TWN"])),
        "address": draw(TEXT),
        "card_number": draw(CARDS),
        "status": draw(st.sampled_from(["留学", "永住者", "技能"])),
        "period_until": draw(st.dates(DAY, date(2026, 1, 1))),
        "became_resident_date": draw(DAYS),
    }
    if full:
        values |= {"name_kanji": draw(TEXT), "alias": draw(TEXT), "period": "3年", "card_kind": "ordinary"}
    if person_class not in (PersonClass.MID_LONG_TERM_RESIDENT, PersonClass.SPECIAL_PERMANENT_RESIDENT):
        values |= {"card_number": "", "status": "", "card_kind": ""}
    if person_class is PersonClass.TRANSITIONAL_STAY:
        return child(1, born=values["birth_date"], name=values["name"], address=values["address"])
    return person(1, **values)


@st.composite
def filings(draw: st.DrawFn) -> tuple[Revise, bool]:
    """A filing as a counter accepts it, and whether the person must be recorded already."""
    person_class = draw(st.sampled_from(list(PersonClass)))
    kind = draw(st.sampled_from(list(Filing)))
    history = draw(st.sampled_from(list(History)))
    who = draw(people(person_class))
    cell = MATRIX.get((person_class, history, kind))
    duty = DUTIES.get((person_class, history))
    direct = kind is Filing.RESIDENCE_NOTIFICATION and duty is not None
    deemed = cell is not None and draw(st.booleans())
    article = (duty or "") if direct else (cell.clause if deemed and cell is not None else "")
    event = draw(DAYS)
    revise = Revise(
        case="C1",
        filing=kind,
        person=who,
        event_date=event,
        filed_date=event + timedelta(days=draw(st.integers(0, (DAY - event).days))),
        new_address=draw(TEXT) if kind is not Filing.MOVING_OUT or draw(st.booleans()) else "",
        governing=str(governing(kind, deemed)),
        transmit_article=article,
        deemed=deemed and not direct,
        no_record=direct and draw(st.booleans()),
        ex_officio=draw(st.booleans()),
    )
    return revise, kind not in (Filing.ENTRY_FROM_ABROAD, Filing.MOVING_IN, Filing.BECAME_RESIDENT_STATUS)


NOW = instant(DAY, 12)


def good(records: list[AnyRecord], profile: Profile) -> None:
    for found in checked(records, NOW, profile):
        assert found.good, [finding.explain(english=True) for finding in found.findings]


@given(drawn=filings(), profile=st.sampled_from(open_profiles()))
def test_whatever_is_filed_the_records_that_leave_are_valid_and_as_the_law_says(
    drawn: tuple[Revise, bool], profile: Profile
) -> None:
    revise, recorded = drawn
    rig = register(*([revise.person] if recorded else []), profile=profile)
    committed = rig.give(revise, NOW)
    assert committed.reply.ok, committed.reply
    records = sent(committed)
    good(records, profile)
    if not revise.no_record:
        told = goes_out(revise.filing, revise.deemed)
        if revise.filing is Filing.RESIDENCE_NOTIFICATION and not revise.transmit_article:
            told = ()
        assert tuple(kind_of(record) for record in records) == told
    cancelled = sent(rig.give(CancelRevision("X1", revise.person.ref, "C1"), NOW))
    good(cancelled, profile)
    assert [record.cancels for record in cancelled] == [  # type: ignore[union-attr]
        record.record_id for record in records
    ]


@pytest.mark.parametrize("ground", sorted(GROUNDS))
@settings(max_examples=20)
@given(draw=st.data())
def test_whatever_the_mayor_changes_the_records_that_leave_are_valid(
    ground: str, draw: st.DataObject
) -> None:
    transitional = ground in BEGINS_TRANSITIONAL
    person_class = (
        PersonClass.TRANSITIONAL_STAY if transitional else draw.draw(st.sampled_from(list(PersonClass)))
    )
    who = draw.draw(people(person_class))
    action, reason = GROUNDS[ground]
    rig = register(*([who] if action != "made" else []))
    items = ("name", "address") if ground == "corrected_ex_officio" else ()
    committed = rig.give(ChangeRecord("C1", ground, who, DAY, DAY, items), NOW)
    assert committed.reply.ok, committed.reply
    (notice,) = notices(committed)
    assert (notice.action, notice.reason) == (action, reason)
    good(sent(committed), NEWEST)
    for alarm in committed.wakes:
        (record,) = sent(rig.ring(alarm))
        for found in checked([record], alarm.at):
            assert found.good


@given(who=people(PersonClass.SPECIAL_PERMANENT_RESIDENT), abode=st.booleans(), new=CARDS)
def test_every_certificate_issuance_notice_is_valid(who: Person, abode: bool, new: str) -> None:
    if new == who.card_number:
        return
    rig = register(*([] if abode else [who]))
    if abode:
        rig.give(RecordAbode("C1", who), NOW)
    committed = rig.give(HandOverCertificate("C2", who.ref, "first_issue", new, date(2026, 1, 1)), NOW)
    assert len(sent(committed)) == 1
    good(sent(committed), NEWEST)


def test_a_correction_by_the_card_is_valid_too() -> None:
    who = person(1)
    rig = register(who, copies="card_based")
    shown = ShownCard("ZZ00000001ZZ", "留学", date(2024, 4, 10), "5年", permitted=date(2019, 4, 8))
    committed = rig.give(IssueCopy("K1", who.ref, shown), NOW)
    (notice,) = notices(committed)
    assert (notice.event_date, notice.period) == (date(2019, 4, 8), "5年")
    good(sent(committed), NEWEST)


def test_a_record_carries_every_item_that_its_kind_has_and_the_register_knows() -> None:
    who = person(
        1, name_kanji="阮文安", alias="大久保 安", card_kind="specified", address="大阪府大阪市北区梅田1番"
    )
    rig = register()
    event = date(2019, 4, 9)
    revise = Revise("C1", Filing.MOVING_IN, who, event, DAY, "新居", "住基法・入管法", "immi.19-9-1", True)
    notice, transmission = sent(rig.give(revise, NOW))
    assert notice == MunicipalityNotice(
        record_id="131041-00000001",
        person_ref=who.ref,
        action="made",
        reason="moving_in",
        event_date=event,
        filed_date=DAY,
        person_class="mid_long_term_resident",
        name=who.name,
        name_kanji="阮文安",
        alias="大久保 安",
        birth_date=who.birth_date,
        sex="F",
        nationality="VNM",
        address="新居",
        previous_address="大阪府大阪市北区梅田1番",
        became_resident_date=who.became_resident_date,
        status="留学",
        period="1年",
        period_until=who.period_until,
        card_number=who.card_number,
        card_kind="specified",
    )
    assert transmission == MunicipalityTransmission(
        record_id="131041-00000002",
        person_ref=who.ref,
        article="immi.19-9-1",
        manner="deemed",
        event_date=event,
        filed_date=DAY,
        name=who.name,
        name_kanji="阮文安",
        birth_date=who.birth_date,
        sex="F",
        nationality="VNM",
        residence="新居",
        previous_residence="大阪府大阪市北区梅田1番",
        card_number=who.card_number,
        card_kind="specified",
    )


def test_the_day_of_becoming_a_resident_is_that_of_the_entry_and_is_brought_along_by_a_move() -> None:
    unknown = person(1, became_resident_date=None)
    rig = register()
    body = Revise("C1", Filing.ENTRY_FROM_ABROAD, unknown, date(2019, 4, 9), DAY, "新居", "住基法")
    assert notices(rig.give(body, NOW))[0].became_resident_date == date(2019, 4, 9)
    body = Revise("C1", Filing.MOVING_IN, person(2), date(2019, 4, 9), DAY, "新居", "住基法")
    assert notices(rig.give(body, NOW))[0].became_resident_date == date(2018, 10, 1)

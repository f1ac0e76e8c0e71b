"""From the counter to the records that leave: whose work a filing is, which article it stands under."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import instant
from sim.base.journal import Line
from sim.exchange import batch as batches
from sim.exchange.batch import UP
from sim.exchange.records import AnyRecord, MunicipalityNotice, MunicipalityTransmission
from sim.law.filers import Tie
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.counter import CounterState, Office
from sim.nodes.counter.node import Counter
from sim.nodes.messages.counter import FileFiling, Revise
from sim.nodes.messages.people import Person, Visitor
from sim.nodes.messages.registry import OpenRegister, Outbound
from sim.nodes.registry import Registry, RegistryState
from tests.drivers.story import AT, CODE, filing
from tests.exchange.samples import PROFILE, header
from tests.nodes.counter.shift import CARDS, Shift
from tests.nodes.registry.desk import person
from tests.nodes.rig import Rig

EVENT = date(2019, 4, 16)
FILED = date(2019, 4, 18)
NOW = instant(FILED, 10)
MLT, SPR = PersonClass.MID_LONG_TERM_RESIDENT, PersonClass.SPECIAL_PERMANENT_RESIDENT
OWN, STATES = "autonomous_affair", "delegated_affair"
MOVES = (Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD, Filing.BECAME_RESIDENT_STATUS)


class City:
    """A counter and the register behind it, with one person who is in the register or not."""

    def __init__(self, who: Person, *, recorded: bool) -> None:
        self.counter = Rig(AT.counter, Counter(AT.counter, AT.registry), CounterState)
        self.registry = Rig(AT.registry, Registry(AT.registry, CODE, AT.link, PROFILE), RegistryState)
        self.registry.give(OpenRegister((who,) if recorded else ()), instant(date(2019, 4, 1)))

    def file(self, form: FileFiling) -> list[AnyRecord]:
        """What leaves for the agency after the filing."""
        left: list[AnyRecord] = []
        for send in self.counter.give(form, NOW).sends:
            assert isinstance(send.body, Revise)
            for out in self.registry.give(send.body, NOW).sends:
                if isinstance(out.body, Outbound):
                    left += out.body.records
        return left

    def accepted(self) -> Line:
        return self.counter.last("filing_accepted")

    def raised(self) -> list[Line]:
        return [line for line in self.registry.store.journal() if line.kind == "record_raised"]


def city(
    kind: Filing,
    who: Person,
    history: History = History.RESIDENCE_ON_CARD,
    card: CardState = CardState.PRESENTED,
) -> tuple[City, list[AnyRecord]]:
    one = City(who, recorded=kind in (Filing.MOVING_WITHIN, Filing.MOVING_OUT, Filing.RESIDENCE_NOTIFICATION))
    return one, one.file(filing("C", who, kind, EVENT, card, history=history))


def of_class(person_class: PersonClass) -> Person:
    if person_class is MLT:
        return person(1, became_resident_date=EVENT)
    return person(
        1, person_class=person_class, status="特別永住者", period="", period_until=None, nationality="KOR"
    )


# --- whose work it is -----------------------------------------------------------------------------------
def test_one_act_makes_a_record_of_the_municipalitys_own_work_and_one_of_the_states_beside_it() -> None:
    """S0-001, S0-008: 転入届 is 自治事務; the residence filed with it is 法定受託事務, apart from it."""
    one, records = city(Filing.MOVING_IN, of_class(MLT))
    assert one.accepted().data["affairs"] == [OWN, STATES]
    assert [type(record) for record in records] == [MunicipalityNotice, MunicipalityTransmission]
    assert len({record.record_id for record in records}) == 2
    notice, transmission = one.raised()
    assert (notice.data["business"], transmission.data["business"]) == ("resident_register", "residence")
    assert "affair" not in notice.data
    assert transmission.data["affair"] == STATES


def test_without_the_card_the_filing_is_the_municipalitys_own_work_alone() -> None:
    """S0-001, S0-016: nothing is deemed, so there is no delegated work until the residence is notified."""
    one, records = city(Filing.MOVING_IN, of_class(MLT), card=CardState.ABSENT)
    assert one.accepted().data["affairs"] == [OWN]
    assert [type(record) for record in records] == [MunicipalityNotice]
    assert not [line for line in one.raised() if "affair" in line.data]


def test_a_separate_residence_notification_is_the_states_work_alone() -> None:
    """S0-008."""
    one, records = city(Filing.RESIDENCE_NOTIFICATION, of_class(MLT))
    assert one.accepted().data["affairs"] == [STATES]
    assert [type(record) for record in records] == [MunicipalityTransmission]
    assert [line.data["affair"] for line in one.raised()] == [STATES]


def test_what_somebody_files_who_may_not_notify_is_no_delegated_work_although_the_card_is_there() -> None:
    """S0-001, S0-008: the register filing stands; the notification is not made with it."""
    who = of_class(MLT)
    one = City(who, recorded=False)
    form = filing("C", who, Filing.MOVING_IN, EVENT)
    records = one.file(msgspec.structs.replace(form, by=Visitor(Tie.OTHER_RELATIVE, age=25)))
    assert one.accepted().data["affairs"] == [OWN]
    assert [type(record) for record in records] == [MunicipalityNotice]


def test_moving_out_is_the_municipalitys_own_work() -> None:
    """S0-001."""
    one, _ = city(Filing.MOVING_OUT, of_class(MLT))
    assert one.accepted().data["affairs"] == [OWN]


@given(
    st.sampled_from([MLT, SPR]),
    st.sampled_from(list(History)),
    st.sampled_from([*MOVES, Filing.RESIDENCE_NOTIFICATION]),
    st.sampled_from([CardState.PRESENTED, CardState.ABSENT]),
)
def test_statistics_can_tell_delegated_work_apart_by_the_journal_alone(
    person_class: PersonClass, history: History, kind: Filing, card: CardState
) -> None:
    """S0-008, S0-009, S0-010: a filing is delegated work exactly when a residence leaves for the agency."""
    who = of_class(person_class)
    one, records = city(kind, who, history, card)
    told = [line.data for line in one.counter.store.journal() if line.kind == "filing_accepted"]
    sent = [record for record in records if isinstance(record, MunicipalityTransmission)]
    assert (STATES in (told[0]["affairs"] if told else [])) == bool(sent)
    acts = "special.10-" if person_class is SPR else "immi.19-"
    assert all(record.article.startswith(acts) for record in sent)
    assert [record.article for record in sent] == [
        line.data["article"] for line in one.raised() if line.data.get("affair") == STATES
    ]


# --- under which article --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("person_class", "history", "kind", "article"),
    [
        (MLT, History.LANDED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD, "immi.19-7-1"),
        (MLT, History.PERMITTED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD, "immi.19-8-1"),
        (MLT, History.PERMITTED_LIVING_HERE, Filing.BECAME_RESIDENT_STATUS, "immi.19-8-1"),
        (MLT, History.RESIDENCE_ON_CARD, Filing.ENTRY_FROM_ABROAD, "immi.19-9-1"),
        (MLT, History.RESIDENCE_ON_CARD, Filing.MOVING_IN, "immi.19-9-1"),
        (MLT, History.RESIDENCE_ON_CARD, Filing.MOVING_WITHIN, "immi.19-9-1"),
        (SPR, History.LANDED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD, "special.10-1"),
        (SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_IN, "special.10-2"),
        (SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_WITHIN, "special.10-2"),
    ],
)
@pytest.mark.parametrize("deemed", [True, False])
def test_each_residence_record_says_under_which_article_it_was_filed_and_when(
    person_class: PersonClass, history: History, kind: Filing, article: str, deemed: bool
) -> None:
    """S0-009, S0-010, S0-016, S3-012: deemed or separate, with the article and the day of the filing."""
    who = of_class(person_class)
    if deemed:
        one, records = city(kind, who, history)
    else:
        one, records = city(Filing.RESIDENCE_NOTIFICATION, who, history)
    transmission = records[-1]
    assert isinstance(transmission, MunicipalityTransmission)
    assert (transmission.article, transmission.manner) == (article, "deemed" if deemed else "separate")
    assert transmission.filed_date == FILED
    assert (transmission.card_number, transmission.residence) == (
        who.card_number,
        "東京都新宿区四谷3丁目2番1号",
    )
    assert one.raised()[-1].data["article"] == article
    if deemed:  # made at once with the register filing, not later
        assert isinstance(records[0], MunicipalityNotice)
        assert records[0].filed_date == transmission.filed_date


# --- what of the chip stands in the record --------------------------------------------------------------
CHIP = (
    ("nationality", "NPL"),
    ("name", "AS THE CHIP HAS IT  O'NEIL"),
    ("sex", "M"),
    ("birth_date", "1988-08-08"),
    ("status", "技能"),
    ("period_of_stay", "3年"),
    ("card_number", "ZZ99999999ZZ"),
)


def through_the_reader(form: FileFiling, extract: tuple[tuple[str, str], ...]) -> Any:
    """What the register is told to write when the counter's reader gives this text."""
    shift = Shift(Office(cards=CARDS), extract=extract)
    shift.give(form)
    (revise,) = shift.revisions
    registry = Rig(AT.registry, Registry(AT.registry, CODE, AT.link, PROFILE), RegistryState)
    registry.give(OpenRegister(()), instant(date(2019, 4, 1)))
    assert registry.give(revise, NOW).reply.ok
    with registry.store.transaction() as transaction:
        record = transaction.state.resident(form.person.ref)
    assert record is not None
    return record


def test_the_record_is_made_of_what_the_chip_says_and_not_of_what_a_form_says() -> None:
    """S0-063: byte for byte, two blanks and an apostrophe included."""
    form = filing("C", person(1), Filing.MOVING_IN, EVENT)
    record = through_the_reader(form, CHIP)
    assert (record.name, record.sex, record.nationality) == ("AS THE CHIP HAS IT  O'NEIL", "M", "NPL")
    assert (record.birth_date, record.status, record.period) == (date(1988, 8, 8), "技能", "3年")
    assert record.card_number == "ZZ99999999ZZ"


def test_what_a_clerk_edits_stands_over_the_chip_and_the_rest_is_the_chips() -> None:
    """S0-063."""
    form = msgspec.structs.replace(
        filing("C", person(1), Filing.MOVING_IN, EVENT), edits=(("name", "CORRECTED"),)
    )
    record = through_the_reader(form, CHIP)
    assert (record.name, record.sex) == ("CORRECTED", "M")


def test_who_moves_within_the_municipality_keeps_the_record_that_there_is() -> None:
    """S0-063: a filing that makes no record takes nothing from the chip into it."""
    shift = Shift(Office(cards=CARDS), extract=CHIP)
    shift.give(filing("C", person(1), Filing.MOVING_WITHIN, EVENT))
    assert shift.revisions[0].person == person(1)


def test_a_chip_that_holds_no_text_leaves_the_form_as_it_is() -> None:
    """S0-064: what it does not hold is keyed."""
    form = filing("C", person(1), Filing.MOVING_IN, EVENT)
    assert through_the_reader(form, ()).name == person(1).name


@pytest.mark.parametrize("name", ["朴美姸", "髙橋𠮷子", "仝山"])
def test_a_kanji_name_goes_from_the_chip_into_the_record_and_out_to_the_agency_without_loss(
    name: str,
) -> None:
    """S0-065: read, stored, and returned, in both forms of a batch."""
    who = person(1, name_kanji="仮")
    extract = tuple((item, name if item == "name" else text) for item, text in CHIP)
    record = through_the_reader(filing("C", who, Filing.MOVING_IN, EVENT), extract)
    assert (record.name_kanji, record.name) == (name, who.name)
    one, records = city(Filing.MOVING_IN, msgspec.structs.replace(record, became_resident_date=EVENT))
    assert len(records) == 2 and one.raised()
    for record_sent in records:
        business = "01" if isinstance(record_sent, MunicipalityNotice) else "02"
        sent = header(1, business=business, direction=UP)
        for form in (batches.CSV, batches.XML):
            decoded = batches.decode(batches.encode(sent, (record_sent,), PROFILE, form), PROFILE)
            assert decoded.batch is not None
            assert decoded.batch.records[0].name_kanji == name  # type: ignore[union-attr]

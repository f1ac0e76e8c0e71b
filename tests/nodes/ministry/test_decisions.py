"""Every act of the agency of which a register must hear, and no notice that the exchange would reject."""

from __future__ import annotations

from datetime import date

import pytest

from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, Header
from sim.exchange.content import day_findings
from sim.exchange.profile import open_profiles
from sim.law.kinds import PersonClass
from sim.nodes.messages.agency import Decide, ExtendPeriod
from sim.nodes.ministry import REMOVING, notice_called
from tests.drivers.story import CODE
from tests.exchange.samples import notice
from tests.nodes.ministry.server import DAY, ELSEWHERE, HERE, NOW, OTHER, Server, notices

NEW = "ZZ00000001ZZ"
BEFORE = HERE.card_number
UNTIL = date(2024, 4, 1)
SPECIAL = PersonClass.SPECIAL_PERMANENT_RESIDENT


def decide(reason: str, **items: object) -> Decide:
    values: dict[str, object] = {"card_number_before": BEFORE} | items
    return Decide("C1", HERE.ref, reason, **values)  # type: ignore[arg-type]


EVERY = [
    decide("name_changed", card_number=NEW, name="NGUYEN THI AN"),  # 19条の10
    decide("birth_date_changed", card_number=NEW, birth_date=date(1991, 1, 1)),
    decide("sex_changed", card_number=NEW, sex="X"),
    decide("nationality_changed", card_number=NEW, nationality="KOR"),
    decide("status_changed", card_number=NEW, status="技術・人文知識・国際業務", period_until=UNTIL),
    decide("period_extended", card_number=NEW, status="留学", period="2年", period_until=UNTIL),
    decide("permanent_residence", card_number=NEW, status="永住者"),
    decide("status_acquired", card_number_before="", card_number=NEW, status="家族滞在", period_until=UNTIL),
    decide("card_reissued", card_number=NEW),  # 19条の12, 19条の13
    decide("name_changed", card_number=NEW, name="KIM SOOJIN", person_class=SPECIAL),  # 特例法
    decide("items_wrong", name_kanji="阮文安"),
    *(decide(reason) for reason in sorted(REMOVING)),
]


def test_every_reason_of_the_profile_is_decided_here() -> None:
    columns = open_profiles()[0].layouts["agency_notice"].columns
    values = next(column.values for column in columns if column.item == "reason")
    assert {one.reason for one in EVERY} == set(values)


@pytest.mark.parametrize("decision", EVERY, ids=lambda one: one.reason)
def test_a_decision_goes_down_as_a_notice_that_keeps_every_rule_of_the_exchange(decision: Decide) -> None:
    """S3-014, S3-015: what comes down corrects or removes the record."""
    server = Server()
    if not decision.card_number_before:
        comer = notice(
            1, person_ref=HERE.ref, card_number="", person_class="transitional_stay", reason="birth"
        )
        server.carried(server.up(comer))
    assert server.give(decision).reply.ok
    (raised,) = server.lines("notice_raised")
    assert (raised.subject, raised.data["reason"], raised.data["holder"]) == (HERE.ref, decision.reason, CODE)
    (told,) = notices(server.up())
    assert told.effect == ("remove" if decision.reason in REMOVING else "correct")
    assert told.decided_date == DAY
    for item in (
        "card_number_before",
        "card_number",
        "name",
        "sex",
        "status",
        "period_until",
        "person_class",
    ):
        assert getattr(told, item) == getattr(decision, item)
    for profile in open_profiles():
        header = Header(profile.name, profile.agency, CODE, "01", DOWN, 1, NOW, 1)
        decoded = batches.decode(batches.encode(header, (told,), profile), profile)
        assert [row.finding for row in decoded.rows] == [None]
        assert list(day_findings(told, 2, profile, DAY)) == []


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (decide("married"), "unknown_reason"),
        (decide("name_changed"), "MISSING_ITEM"),
        (decide("card_reissued"), "MISSING_ITEM"),
        (decide("departed", card_number_before=""), "MISSING_ITEM"),
        (decide("items_wrong"), "MISSING_ITEM"),
        (decide("sex_changed", sex="W"), "UNKNOWN_VALUE"),
        (decide("name_changed", name="A" * 200), "TOO_LONG"),
        (decide("departed", decided_date=date(2019, 4, 3)), "DATE_IN_FUTURE"),
        (decide("departed", decided_date=date(2012, 7, 8)), "DATE_BEFORE_SYSTEM"),
        (decide("card_reissued", card_number=BEFORE), "card_number_used_before"),
    ],
)
def test_what_the_exchange_would_reject_is_never_raised_and_changes_nothing(
    decision: Decide, code: str
) -> None:
    server = Server()
    reply = server.give(decision).reply
    assert (reply.ok, reply.code) == (False, code)
    assert "AAAA" not in reply.detail
    assert server.lines("notice_raised", "notice_without_holder") == []
    assert notices(server.up()) == []


def test_an_extension_is_a_decision_like_any_other() -> None:
    """The command of its own and the general one say the same to the register."""
    one, other = Server(), Server()
    one.give(ExtendPeriod("C1", HERE.ref, BEFORE, NEW, "留学", UNTIL))
    other.give(decide("period_extended", card_number=NEW, status="留学", period_until=UNTIL))
    assert notices(one.up()) == notices(other.up())
    assert [line.data for line in one.lines("notice_raised")] == [
        line.data for line in other.lines("notice_raised")
    ]


def test_after_a_removing_decision_nobody_holds_the_record_and_no_more_notices_go_there() -> None:
    server = Server()
    server.give(decide("departed"))
    server.give(decide("card_reissued", card_number=NEW))
    assert [line.data["holder"] for line in server.lines("notice_without_holder")] == [""]
    assert [one.reason for one in notices(server.up())] == ["departed"]


def test_two_people_without_a_card_are_not_taken_for_each_other() -> None:
    server = Server()
    babies = [
        notice(n, person_ref=f"P000010{n}", card_number="", person_class="transitional_stay", reason="birth")
        for n in (1, 2)
    ]
    server.up(babies[0])
    server.up(babies[1], terminal=OTHER)
    server.give(Decide("C", "P0000101", "status_acquired", card_number=NEW, status="家族滞在"))
    assert [line.data["holder"] for line in server.lines("notice_raised")] == [CODE]
    server.give(Decide("C", "P0000102", "status_acquired", card_number="ZZ00000002ZZ", status="家族滞在"))
    assert [line.data["holder"] for line in server.lines("notice_raised")] == [CODE, ELSEWHERE]


def test_a_notice_from_above_bears_the_name_of_its_day() -> None:
    """S3-007: 法務省通知 until 2019-03-31, 出入国在留管理庁通知 from 2019-04-01."""
    assert notice_called(date(2019, 3, 31))[0] == "法務省通知"
    assert notice_called(date(2019, 4, 1))[0] == "出入国在留管理庁通知"

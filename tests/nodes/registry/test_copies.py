"""住民票の写し after a renewal: two declared options, and stale copies are found (S1-008)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import DAY as ONE_DAY
from sim.base.instant import HOUR, Instant, instant, japan_date
from sim.exchange.records import AgencyNotice, MunicipalityNotice
from sim.law.kinds import Filing
from sim.nodes.messages.registry import ChangeRecord, ConfirmNotice, ConfirmNotices, IssueCopy, ShownCard
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    arrive,
    changed,
    data,
    extension,
    filing,
    notices,
    on,
    person,
    register,
    results,
    sent,
    special,
    state,
)

HERE = person(1)
NEW = ShownCard("ZZ00000001ZZ", "留学", date(2024, 4, 10), "5年")
OLD = ShownCard(HERE.card_number, HERE.status, HERE.period_until)
D9, D11, D12 = (date(2019, 4, day) for day in (9, 11, 12))


def copy(case: str = "K1", shown: ShownCard | None = None) -> IssueCopy:
    return IssueCopy(case, HERE.ref, shown)


# --- the record is stale ------------------------------------------------------------------------------
def test_a_copy_of_a_record_that_is_up_to_date_is_not_stale() -> None:
    rig = register(HERE)
    assert rig.give(copy(shown=OLD), NOW).reply.ok
    assert data(rig, "copy_issued") == [
        {"option": "stale_record", "stale": False, "differs": [], "days_behind": None}
    ]
    arrive(rig, extension(HERE, decided_date=D11), now=on(D11))
    rig.give(ConfirmNotices(), on(D12))
    assert "copy_found_stale" not in rig.kinds()


def test_the_stale_record_is_issued_and_the_card_shows_at_once_that_it_is() -> None:
    """S1-008, option stale_record: the register issues what it says, and the journal has it."""
    rig = register(HERE)
    shown = ShownCard("ZZ00000001ZZ", "留学", date(2024, 4, 10), permitted=D9)
    rig.give(copy(shown=shown), NOW)
    assert data(rig, "copy_issued") == [
        {
            "option": "stale_record",
            "stale": True,
            "differs": ["card_number", "period_until", "period"],
            "days_behind": 1,
        }
    ]
    assert state(rig).resident(HERE.ref) == HERE


def test_without_a_card_the_stale_copy_is_found_when_the_notice_is_taken_in() -> None:
    """S1-008: which items, and how many days behind."""
    rig = register(HERE)
    rig.give(copy(), on(D12))
    assert data(rig, "copy_issued")[0]["stale"] is False
    arrive(rig, extension(HERE, decided_date=D9), now=on(D12, 22))
    rig.give(ConfirmNotices(), on(date(2019, 4, 15)))
    assert data(rig, "copy_found_stale") == [
        {
            "record": "ISA-00000001",
            "option": "stale_record",
            "issued_date": "2019-04-12",
            "decided_date": "2019-04-09",
            "differs": ["card_number", "period_until", "period"],
            "days_behind": 3,
            "known": False,
        }
    ]
    assert rig.last("copy_found_stale").case == "K1"
    assert rig.last("copy_found_stale").subject == HERE.ref


def test_a_copy_of_the_day_of_the_decision_is_decided_by_the_card_or_not_at_all() -> None:
    rig = register(HERE)
    for case, shown in (("old", OLD), ("none", None), ("new", NEW)):
        rig.give(copy(case, shown), NOW)
    arrive(rig, extension(HERE))
    rig.give(ConfirmNotices(), on(D11))
    told = {
        line.case: line.kind
        for line in rig.store.journal()
        if line.kind in ("copy_found_stale", "copy_undecided")
    }
    assert told == {"none": "copy_undecided", "new": "copy_found_stale"}


def test_of_what_stands_on_no_card_the_card_cannot_tell() -> None:
    rig = register(HERE)
    rig.give(copy(shown=OLD), NOW)
    named = extension(
        HERE,
        reason="name_changed",
        name="TEST NEW",
        card_number="",
        status="",
        period="",
        period_until=None,
    )
    arrive(rig, named)
    rig.give(ConfirmNotices(), on(D11))
    assert [row["differs"] for row in data(rig, "copy_undecided")] == [["name"]]


def test_a_notice_that_waits_shows_that_the_copy_is_stale() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, decided_date=D9))
    rig.give(copy(), on(D11))
    (issued,) = data(rig, "copy_issued")
    assert (issued["stale"], issued["days_behind"]) == (True, 2)
    assert issued["differs"] == ["card_number", "period_until", "period"]


def test_the_validity_of_a_card_is_no_item_that_a_copy_is_judged_by() -> None:
    who = changed(HERE, card_until=date(2020, 4, 1))
    rig = register(who)
    rig.give(copy(shown=NEW), NOW)
    arrive(rig, extension(who, decided_date=D9))
    rig.give(ConfirmNotices(), NOW)
    for kind in ("copy_issued", "copy_found_stale"):
        assert data(rig, kind)[0]["differs"] == ["card_number", "period_until", "period"]


def test_an_older_card_than_the_register_knows_makes_no_copy_stale() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, decided_date=D9))
    rig.give(ConfirmNotices(), NOW)
    rig.give(copy(shown=OLD), NOW)
    assert data(rig, "copy_issued")[0]["stale"] is False


def test_a_copy_of_a_record_that_the_agency_has_removed_is_stale_as_a_whole() -> None:
    rig = register(HERE)
    rig.give(copy("K1"), on(D11))
    gone = extension(
        HERE,
        decided_date=D9,
        reason="departed",
        effect="remove",
        card_number="",
        status="",
        period="",
        period_until=None,
    )
    arrive(rig, gone, now=on(D11))
    rig.give(copy("K2"), on(D12))
    rig.give(ConfirmNotices(), on(D12))
    assert data(rig, "copy_issued")[1]["differs"] == ["resident_record"]
    assert [(row["differs"], row["days_behind"], row["known"]) for row in data(rig, "copy_found_stale")] == [
        (["resident_record"], 2, False),
        (["resident_record"], 3, True),
    ]
    assert rig.give(copy("K3"), on(D12)).reply.code == "removed"


def test_a_copy_is_held_against_what_it_said_and_not_against_what_the_record_says_now() -> None:
    rig = register(HERE)
    rig.give(copy("before"), on(D11, 9))
    rig.give(filing(HERE, Filing.MOVING_WITHIN, D11), on(D11))
    arrive(rig, extension(HERE, decided_date=D9), now=on(D11))
    rig.give(ConfirmNotices(), on(D11, 15))
    rig.give(copy("after"), on(D11, 16))
    arrive(
        rig,
        extension(HERE, 2, decided_date=DAY, card_number_before="ZZ00000001ZZ", period="3年"),
        now=on(D12),
    )
    rig.give(ConfirmNotices(), on(D12))
    found = [
        (line.case, line.data["record"], line.data["differs"])
        for line in rig.store.journal()
        if line.kind == "copy_found_stale"
    ]
    assert found == [
        ("before", "ISA-00000001", ["card_number", "period_until", "period"]),
        ("after", "ISA-00000002", ["card_number", "period"]),
    ]


# --- by the card --------------------------------------------------------------------------------------
def test_by_the_card_the_record_is_corrected_first_and_the_agency_told() -> None:
    """S1-008, option card_based: the copy says what the card says, since the record does."""
    rig = register(HERE, copies="card_based")
    committed = rig.give(copy(shown=NEW), NOW)
    (notice,) = notices(committed)
    assert (notice.action, notice.reason, notice.card_number) == ("corrected", "ex_officio", "ZZ00000001ZZ")
    assert data(rig, "copy_issued") == [
        {"option": "card_based", "stale": False, "differs": [], "days_behind": None}
    ]
    assert rig.kinds()[-3:] == ["record_corrected", "record_raised", "copy_issued"]
    # The notice that comes later finds the card under its new number, and nothing to change.
    arrive(rig, extension(HERE, decided_date=D9), now=on(D11))
    assert results(rig.give(ConfirmNotices(), on(D11)))[0].accepted
    assert "copy_found_stale" not in rig.kinds()
    assert [v.ground for v in state(rig).history(HERE.ref)] == [
        "opened",
        "corrected_ex_officio",
        "period_extended",
    ]


def test_a_notice_that_the_record_is_ahead_of_takes_nothing_back() -> None:
    """S1-008: the card that was shown is two renewals ahead of the register."""
    rig = register(HERE, copies="card_based")
    rig.give(copy("early"), on(D11))
    newest = ShownCard("ZZ00000003ZZ", "留学", date(2026, 4, 10), "5年")
    rig.give(copy("late", newest), on(D12))
    ahead = state(rig).resident(HERE.ref)
    chain = [HERE.card_number, "ZZ00000001ZZ", "ZZ00000002ZZ", "ZZ00000003ZZ"]
    until = [date(2024, 4, 10), date(2025, 4, 10), date(2026, 4, 10)]
    for number in (1, 2, 3):
        row = extension(
            HERE,
            number,
            decided_date=D9,
            card_number_before=chain[number - 1],
            period_until=until[number - 1],
        )
        arrive(rig, row, now=on(D12))
        assert results(rig.give(ConfirmNotices(), on(D12)))[0].accepted
        assert state(rig).resident(HERE.ref) == ahead
    found = [line.case for line in rig.store.journal() if line.kind == "copy_found_stale"]
    assert found == ["early"]


def test_by_the_card_one_may_have_to_wait_for_the_notice() -> None:
    rig = register(HERE, copies="card_based", newer_card="wait")
    assert rig.give(copy(shown=NEW), NOW).reply.code == "notice_awaited"
    assert data(rig, "copy_refused") == [{"reason": "notice_awaited"}]
    assert state(rig).resident(HERE.ref) == HERE
    arrive(rig, extension(HERE))
    committed = rig.give(copy("K2", NEW), on(D11))
    assert committed.reply.ok
    assert results(committed)[0].accepted
    assert not [record for record in sent(committed) if isinstance(record, MunicipalityNotice)]
    assert data(rig, "copy_issued")[0]["stale"] is False


def test_by_the_card_nothing_is_corrected_by_an_older_card() -> None:
    rig = register(HERE, copies="card_based")
    arrive(rig, extension(HERE))
    rig.give(ConfirmNotices(), NOW)
    before = state(rig).resident(HERE.ref)
    assert rig.give(copy(shown=OLD), NOW).sends == ()
    assert state(rig).resident(HERE.ref) == before


def test_by_the_card_without_a_card_the_record_is_issued_and_found_stale_later() -> None:
    rig = register(HERE, copies="card_based")
    rig.give(copy(), on(D11))
    arrive(rig, extension(HERE, decided_date=D9), now=on(D11))
    rig.give(ConfirmNotices(), on(D11))
    assert data(rig, "copy_found_stale")[0]["option"] == "card_based"


def test_a_card_that_would_empty_an_item_corrects_nothing() -> None:
    rig = register(HERE, copies="card_based", not_insisted_on=frozenset())
    committed = rig.give(copy(shown=ShownCard("ZZ00000001ZZ", "留学", date(2024, 4, 10))), NOW)
    assert data(rig, "copy_refused") == [{"reason": "item_missing", "item": "period"}]
    assert committed.sends == ()
    assert state(rig).resident(HERE.ref) == HERE


# --- refused ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("option", ["stale_record", "card_based"])
def test_a_copy_is_refused_without_a_record_or_with_somebody_elses_card(option: str) -> None:
    rig = register(HERE, person(2), copies=option)
    for asked, reason in (
        (IssueCopy("K1", "P0000099"), "not_registered"),
        (copy("K2", ShownCard(person(2).card_number)), "card_of_another"),
    ):
        assert rig.give(asked, NOW).reply.code == reason
    rig.give(ChangeRecord("C1", "death", HERE, DAY, DAY), NOW)
    assert rig.give(copy("K3"), NOW).reply.code == "removed"
    assert [row["reason"] for row in data(rig, "copy_refused")] == [
        "not_registered",
        "card_of_another",
        "removed",
    ]
    assert "copy_issued" not in rig.kinds()


def test_a_special_permanent_residents_notice_is_taken_in_by_hand_before_a_copy_by_the_card() -> None:
    who = special(7)
    rig = register(who, copies="card_based")
    arrive(
        rig,
        extension(
            who,
            reason="name_changed",
            name="KIM NEW",
            card_number="",
            status="",
            period="",
            period_until=None,
        ),
    )
    assert results(rig.give(IssueCopy("K1", who.ref), NOW))[0].accepted
    assert rig.give(ConfirmNotice("ISA-00000001"), NOW).reply.code == "no_such_notice"
    assert state(rig).resident(who.ref) == changed(who, name="KIM NEW")


# --- whatever happens when ----------------------------------------------------------------------------
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["decide", "receive", "confirm", "copy", "copy", "move"]),
        st.integers(1, 40),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@given(steps=STEPS, option=st.sampled_from(["stale_record", "card_based"]))
def test_a_copy_is_stale_exactly_between_the_decision_and_the_registers_update(
    steps: list[tuple[str, int, bool]], option: str
) -> None:
    """S1-008: both ways of finding out agree with the truth, which only the test knows."""
    rig = register(HERE, copies=option)
    now = instant(date(2019, 4, 2), 9)
    truth = HERE  # as the agency has decided
    under_way: list[AgencyNotice] = []
    stale: dict[str, bool] = {}
    shown: dict[str, bool] = {}
    for count, (what, hours, flag) in enumerate(steps, 1):
        now = Instant(now + hours * HOUR)
        today = japan_date(now)
        if what == "decide":
            notice = extension(
                truth, count, decided_date=today, period_until=today + timedelta(days=365 * count)
            )
            truth = changed(
                truth, card_number=notice.card_number, period_until=notice.period_until, period=notice.period
            )
            under_way.append(notice)
        elif what == "receive" and under_way:
            arrive(rig, *under_way, now=now)
            under_way.clear()
        elif what == "confirm":
            rig.give(ConfirmNotices(), now)
        elif what == "move":
            record = state(rig).resident(HERE.ref)
            assert record is not None
            rig.give(filing(record, Filing.MOVING_WITHIN, today, f"住所{count}", case=f"C{count}"), now)
            truth = changed(truth, address=f"住所{count}")
        elif what == "copy":
            case = f"K{count}"
            card = ShownCard(truth.card_number, truth.status, truth.period_until, truth.period)
            rig.give(IssueCopy(case, HERE.ref, card if flag else None), now)
            record = state(rig).resident(HERE.ref)
            assert record is not None
            stale[case], shown[case] = record != truth, flag
    now = Instant(now + ONE_DAY)
    arrive(rig, *under_way, now=now)
    rig.give(ConfirmNotices(), now)
    assert state(rig).resident(HERE.ref) == truth

    lines: list[Any] = list(rig.store.journal())
    at_once = {line.case: line.data["stale"] for line in lines if line.kind == "copy_issued"}
    found = {line.case for line in lines if line.kind == "copy_found_stale"}
    undecided = {line.case for line in lines if line.kind == "copy_undecided"}
    for case, was_stale in stale.items():
        if shown[case]:
            assert at_once[case] == was_stale, case
            assert (case in found) == was_stale, case
            assert case not in undecided
        else:
            assert was_stale or not at_once[case]  # never called stale when it is not
            assert was_stale or case not in found
            assert not was_stale or case in found | undecided  # never overlooked

"""What the agency says is followed after a clerk has seen the slip, and nothing goes up for it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sim.exchange.records import MunicipalityNotice, MunicipalityTransmission
from sim.law.kinds import Filing, PersonClass
from sim.nodes.messages.registry import ConfirmNotice, ConfirmNotices, ListBacklog
from sim.nodes.registry.notices import backlog
from sim.nodes.registry.slips import slip
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    arrive,
    changed,
    data,
    extension,
    filing,
    on,
    person,
    register,
    results,
    sent,
    special,
    state,
)

HERE, OTHER, ZAINICHI = person(1), person(2), special(7)
D20 = date(2019, 4, 20)


def renewed(number: int = 1, **changes: object) -> object:
    """A notice about the special permanent resident's name."""
    values = {"reason": "name_changed", "card_number": "", "status": "", "period": "", "period_until": None}
    return extension(ZAINICHI, number, **(values | {"name": "KIM NEW"} | changes))


def test_the_slip_puts_each_item_before_and_after_side_by_side() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE))
    lines = {line.item: line for line in slip(state(rig), "ISA-00000001")}
    assert {item for item, line in lines.items() if line.changes} == {"card_number", "period", "period_until"}
    assert (lines["period_until"].before, lines["period_until"].after) == (
        date(2020, 4, 1),
        date(2024, 4, 10),
    )
    assert not lines["name"].changes
    assert slip(state(rig), "ISA-00000099") == ()


def test_the_slip_of_a_removal_leaves_nothing_after() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, reason="departed", effect="remove", card_number="", status="", period=""))
    assert all(line.after is None for line in slip(state(rig), "ISA-00000001"))


def test_what_stands_on_a_slip_never_reaches_the_journal() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, name="SECRET NAME"))
    rig.give(ConfirmNotices(), NOW)
    written = json.dumps([line.data for line in rig.store.journal()], ensure_ascii=False)
    for value in ("SECRET", "ZZ00000001ZZ", HERE.card_number, HERE.name, HERE.address, "5年"):
        assert value not in written


@pytest.mark.parametrize("reason", ["period_extended", "name_changed", "status_changed", "items_wrong"])
def test_nothing_goes_up_for_what_came_down(reason: str) -> None:
    """S3-015: content from the agency leads to a correction, and no notice is sent back for it."""
    rig = register(HERE)
    arrive(rig, extension(HERE, reason=reason, name="TEST NEW"))
    committed = rig.give(ConfirmNotices(), NOW)
    assert len(results(committed)) == 1
    assert not [r for r in sent(committed) if isinstance(r, MunicipalityNotice | MunicipalityTransmission)]
    assert state(rig).resident(HERE.ref) != HERE
    assert "record_raised" not in rig.kinds()


def test_special_permanent_residents_are_taken_in_by_hand_only() -> None:
    rig = register(HERE, ZAINICHI)
    arrive(rig, renewed(1), extension(HERE, 2))  # type: ignore[arg-type]
    assert [row["by_hand"] for row in data(rig, "notice_imported")] == [True, False]
    assert [r.answers for r in results(rig.give(ConfirmNotices(), NOW))] == ["ISA-00000002"]
    assert state(rig).resident(ZAINICHI.ref) == ZAINICHI
    assert rig.give(ConfirmNotices(), NOW).sends == ()
    assert rig.kinds()[-1] == "nothing_to_confirm"
    (answer,) = results(rig.give(ConfirmNotice("ISA-00000001"), NOW))
    assert answer.accepted
    assert state(rig).resident(ZAINICHI.ref) == changed(ZAINICHI, name="KIM NEW")
    assert rig.give(ConfirmNotice("ISA-00000001"), NOW).reply.code == "no_such_notice"


def test_a_clerk_who_sees_to_each_by_hand_takes_all_in_in_their_order() -> None:
    rig = register(HERE, ZAINICHI)
    arrive(rig, renewed(1), extension(HERE, 2))  # type: ignore[arg-type]
    answers = results(rig.give(ConfirmNotices(by_hand=True), NOW))
    assert [answer.answers for answer in answers] == ["ISA-00000001", "ISA-00000002"]
    assert state(rig).imported() == []


def test_one_who_becomes_a_special_permanent_resident_is_taken_in_by_hand_too() -> None:
    rig = register(HERE)
    becomes = extension(HERE, reason="status_acquired", person_class="special_permanent_resident")
    arrive(rig, becomes, extension(HERE, 2, card_number_before="ZZ00000001ZZ"))
    # The second builds on the card that the first brings.
    assert [row["by_hand"] for row in data(rig, "notice_imported")] == [True, True]
    rig.give(ConfirmNotices(), NOW)
    assert rig.give(ConfirmNotice("ISA-00000002"), NOW).reply.code == "earlier_notice_waits"
    for number in (1, 2):
        assert rig.give(ConfirmNotice(f"ISA-{number:08d}"), NOW).reply.ok
    found = state(rig).resident(HERE.ref)
    assert found is not None
    assert (found.person_class, found.card_number) == (
        PersonClass.SPECIAL_PERMANENT_RESIDENT,
        "ZZ00000002ZZ",
    )


def test_what_follows_a_notice_that_wants_a_hand_waits_with_it() -> None:
    rig = register(HERE)
    becomes = extension(HERE, reason="status_acquired", person_class="special_permanent_resident")
    named = extension(
        HERE,
        2,
        reason="name_changed",
        name="TEST LATER",
        card_number="",
        status="",
        period="",
        period_until=None,
    )
    arrive(rig, becomes, named)
    assert results(rig.give(ConfirmNotices(), NOW)) == []
    assert len(backlog(state(rig))) == 2


def test_what_is_not_taken_in_is_listed_whatever_day_it_is_of() -> None:
    rig = register(HERE, OTHER, ZAINICHI)
    arrive(rig, renewed(1, decided_date=date(2019, 4, 2)), now=on(DAY))  # type: ignore[arg-type]
    arrive(rig, extension(OTHER, 2, decided_date=D20), now=on(D20))
    rig.give(ListBacklog(), on(date(2019, 4, 22)))
    assert data(rig, "notice_backlog_listed") == [{"waiting": 2, "oldest_days": 12, "by_hand": 1}]
    assert [(one.record_id, one.ref, one.came, one.by_hand) for one in backlog(state(rig))] == [
        ("ISA-00000001", ZAINICHI.ref, DAY, True),
        ("ISA-00000002", OTHER.ref, D20, False),
    ]
    rig.give(ConfirmNotices(), on(D20))
    rig.give(ConfirmNotice("ISA-00000001"), on(D20))
    rig.give(ListBacklog(), on(D20))
    assert data(rig, "notice_backlog_listed")[-1] == {"waiting": 0, "oldest_days": 0, "by_hand": 0}


def test_a_notice_for_one_who_left_meanwhile_is_refused_and_the_removed_record_stays() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE))
    rig.give(filing(HERE, Filing.MOVING_OUT), NOW)
    (answer,) = results(rig.give(ConfirmNotices(), NOW))
    assert (answer.outcome, answer.code) == ("rejected", "NO_SUCH_RESIDENT")
    assert state(rig).removed(HERE.ref) == HERE


def test_a_reference_alone_finds_nobody_who_bears_a_card() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, reason="status_acquired", card_number_before=""))
    (answer,) = results(rig.give(ConfirmNotices(), NOW))
    assert answer.code == "NO_SUCH_RESIDENT"
    assert state(rig).resident(HERE.ref) == HERE


def test_a_notice_that_would_empty_an_item_is_refused_with_the_items_name() -> None:
    rig = register(HERE)
    arrive(rig, extension(HERE, period_until=None))
    (answer,) = results(rig.give(ConfirmNotices(), NOW))
    assert (answer.code, answer.field) == ("MISSING_ITEM", "period_until")
    assert data(rig, "notice_refused") == [
        {"record": "ISA-00000001", "code": "MISSING_ITEM", "item": "period_until"}
    ]
    assert state(rig).resident(HERE.ref) == HERE


def test_an_item_that_was_missing_before_is_not_held_against_a_notice() -> None:
    sparse = person(1, period="", became_resident_date=None)
    rig = register(sparse, not_insisted_on=frozenset())
    arrive(
        rig,
        extension(
            sparse,
            reason="name_changed",
            name="TEST NEW",
            status="",
            period="",
            card_number="",
            period_until=None,
        ),
    )
    assert results(rig.give(ConfirmNotices(), NOW))[0].accepted


def test_a_new_card_forgets_the_validity_of_the_one_before() -> None:
    who = person(1, card_until=date(2020, 4, 1), card_kind="ordinary")
    rig = register(who)
    arrive(rig, extension(who, card_kind="specified"))
    rig.give(ConfirmNotices(), NOW)
    found = state(rig).resident(who.ref)
    assert found is not None
    assert (found.card_until, found.card_kind, found.period) == (None, "specified", "5年")


def test_a_notice_that_changes_nothing_is_confirmed_and_begins_no_history() -> None:
    rig = register(HERE)
    same = extension(HERE, card_number=HERE.card_number, period="1年", period_until=HERE.period_until)
    arrive(rig, same)
    assert results(rig.give(ConfirmNotices(), NOW))[0].accepted
    assert state(rig).history(HERE.ref) == []
    # On a history that there is it stands, since what it says may not be taken back to what was before.
    arrive(rig, extension(HERE, 2), extension(HERE, 3, card_number="ZZ00000002ZZ"))
    rig.give(ConfirmNotices(), NOW)
    assert [len(v.items) for v in state(rig).history(HERE.ref)] == [0, 3, 0]

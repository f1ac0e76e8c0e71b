"""When a terminal is lost, the register hands over again what has no result."""

from __future__ import annotations

from datetime import date

from sim.base.instant import Instant
from sim.law.kinds import Filing
from sim.nodes.messages.registry import ConfirmNotices, Inbound, Outbound, Reraise
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    accepted,
    arrive,
    data,
    extension,
    filing,
    on,
    person,
    register,
    sent,
    state,
)

D11 = date(2019, 4, 11)


def test_what_has_no_result_goes_again_as_it_was_and_in_order() -> None:
    """S1-018: a replaced terminal is given what the lost one may have lost."""
    one, two = person(1), person(2)
    rig = register(one, two)
    first = sent(rig.give(filing(one, Filing.MOVING_WITHIN), NOW))
    second = sent(rig.give(filing(two, Filing.MOVING_WITHIN, case="C2"), NOW))
    arrive(rig, accepted(first[0]), accepted(second[1], "rejected", "BAD_FORM"))
    committed = rig.give(Reraise(on(DAY, 0)), on(D11))
    assert sent(committed) == [first[1], second[0]]
    assert data(rig, "records_reraised") == [{"since": on(DAY, 0), "records": 2}]
    assert len(data(rig, "record_raised")) == 4  # nothing is raised a second time
    # It may go again, and is settled once.
    assert sent(rig.give(Reraise(on(DAY, 0)), on(D11))) == [first[1], second[0]]
    arrive(rig, accepted(first[1]), accepted(second[0]))
    assert rig.give(Reraise(on(DAY, 0)), on(D11)).reply.code == "nothing_pending"


def test_what_left_before_the_instant_does_not_go_again() -> None:
    one, two = person(1), person(2)
    rig = register(one, two)
    rig.give(filing(one, Filing.MOVING_WITHIN), NOW)
    late = sent(rig.give(filing(two, Filing.MOVING_WITHIN, case="C2"), on(D11)))
    assert sent(rig.give(Reraise(on(D11)), on(D11))) == late


def test_records_and_the_answers_that_are_awaited_go_again_in_the_order_in_which_they_left() -> None:
    one = person(1)
    rig = register(one)
    arrive(rig, extension(one), extension(one, 2, card_number_before="ZZ00000001ZZ"))
    answers = sent(rig.give(ConfirmNotices(), NOW))
    records = sent(rig.give(filing(one, Filing.MOVING_WITHIN), NOW))
    arrive(rig, extension(one, 3, card_number_before="ZZ00000002ZZ"))
    # The first has reached the agency, and nobody has given the third.
    ask = Reraise(on(DAY, 0), answers=("ISA-00000002", "ISA-00000003"))
    assert sent(rig.give(ask, on(D11))) == [answers[1], *records]
    assert sent(rig.give(Reraise(on(DAY, 0)), on(D11))) == records


def test_a_terminal_that_asks_by_name_is_answered_in_one_piece_even_when_nothing_is_pending() -> None:
    one = person(1)
    rig = register(one)
    records = sent(rig.give(filing(one, Filing.MOVING_WITHIN), NOW))
    ask = Reraise(Instant(0), ask=on(D11))
    (send,) = rig.give(Inbound("B1", (accepted(records[0]),), ask), on(D11)).sends
    assert send.body == Outbound((records[1],), on(D11))  # the result that came with it counts
    (send,) = rig.give(Inbound("B2", (accepted(records[1]),), ask), on(D11)).sends
    assert send.body == Outbound((), on(D11))
    assert rig.kinds()[-4:] == ["result_applied", "records_reraised"] * 2


def test_a_notice_that_comes_again_waits_once_and_is_answered_once() -> None:
    one = person(1)
    rig = register(one)
    arrive(rig, extension(one))
    arrive(rig, extension(one))
    assert len(state(rig).imported()) == 1
    assert len(sent(rig.give(ConfirmNotices(), NOW))) == 1
    arrive(rig, extension(one))
    assert rig.give(ConfirmNotices(), NOW).sends == ()
    assert data(rig, "notice_repeated") == [{"record": "ISA-00000001", "batch": "B"}] * 2
    assert rig.kinds().count("notice_imported") == 1

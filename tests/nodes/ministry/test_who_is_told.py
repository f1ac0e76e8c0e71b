"""Whom the agency tells of somebody who moves on the day of a decision, and what; and what is too late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sim.base.instant import HOUR, Instant, instant
from sim.law.kanji.table import cited_table
from sim.law.kinds import PersonClass
from sim.nodes.messages.agency import Decide, Landed
from tests.drivers.story import AT
from tests.exchange.samples import notice, transmission
from tests.nodes.ministry.server import DAY, ELSEWHERE, HERE, NOW, OTHER, Server, at, notices

START = date(2019, 4, 1)


def extended(ref: str, card: str, new: str, case: str = "D") -> Decide:
    return Decide(case, ref, "period_extended", card, new, status="留学", period_until=date(2024, 4, 1))


# --- in and out on one day ------------------------------------------------------------------------------
MADE = notice(1, person_ref="P9", card_number="CC00000001CC", event_date=DAY, filed_date=DAY)
LEFT = notice(
    2,
    person_ref="P9",
    card_number="CC00000001CC",
    action="removed",
    reason="moving_out",
    event_date=DAY,
    filed_date=DAY,
)
MADE_NEXT = notice(3, person_ref="P9", card_number="CC00000001CC", event_date=DAY, filed_date=DAY)


@pytest.mark.parametrize("late", [False, True], ids=["in the order of the day", "the next city's first"])
def test_after_a_day_of_moving_in_and_out_a_notice_goes_to_the_next_municipality_alone(late: bool) -> None:
    """S1-007: neither the city that was left nor the order in which its news comes misroutes a notice."""
    server = Server()
    rows = [(AT.terminal, MADE), (AT.terminal, LEFT), (OTHER, MADE_NEXT)]
    for terminal, record in [rows[0], rows[2], rows[1]] if late else rows:
        server.carried(server.up(record, terminal=terminal))
    assert [line.data.get("code") for line in server.lines("record_rejected")] == []
    assert server.give(extended("P9", "CC00000001CC", "CC00000002CC")).reply.ok
    (raised,) = server.lines("notice_raised")
    assert raised.data["holder"] == ELSEWHERE
    later = Instant(NOW + HOUR)
    assert notices(server.up(now=later)) == []
    (told,) = notices(server.up(now=later, terminal=OTHER))
    assert (told.person_ref, told.card_number) == ("P9", "CC00000002CC")


def test_between_the_two_municipalities_nobody_is_told() -> None:
    """S1-007: the city that was left is told nothing, although the next one has not reported yet."""
    server = Server()
    server.carried(server.up(MADE, LEFT))
    assert server.give(extended("P9", "CC00000001CC", "CC00000002CC")).reply.ok
    assert server.lines("notice_raised") == []
    assert [line.data["holder"] for line in server.lines("notice_without_holder")] == [""]
    assert notices(server.up(now=Instant(NOW + HOUR))) == []


# --- next-day bulk send ---------------------------------------------------------------------------------
@pytest.mark.parametrize("hours", [0, 2, 10, 24, 24 * 4, 24 * 30])
def test_a_batch_is_not_refused_for_being_late_alone(hours: int) -> None:
    """S1-010: sending in bulk on the next day is a mode like any other; so is arriving after a weekend."""
    server = Server()
    arrives = Instant(NOW + hours * HOUR)
    for number in range(1, 4):
        filed = DAY - timedelta(days=number)
        server.up(notice(number, person_ref=f"P{number}", event_date=filed, filed_date=filed), now=arrives)
    assert [line.kind for line in server.lines("batch_accepted", "batch_rejected")] == ["batch_accepted"] * 3
    assert len(server.lines("record_accepted")) == 3
    assert server.lines("record_rejected", "fault_reported") == []


# --- the first day of the rules -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("event", "code"), [(date(2012, 7, 8), "DATE_BEFORE_SYSTEM"), (date(2012, 7, 9), "")]
)
def test_no_record_bears_an_event_from_before_the_system(event: date, code: str) -> None:
    """S3-006: 2012-07-09 is the first day; in both directions."""
    server = Server()
    server.up(notice(1, event_date=event, filed_date=date(2012, 7, 10)))
    server.up(transmission(2, event_date=event, filed_date=date(2012, 7, 10)), business="02")
    found = [line.data["code"] for line in server.lines("record_rejected")]
    assert found == ([code] * 2 if code else [])
    decision = Decide("D", HERE.ref, "name_changed", HERE.card_number, name="TEST NEW", decided_date=event)
    reply = server.give(decision).reply
    assert (reply.ok, reply.code) == (not code, code)


# --- candidates -----------------------------------------------------------------------------------------
def test_a_candidate_is_told_to_nobody_and_changes_nothing_until_somebody_decides() -> None:
    """S0-013: the flag is a finding; no notice goes down, no record is removed, no status ends by itself."""
    server = Server(instant(START), watches_periods=True)
    server.give(Landed(HERE.ref, PersonClass.MID_LONG_TERM_RESIDENT, START), instant(START))
    before = server.give(extended(HERE.ref, HERE.card_number, "ZZ00000001ZZ"), instant(START))
    assert before.reply.ok
    taken = len(server.lines("notice_raised"))
    server.pass_time(at(START + timedelta(days=400)))
    assert [line.kind for line in server.lines("candidate_found")] == ["candidate_found"]
    assert len(server.lines("notice_raised")) == taken
    # Whoever is a candidate is still the holder of the card, and the agency can still decide anything.
    now = at(START + timedelta(days=401))
    again = extended(HERE.ref, "ZZ00000001ZZ", "ZZ00000002ZZ", "E")
    assert server.give(again, now).reply.ok
    # Only the decision itself ends the status.
    revoked = Decide("F", HERE.ref, "revoked", "ZZ00000002ZZ", decided_date=now_day(now))
    assert server.give(revoked, now).reply.ok
    assert [line.data["reason"] for line in server.lines("notice_raised")][-1] == "revoked"


def now_day(now: Instant) -> date:
    return START + timedelta(days=(now - instant(START)) // (24 * HOUR))


# --- names ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("decided", "sent", "table"),
    [
        ("张偉", "張偉", True),
        ("汉", "漢", True),
        ("張偉", "張偉", False),
        ("刘广", "刘广", False),  # standard themselves, whatever they mean elsewhere
        ("", "", False),
    ],
)
def test_a_name_goes_down_in_standard_kanji_and_the_journal_names_the_table(
    decided: str, sent: str, table: bool
) -> None:
    """S1-019: converted before it reaches a municipality, by a table that has a name."""
    server = Server()
    decision = Decide("D", HERE.ref, "name_changed", HERE.card_number, name="TEST NEW", name_kanji=decided)
    assert server.give(decision).reply.ok
    (raised,) = server.lines("notice_raised")
    assert raised.data.get("kanji_table") == (cited_table().name if table else None)
    (told,) = notices(server.up())
    assert (told.name, told.name_kanji) == ("TEST NEW", sent)


def test_a_text_that_is_no_name_is_refused_as_before() -> None:
    server = Server()
    decision = Decide("D", HERE.ref, "name_changed", HERE.card_number, name_kanji="張\x00偉")
    assert not server.give(decision).reply.ok
    assert server.lines("notice_raised") == []

"""The agency's 90 days: who becomes a candidate, who only seems to, and who never does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import Instant, instant
from sim.law.kinds import PersonClass
from sim.law.revocation import Facts, Ground, Status, assess, last_day
from sim.nodes.messages.agency import Decide, Landed, NotifiedElsewhere, Permitted
from tests.exchange.samples import notice, transmission
from tests.nodes.ministry.server import OTHER, Server, at

MID, SPECIAL = PersonClass.MID_LONG_TERM_RESIDENT, PersonClass.SPECIAL_PERMANENT_RESIDENT
START = date(2019, 4, 1)
LAST = date(2019, 6, 30)  # 90 days, counted from the day after
OVER = instant(date(2019, 7, 1))
P, CARD = "P0000001", "AB12345678CD"
LANDED = Landed(P, MID, START)


def watching(**settings: bool) -> Server:
    return Server(instant(START), watches_periods=True, **settings)


def days(number: int) -> date:
    return START + timedelta(days=number)


def files(server: Server, filed: date, arrives: date, number: int = 900, **changes: object) -> None:
    """A residence notification, filed at a counter one day and taken in here another."""
    values: dict[str, object] = {"event_date": filed, "filed_date": filed} | changes
    server.up(transmission(number, **values), now=at(arrives), business="02")


def leaves(server: Server, on: date = START, number: int = 1, **changes: object) -> None:
    """The register of the municipality says that the person moved away on a day."""
    values: dict[str, object] = {
        "action": "removed",
        "reason": "moving_out",
        "event_date": on,
        "filed_date": on,
    } | changes
    server.up(notice(number, **values), now=at(on))


def found(server: Server) -> list[tuple[str, str]]:
    return [
        (line.kind, line.data.get("why", ""))
        for line in server.lines("candidate_found", "candidate_withdrawn")
    ]


def test_who_never_notifies_is_a_candidate_on_the_day_after_the_last_one() -> None:
    """S0-012: 90 days without a filing; law.md 1.5: counted from the day after, no holiday moves the end."""
    server = watching()
    server.give(LANDED, instant(START))
    server.pass_time(OVER)
    assert found(server) == []
    server.pass_time(Instant(OVER + 1))
    (line,) = server.lines("candidate_found")
    assert (line.at, line.subject) == (OVER, P)
    assert (line.data["ground"], line.data["start"], line.data["last_day"]) == (
        "not_notified",
        START.isoformat(),
        LAST.isoformat(),
    )
    assert "revocation-count" in line.data["rests_on"]


@pytest.mark.parametrize("manner", ["deemed", "separate"])
def test_a_notification_that_arrives_in_time_leaves_no_trace(manner: str) -> None:
    server = watching()
    server.give(LANDED, instant(START))
    files(server, LAST, LAST, manner=manner)
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_a_link_that_is_late_makes_a_false_candidate_who_is_withdrawn_as_filed_in_time() -> None:
    """S1-006, S0-013: what the agency sees is as old as the link makes it."""
    server = watching()
    server.give(LANDED, instant(START))
    server.pass_time(at(days(95)))
    files(server, LAST, days(95))
    assert found(server) == [("candidate_found", ""), ("candidate_withdrawn", "filed_in_time")]
    (line,) = server.lines("candidate_withdrawn")
    assert (line.data["filed_date"], line.data["arrived_date"]) == (LAST.isoformat(), days(95).isoformat())


def test_who_files_late_is_withdrawn_as_late_and_stays_open_to_the_minister() -> None:
    """S0-013: a later filing changes the assessment, and nothing is decided here."""
    server = watching()
    server.give(LANDED, instant(START))
    server.pass_time(at(days(100)))
    files(server, days(91), days(100))
    assert found(server) == [("candidate_found", ""), ("candidate_withdrawn", "filed_late")]
    assert server.lines("candidate_withdrawn")[0].data["status"] == "notified_late"


def test_a_candidate_is_withdrawn_once() -> None:
    server = watching()
    server.give(LANDED, instant(START))
    server.pass_time(at(days(100)))
    files(server, days(91), days(100))
    files(server, days(99), days(101), number=901)
    assert len(found(server)) == 2


@pytest.mark.parametrize(
    ("reason", "action"), [("moving_out", "removed"), ("moving_within", "corrected"), ("moving_in", "made")]
)
def test_leaving_the_notified_residence_begins_a_period_of_the_other_ground(reason: str, action: str) -> None:
    server = watching()
    leaves(server, reason=reason, action=action)
    server.pass_time(at(days(200)))
    (line,) = server.lines("candidate_found")
    assert (line.data["ground"], line.data["start"]) == ("not_renewed", START.isoformat())


def test_the_filing_in_the_next_municipality_stops_the_period_whichever_news_comes_first() -> None:
    """S1-007: moving out and in on one day, and either notice late."""
    for late in (False, True):
        server = watching()
        if not late:
            leaves(server)
        server.up(notice(1, event_date=START, filed_date=START), now=at(START, 13), terminal=OTHER)
        server.up(
            transmission(2, event_date=START, filed_date=START),
            now=at(START, 13),
            terminal=OTHER,
            business="02",
        )
        if late:
            leaves(server)
        server.pass_time(at(days(200)))
        assert found(server) == []


def test_a_notification_that_overtakes_the_news_of_the_move_stops_it_beforehand() -> None:
    """The two kinds travel in batches of two businesses, and one of them may be delayed."""
    server = watching()
    files(server, days(3), days(3))
    leaves(server, days(1), reason="moving_within", action="corrected")
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_who_files_before_the_planned_day_and_elsewhere_has_notified() -> None:
    server = watching()
    leaves(server, days(3))
    server.up(
        transmission(1, event_date=START, filed_date=START), now=at(days(4)), terminal=OTHER, business="02"
    )
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_a_late_filing_of_the_residence_that_was_left_stops_nothing() -> None:
    server = watching()
    leaves(server, days(3))
    files(server, START, days(4))
    server.pass_time(at(days(200)))
    assert found(server) == [("candidate_found", "")]


def test_a_second_leaving_does_not_begin_the_period_anew() -> None:
    server = watching()
    leaves(server)
    leaves(server, days(50), number=2, action="corrected", reason="moving_within")
    server.pass_time(at(days(200)))
    (line,) = server.lines("candidate_found")
    assert line.data["start"] == START.isoformat()


def test_who_has_notified_and_leaves_again_has_a_new_period() -> None:
    server = watching()
    server.give(LANDED, instant(START))
    files(server, days(5), days(5))
    leaves(server, days(50), number=2)
    server.pass_time(at(days(200)))
    (line,) = server.lines("candidate_found")
    assert (line.data["ground"], line.data["start"]) == ("not_renewed", days(50).isoformat())


def test_a_permission_begins_a_period_unless_the_residence_counts_as_notified_with_it() -> None:
    for notified in (False, True):
        server = watching()
        server.give(Permitted(P, MID, START, notified=notified), instant(START))
        server.pass_time(at(days(200)))
        assert len(found(server)) == (0 if notified else 1)


def test_a_special_permanent_resident_is_never_a_candidate() -> None:
    """S0-012: 中長期在留者のみ."""
    server = watching()
    server.give(Landed(P, SPECIAL, START), instant(START))
    leaves(server, person_class=str(SPECIAL))
    server.give(LANDED, instant(START))
    changed = Decide("C", P, "items_wrong", CARD, person_class=str(SPECIAL))
    assert server.give(changed, at(days(2))).reply.ok
    server.pass_time(at(days(300)))
    assert found(server) == []


@pytest.mark.parametrize("reason", ["departed", "revoked", "status_ended", "out_of_scope", "reentry_expired"])
def test_no_period_runs_on_for_one_who_is_in_the_class_no_more(reason: str) -> None:
    server = watching()
    server.give(LANDED, instant(START))
    assert server.give(Decide("C", P, reason, CARD), at(days(5))).reply.ok
    server.pass_time(at(days(200)))
    assert found(server) == []


@pytest.mark.parametrize("reason", ["death", "naturalized"])
def test_death_and_naturalization_end_the_period(reason: str) -> None:
    server = watching()
    server.give(LANDED, instant(START))
    leaves(server, days(5), reason=reason)
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_a_cancelled_notification_lets_the_period_run_on() -> None:
    server = watching()
    server.give(LANDED, instant(START))
    files(server, days(5), days(5), number=900)
    files(server, days(5), days(6), number=901, cancels="131041-00000900")
    server.pass_time(Instant(OVER + 1))
    assert found(server) == [("candidate_found", "")]
    files(server, days(80), days(95), number=902)
    files(server, days(80), days(96), number=903, cancels="131041-00000902")
    assert [kind for kind, _ in found(server)] == [
        "candidate_found",
        "candidate_withdrawn",
        "candidate_found",
    ]


def test_a_cancelled_leaving_has_begun_nothing() -> None:
    server = watching()
    leaves(server, number=1)
    back = {"action": "made", "reason": "cancellation", "cancels": "131041-00000001"}
    server.up(notice(2, event_date=START, filed_date=days(3), **back), now=at(days(3)))
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_a_leaving_that_is_cancelled_after_the_last_day_withdraws_the_candidate() -> None:
    server = watching()
    leaves(server, number=1)
    server.pass_time(at(days(100)))
    back = {"action": "made", "reason": "cancellation", "cancels": "131041-00000001"}
    server.up(notice(2, event_date=START, filed_date=days(100), **back), now=at(days(100)))
    assert found(server)[-1] == ("candidate_withdrawn", "leaving_cancelled")


def test_a_notification_in_a_municipality_outside_the_simulation_can_be_told() -> None:
    server = watching()
    leaves(server)
    server.give(NotifiedElsewhere(P, "X-1", days(4)), at(days(5)))
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_the_notice_of_the_municipality_that_was_left_comes_late_and_begins_nothing() -> None:
    server = watching()
    server.up(notice(1, event_date=days(1), filed_date=days(1)), now=at(days(1)), terminal=OTHER)
    server.up(
        transmission(2, event_date=START, filed_date=START), now=at(days(1)), terminal=OTHER, business="02"
    )
    leaves(server, days(2))
    server.pass_time(at(days(200)))
    assert found(server) == []


def test_a_server_that_does_not_watch_makes_no_wake_and_no_entry() -> None:
    server = Server(instant(START))
    server.give(LANDED, instant(START))
    leaves(server)
    files(server, days(5), days(5))
    assert server.alarms == []
    assert server.lines("candidate_found", "candidate_withdrawn") == []


def test_a_period_costs_one_wake_and_nobody_else_costs_any() -> None:
    server = watching()
    server.give(LANDED, instant(START))
    assert len(server.alarms) == 1
    files(server, days(5), days(5))
    server.up(notice(3, action="corrected", reason="alias_changed"), now=at(days(6)))
    assert len(server.alarms) == 1


def test_a_landed_person_is_known_by_the_card_before_any_register_holds_the_record() -> None:
    server = watching()
    server.give(Landed(P, MID, START, "CC00000001CC"), instant(START))
    taken = server.give(Landed("P0000009", MID, START, "CC00000001CC"), instant(START))
    assert taken.reply.code == "card_number_used_before"
    server.give(Decide("C", P, "card_reissued", "CC00000001CC", "CC00000002CC"), at(START))
    assert server.lines("notice_without_holder")


@given(
    filed=st.one_of(st.none(), st.integers(0, 120)),
    delay=st.integers(0, 60),
    leaving=st.booleans(),
)
def test_what_the_server_says_is_what_the_law_says_of_what_it_knows(
    filed: int | None, delay: int, leaving: bool
) -> None:
    """On every day: a candidate who is not withdrawn is one by the law, seen with the link's delay."""
    server = watching()
    if leaving:
        leaves(server)
    else:
        server.give(LANDED, instant(START))
    if filed is not None:
        arrives = days(filed + delay)
        server.pass_time(at(arrives))
        server.up(
            transmission(1, event_date=START, filed_date=days(filed)),
            now=at(arrives),
            business="02",
            terminal=OTHER,
        )
    server.pass_time(at(days(250)))
    ground = Ground.NOT_RENEWED if leaving else Ground.NOT_NOTIFIED
    truth = assess(
        Facts(
            person_class=MID,
            ground=ground,
            start=START,
            as_of=days(250),
            notified=None if filed is None else days(filed),
        )
    )
    events = found(server)
    if filed is None:
        assert events == [("candidate_found", "")]
    elif days(filed + delay) <= last_day(START):
        assert events == []
    else:
        why = "filed_in_time" if truth.status is Status.STOPPED else "filed_late"
        assert events == [("candidate_found", ""), ("candidate_withdrawn", why)]

"""What an office is set up for: it takes all of a filing or nothing of it, with staff who may."""

from __future__ import annotations

from datetime import date, time

import pytest

from sim.base.errors import UsageError
from sim.base.instant import Instant, instant
from sim.law.kinds import CardState, Filing
from sim.nodes.counter import Clerk, Office, OfficeKind, Role
from sim.nodes.messages.counter import OpenOffice, Visit
from tests.drivers.story import filing, person
from tests.nodes.counter.shift import CARDS, DAY, MORNING, Shift

REFERS = Office("yotsuya", kind=OfficeKind.BRANCH, accepts_foreign_filings=False, refers_to="main_office")
MOVED_IN = filing("C", person(1), Filing.MOVING_IN, DAY)
WITHOUT_CARD = filing("C", person(1), Filing.MOVING_IN, DAY, CardState.ABSENT)


@pytest.mark.parametrize("form", [MOVED_IN, WITHOUT_CARD])
@pytest.mark.parametrize("as_visit", [True, False])
def test_an_office_that_takes_no_foreign_filings_takes_no_half_of_one_and_says_where_to_go(
    form: object, as_visit: bool
) -> None:
    """S0-019, S0-020, S0-057."""
    shift = Shift(REFERS)
    reply = shift.give(Visit("C", (MOVED_IN,), 20) if as_visit else MOVED_IN)
    assert (reply.ok, reply.code) == (False, "not_accepted_here")
    assert shift.kinds() == ["visit_turned_away"]
    told = {"office": "yotsuya", "reason": "not_accepted_here", "referred_to": "main_office"}
    assert shift.last("visit_turned_away").data == told
    assert shift.revisions == []


def test_an_office_that_takes_them_does_everything_itself_and_in_one_session() -> None:
    """S0-017, S0-018, S0-020."""
    shift = Shift(Office("yotsuya", kind=OfficeKind.BRANCH, cards=CARDS))
    shift.give(Visit("V", (MOVED_IN,), 20))
    assert {line.data["office"] for line in shift.lines()} == {"yotsuya"}
    assert len({line.data["session"] for line in shift.lines()}) == 1
    assert shift.reads[0].office == "yotsuya"
    assert shift.reads[0].session == shift.last("card_endorsed").data["session"]


@pytest.mark.parametrize(
    ("at", "let_in"),
    [
        (instant(DAY, 8, 29, 59), False),
        (instant(DAY, 8, 30), True),
        (instant(DAY, 17, 14, 59), True),
        (instant(DAY, 17, 15), False),
        (instant(date(2019, 4, 20), 10), False),  # a Saturday
        (instant(date(2019, 5, 1), 10), False),  # the Emperor's accession, a holiday of that year only
    ],
)
def test_people_are_let_in_on_open_days_from_opening_until_before_closing(at: Instant, let_in: bool) -> None:
    shift = Shift()
    assert shift.give(Visit("V", (MOVED_IN,), 20), at).ok is let_in
    assert shift.kinds()[-1] == ("card_endorsed" if let_in else "visit_turned_away")
    if not let_in:
        assert shift.last("visit_turned_away").data["reason"] == "closed"


def test_who_was_never_trained_serves_nobody_with_a_card() -> None:
    """S0-050: reading cards and endorsing them wants training; taking a filing does not."""
    shift = Shift(Office(clerks=(Clerk("a"),), refers_to="main_office"))
    assert shift.give(Visit("V", (MOVED_IN,), 20)).code == "no_trained_clerk"
    told = {"office": "main_office", "reason": "no_trained_clerk", "referred_to": "main_office"}
    assert shift.last("visit_turned_away").data == told
    assert shift.give(Visit("W", (WITHOUT_CARD,), 20)).ok
    assert shift.last("visit_served").data["clerk"] == "a"


@pytest.mark.parametrize(
    ("clerk", "day", "may"),
    [
        (Clerk("a", trained_on=DAY), DAY, True),
        (Clerk("a", trained_on=DAY), date(2019, 4, 15), False),
        (Clerk("a", trained_on=DAY, trained_until=date(2020, 4, 15)), date(2020, 4, 15), True),
        (Clerk("a", trained_on=DAY, trained_until=date(2020, 4, 15)), date(2020, 4, 16), False),
        (Clerk("a", (Role.FILING, Role.ENDORSEMENT), trained_on=DAY), DAY, False),
        (Clerk("a", trained_on=DAY, until=date(2019, 9, 30)), date(2019, 9, 30), True),
        (Clerk("a", trained_on=DAY, until=date(2019, 9, 30)), date(2019, 10, 1), False),
    ],
)
def test_a_role_counts_from_the_training_until_it_or_the_account_runs_out(
    clerk: Clerk, day: date, may: bool
) -> None:
    """S0-050, S0-060."""
    assert clerk.may(Role.CARD_READING, day) is may


def test_the_account_of_a_temporary_clerk_ends_and_cannot_do_everything() -> None:
    """S0-060."""
    with pytest.raises(UsageError, match="temporary clerk"):
        Clerk("t", (Role.FILING,), temporary=True)
    with pytest.raises(UsageError, match="temporary clerk"):
        Clerk("t", temporary=True, until=DAY)
    clerk = Clerk("t", (Role.FILING,), temporary=True, until=DAY)
    assert clerk.may(Role.FILING, DAY)
    assert not clerk.may(Role.FILING, date(2019, 4, 17))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"opens": time(18)}, "opens before it closes"),
        ({"accepts_foreign_filings": False}, "refers people to another office"),
        ({"accepts_foreign_filings": False, "refers_to": "main_office"}, "refers people to another office"),
        ({"windows": 0}, "at least one window"),
        ({"clerks": (Clerk("a"), Clerk("a"))}, "an id of its own"),
        ({"languages": ("ja", "jp")}, "warns in one or more of"),
        ({"languages": ()}, "warns in one or more of"),
    ],
)
def test_an_office_that_cannot_be_is_refused_with_what_was_expected(
    changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(UsageError) as error:
        Office(**changes)  # type: ignore[arg-type]
    assert expected in str(error.value.expected)


def test_an_office_tells_how_it_is_set_up_and_what_it_lacks() -> None:
    """S0-024, S0-050, S0-056, S0-058."""
    shift = Shift(Office("yotsuya", kind=OfficeKind.BRANCH, windows=2, clerks=(Clerk("a"),)))
    shift.give(OpenOffice())
    data = shift.last("office_opened").data
    assert data["shortcomings"] == [
        "no_card_terminal",
        "nobody_trained",
        "no_maintenance_method",
        "japanese_only",
    ]
    assert (data["opens"], data["closes"], data["windows"], data["clerks"]) == ("08:30", "17:15", 2, 1)
    sound = Office(
        "yotsuya",
        kind=OfficeKind.BRANCH,
        clerks=(Clerk("a", trained_on=DAY),),
        cards=CARDS,
        languages=("ja", "pt"),
        maintenance="庁内の担当課による月例の点検",
    )
    shift = Shift(sound)
    shift.give(OpenOffice())
    assert shift.last("office_opened").data["shortcomings"] == []
    assert shift.last("office_opened").data["languages"] == ["ja", "pt"]
    assert REFERS.shortcomings(DAY) == []


def test_somebody_on_other_business_takes_up_a_window_and_nothing_else() -> None:
    shift = Shift(Office(windows=1))
    shift.give(Visit("other", (), 30), MORNING)
    shift.give(Visit("V", (MOVED_IN,), 20), MORNING)
    shift.over()
    served = {line.case: line.data for line in shift.lines("visit_served")}
    assert served["other"]["filings"] == 0
    assert served["V"]["waited"] == 30
    assert Shift(REFERS).give(Visit("other", (), 30)).ok

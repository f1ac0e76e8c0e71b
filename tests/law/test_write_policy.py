"""Writing into the chip: the steps of the national policy, and every reason why a terminal may not write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.changes import CHIP_SURVEY_FROM
from sim.law.write_policy import (
    WHY_SUSPENDED,
    Answer,
    Authorisation,
    Decision,
    Event,
    Ministry,
    Place,
    Policy,
    Reason,
    Signature,
    StartDecided,
    State,
    SurveyBegun,
    WritingStarted,
    may_write,
    odd_offices,
    spend,
    transition,
)
from sim.law.write_requirements import Connection, Municipality, Readiness, Terminal, readiness

SURVEYED = date(2013, 7, 1)
DECIDED = date(2014, 3, 31)
START = date(2014, 10, 1)
OPEN = Readiness(1892, ())
CLOSED = Readiness(1892, ("011002", "472085"))
SIGNED = (
    Signature(Ministry.INTERNAL_AFFAIRS, date(2014, 3, 1)),
    Signature(Ministry.JUSTICE, DECIDED),
)
DECISION = Decision(SIGNED, START)

SUSPENDED = Policy()
SURVEY = Policy(SURVEYED)
WITH_DECISION = Policy(SURVEYED, DECISION)
ACTIVE = Policy(SURVEYED, DECISION, START)
STEPS: list[Event] = [SurveyBegun(SURVEYED), StartDecided(DECISION), WritingStarted(START, OPEN)]

MAIN = Terminal("t1", "main", Connection.LGWAN, True)
BRANCH = Terminal("t2", "branch", Connection.LGWAN, True)
CITY = Municipality("131041", True, True, (MAIN, BRANCH))
PLACE = Place(OPEN, CITY, "t1")
ONCE = Authorisation("a1", "t1", online=True)


def reasons(
    policy: Policy = ACTIVE,
    place: Place = PLACE,
    authorisation: Authorisation | None = ONCE,
    on: date = START,
) -> tuple[Reason, ...]:
    answer = may_write(policy, place, authorisation, on)
    assert answer.allowed is (answer.reasons == ())
    return answer.reasons


def municipality(*terminals: Terminal) -> Place:
    return replace(PLACE, municipality=replace(CITY, terminals=terminals))


# The policy's steps


@pytest.mark.parametrize(
    ("policy", "state", "allowed"),
    [
        (SUSPENDED, "suspended", "SurveyBegun: the ministry surveys the municipalities first"),
        (SURVEY, "survey", "StartDecided: both ministries decide the start"),
        (
            WITH_DECISION,
            "decided",
            "WritingStarted: on or after the decided day, every municipality ready",
        ),
        (ACTIVE, "active", "no further step"),
    ],
)
def test_each_state_takes_one_step_only_and_the_error_names_it(
    policy: Policy, state: str, allowed: str
) -> None:
    for event in STEPS:
        if allowed.startswith(type(event).__name__):
            assert transition(policy, event) != policy
            continue
        with pytest.raises(UsageError, match=f"is {state} and does not take this step") as caught:
            transition(policy, event)
        assert caught.value.expected == allowed
        assert caught.value.received == type(event).__name__


def test_the_steps_lead_from_suspended_to_active() -> None:
    policy = Policy()
    assert (policy.state, policy) == (State.SUSPENDED, SUSPENDED)
    policy = transition(policy, STEPS[0])
    assert (policy.state, policy) == (State.SURVEY, SURVEY)
    policy = transition(policy, STEPS[1])
    assert (policy.state, policy) == (State.DECIDED, WITH_DECISION)
    policy = transition(policy, STEPS[2])
    assert (policy.state, policy) == (State.ACTIVE, ACTIVE)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2012, 7, 9), State.SUSPENDED),
        (date(2013, 6, 30), State.SUSPENDED),
        (date(2013, 7, 1), State.SURVEY),
        (date(2014, 3, 30), State.SURVEY),
        (date(2014, 3, 31), State.DECIDED),
        (date(2014, 9, 30), State.DECIDED),
        (date(2014, 10, 1), State.ACTIVE),
        (date(2026, 4, 1), State.ACTIVE),
    ],
)
def test_a_step_holds_from_its_own_day(day: date, state: State) -> None:
    assert ACTIVE.state_on(day) is state


def test_no_survey_begins_before_fiscal_2013() -> None:
    assert date(2013, 4, 1) == CHIP_SURVEY_FROM
    with pytest.raises(UsageError, match="the survey comes too early") as caught:
        transition(SUSPENDED, SurveyBegun(date(2013, 3, 31)))
    assert (caught.value.expected, caught.value.received) == ("a day from 2013-04-01 on", "2013-03-31")
    assert transition(SUSPENDED, SurveyBegun(date(2013, 4, 1))).survey_since == date(2013, 4, 1)


def test_the_decision_cannot_come_before_the_survey() -> None:
    with pytest.raises(UsageError, match="the decision comes too early"):
        transition(Policy(DECIDED + timedelta(days=1)), StartDecided(DECISION))
    assert transition(Policy(DECIDED), StartDecided(DECISION)).state is State.DECIDED


def test_writing_cannot_start_before_the_decided_day_though_it_may_start_later() -> None:
    with pytest.raises(UsageError, match="the start of writing comes too early") as caught:
        transition(WITH_DECISION, WritingStarted(START - timedelta(days=1), OPEN))
    assert caught.value.expected == "a day from 2014-10-01 on"
    later = transition(WITH_DECISION, WritingStarted(START + timedelta(days=1), OPEN))
    assert later.state_on(START) is State.DECIDED


def test_writing_does_not_start_while_one_municipality_is_not_ready() -> None:
    with pytest.raises(UsageError, match="everywhere or nowhere") as caught:
        transition(WITH_DECISION, WritingStarted(START, CLOSED))
    assert caught.value.expected == "all 1892 municipalities meet the three requirements"
    assert caught.value.received == "2 do not, the first 011002"


@pytest.mark.parametrize(
    ("signatures", "received"),
    [
        ((), "no signature"),
        (SIGNED[:1], "internal_affairs"),
        (SIGNED[1:], "justice"),
        ((SIGNED[1], SIGNED[1]), "justice, justice"),
        ((*SIGNED, SIGNED[0]), "internal_affairs, internal_affairs, justice"),
    ],
)
def test_a_decision_is_signed_by_both_ministries_once(
    signatures: tuple[Signature, ...], received: str
) -> None:
    with pytest.raises(UsageError, match="both ministries together") as caught:
        Decision(signatures, START)
    assert caught.value.expected == "internal_affairs and justice"
    assert caught.value.received == received


def test_a_decision_is_dated_by_its_last_signature_and_its_start_is_not_before() -> None:
    assert DECISION.on == Decision(SIGNED[::-1], START).on == DECIDED
    assert Decision(SIGNED, DECIDED).start == DECIDED
    with pytest.raises(UsageError, match="before it was decided") as caught:
        Decision(SIGNED, DECIDED - timedelta(days=1))
    assert (caught.value.expected, caught.value.received) == ("a start from 2014-03-31 on", "2014-03-30")


@pytest.mark.parametrize(
    ("step", "make"),
    [
        ("the decision", lambda: Policy(decision=DECISION)),
        ("the start of writing", lambda: Policy(SURVEYED, active_since=START)),
        ("the start of writing", lambda: Policy(active_since=START)),
    ],
)
def test_a_policy_that_skips_a_step_cannot_be_made(step: str, make: Callable[[], Policy]) -> None:
    with pytest.raises(UsageError, match=f"{step} has no step before it") as caught:
        make()
    assert caught.value.remedy == "make a policy by transition"


# What an error tells


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: Decision(SIGNED[:1], START),
            (
                "the start is decided by both ministries together, each signing once",
                "internal_affairs and justice",
                "internal_affairs",
                "sim.law.write_policy.Decision",
                "give one signature of each ministry",
            ),
        ),
        (
            lambda: Decision(SIGNED, DECIDED - timedelta(days=1)),
            (
                "writing cannot start before it was decided",
                "a start from 2014-03-31 on",
                "2014-03-30",
                "sim.law.write_policy.Decision",
                "choose a start on or after the last signature",
            ),
        ),
        (
            lambda: transition(SURVEY, SurveyBegun(SURVEYED)),
            (
                "the policy on writing is survey and does not take this step",
                "StartDecided: both ministries decide the start",
                "SurveyBegun",
                "sim.law.write_policy.transition",
                "take the expected step, if there is one; the policy never goes back",
            ),
        ),
        (
            lambda: transition(WITH_DECISION, WritingStarted(START, CLOSED)),
            (
                "writing starts everywhere or nowhere, and not every municipality is ready",
                "all 1892 municipalities meet the three requirements",
                "2 do not, the first 011002",
                "sim.law.write_policy.transition",
                "let every unready municipality meet them first",
            ),
        ),
        (
            lambda: spend(replace(ONCE, used=True)),
            (
                "an authorisation to write serves once",
                "an unused authorisation",
                "a1",
                "sim.law.write_policy.spend",
                "obtain a new one online for the next write",
            ),
        ),
        (
            lambda: may_write(ACTIVE, replace(PLACE, terminal="t9"), ONCE, START),
            (
                "the municipality has no such card terminal",
                "t1, t2",
                "t9",
                "sim.law.write_policy.may_write, 131041",
                "name a terminal of this municipality, or add it to its terminals",
            ),
        ),
        (
            lambda: Policy(SURVEYED, active_since=START),
            (
                "the start of writing has no step before it",
                "the steps in their order: survey, decision, start",
                "2014-10-01",
                "sim.law.write_policy.Policy",
                "make a policy by transition",
            ),
        ),
        (
            lambda: Policy(date(2013, 3, 31)),
            (
                "the survey comes too early",
                "a day from 2013-04-01 on",
                "2013-03-31",
                "sim.law.write_policy.Policy",
                "choose a later day",
            ),
        ),
    ],
)
def test_an_error_on_writing_tells_what_was_expected_what_came_where_and_what_to_do(
    call: Callable[[], object], told: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    error = caught.value
    assert (error.message, error.expected, error.received, error.where, error.remedy) == told


# Who may write


def test_an_active_policy_a_ready_country_and_a_fresh_authorisation_let_a_terminal_write() -> None:
    assert may_write(ACTIVE, PLACE, ONCE, START) == Answer(
        State.ACTIVE, (), ("chip-write-status", "chip-write-survey", "chip-write-authorisation")
    )
    assert may_write(ACTIVE, PLACE, ONCE, START).allowed is True


@pytest.mark.parametrize(
    ("policy", "day", "state"),
    [
        (SUSPENDED, date(2026, 4, 1), State.SUSPENDED),
        (SURVEY, date(2026, 4, 1), State.SURVEY),
        (WITH_DECISION, date(2026, 4, 1), State.DECIDED),
        (ACTIVE, date(2014, 9, 30), State.DECIDED),
    ],
)
def test_nobody_writes_before_the_start(policy: Policy, day: date, state: State) -> None:
    answer = may_write(policy, PLACE, ONCE, day)
    assert (answer.allowed, answer.state, answer.reasons) == (False, state, (Reason.SUSPENDED,))


def test_a_municipality_elsewhere_that_is_not_ready_stops_everybody() -> None:
    assert reasons(place=replace(PLACE, readiness=CLOSED)) == (Reason.NATION_NOT_READY,)


@pytest.mark.parametrize(
    ("place", "against"),
    [
        (
            replace(PLACE, municipality=replace(CITY, security_policy_permits=False)),
            (Reason.NATION_NOT_READY, Reason.SECURITY_POLICY),
        ),
        (
            replace(PLACE, municipality=replace(CITY, lan_configured=False)),
            (Reason.NATION_NOT_READY, Reason.LAN_SETTINGS),
        ),
        (
            municipality(MAIN, replace(BRANCH, connection=Connection.LAN_ONLY)),
            (Reason.NATION_NOT_READY, Reason.MUNICIPALITY_OFF_LGWAN),
        ),
        (
            municipality(replace(MAIN, connection=Connection.LAN_ONLY), BRANCH),
            (Reason.NATION_NOT_READY, Reason.MUNICIPALITY_OFF_LGWAN, Reason.TERMINAL_OFF_LGWAN),
        ),
        (
            municipality(replace(MAIN, connection=Connection.STANDALONE), BRANCH),
            (
                Reason.NATION_NOT_READY,
                Reason.MUNICIPALITY_OFF_LGWAN,
                Reason.TERMINAL_OFF_LGWAN,
                Reason.STANDALONE,
            ),
        ),
        (municipality(MAIN, replace(BRANCH, writes=False)), (Reason.OFFICES_DIFFER,)),
        (municipality(replace(MAIN, writes=False), BRANCH), (Reason.OFFICES_DIFFER, Reason.SWITCHED_OFF)),
        (municipality(replace(MAIN, writes=False), replace(BRANCH, writes=False)), (Reason.SWITCHED_OFF,)),
        (municipality(MAIN), ()),
    ],
)
def test_a_terminal_is_told_what_its_municipality_and_it_itself_lack(
    place: Place, against: tuple[Reason, ...]
) -> None:
    assert reasons(place=place) == against


@pytest.mark.parametrize(
    ("authorisation", "against"),
    [
        (None, (Reason.NOT_AUTHORISED,)),
        (replace(ONCE, online=False), (Reason.AUTHORISED_OFFLINE,)),
        (replace(ONCE, used=True), (Reason.AUTHORISATION_USED,)),
        (replace(ONCE, terminal="t2"), (Reason.AUTHORISED_ELSEWHERE,)),
        (
            Authorisation("a1", "t2", online=False, used=True),
            (Reason.AUTHORISED_OFFLINE, Reason.AUTHORISATION_USED, Reason.AUTHORISED_ELSEWHERE),
        ),
    ],
)
def test_an_authorisation_is_fresh_online_and_this_terminals(
    authorisation: Authorisation | None, against: tuple[Reason, ...]
) -> None:
    assert reasons(authorisation=authorisation) == against


def test_all_reasons_are_told_at_once_and_in_order() -> None:
    worst = Place(
        CLOSED,
        Municipality("131041", False, False, (Terminal("t1", "main", Connection.STANDALONE, False), BRANCH)),
        "t1",
    )
    everything = list(Reason)
    without_authorisation = everything[: everything.index(Reason.NOT_AUTHORISED) + 1]
    assert list(reasons(Policy(), worst, None)) == without_authorisation
    bad = Authorisation("a1", "t2", online=False, used=True)
    assert list(reasons(Policy(), worst, bad)) == [
        reason for reason in everything if reason is not Reason.NOT_AUTHORISED
    ]


@pytest.mark.parametrize(("terminals", "known"), [((MAIN, BRANCH), "t1, t2"), ((), "no terminal at all")])
def test_a_terminal_that_the_municipality_does_not_have_is_a_usage_error(
    terminals: tuple[Terminal, ...], known: str
) -> None:
    with pytest.raises(UsageError, match="no such card terminal") as caught:
        may_write(ACTIVE, replace(municipality(*terminals), terminal="t9"), ONCE, START)
    assert (caught.value.expected, caught.value.received) == (known, "t9")


def test_an_authorisation_is_spent_once() -> None:
    spent = spend(ONCE)
    assert spent == Authorisation("a1", "t1", online=True, used=True)
    assert reasons(authorisation=spent) == (Reason.AUTHORISATION_USED,)
    with pytest.raises(UsageError, match="serves once") as caught:
        spend(spent)
    assert caught.value.received == "a1"
    assert caught.value.remedy is not None


@pytest.mark.parametrize(
    ("day", "switches", "odd"),
    [
        (date(2014, 9, 30), (False, False), ()),
        (date(2014, 9, 30), (True, False), ("main",)),
        (date(2014, 9, 30), (True, True), ("branch", "main")),
        (date(2014, 10, 1), (True, True), ()),
        (date(2014, 10, 1), (True, False), ("branch",)),
        (date(2014, 10, 1), (False, False), ("branch", "main")),
    ],
)
def test_an_office_that_writes_too_early_or_not_at_all_is_odd(
    day: date, switches: tuple[bool, bool], odd: tuple[str, ...]
) -> None:
    place = municipality(replace(MAIN, writes=switches[0]), replace(BRANCH, writes=switches[1]))
    assert odd_offices(ACTIVE, place.municipality, day) == odd


def test_an_office_with_two_odd_terminals_is_named_once() -> None:
    pair = replace(CITY, terminals=(MAIN, replace(BRANCH, office="main")))
    assert odd_offices(SUSPENDED, pair, START) == ("main",)


# Words


def test_the_default_is_suspended_and_says_why() -> None:
    assert WHY_SUSPENDED == (
        "2011年の方針により当分の間行わないこととされており、その後の開始を示す公式資料は確認できていません。",
        "The policy of 2011 suspends it for the time being, and no official source on a later start was"
        " found.",
    )


def test_states_ministries_and_reasons_have_names_in_both_languages() -> None:
    assert [(one.value, one.ja, one.en) for one in State] == [
        ("suspended", "当分の間行わない", "suspended for the time being"),
        ("survey", "実状の調査中（書込みは行わない）", "survey under way, still suspended"),
        ("decided", "開始時期を決定済み（書込みは行わない）", "start decided, still suspended"),
        ("active", "運用中", "active"),
    ]
    assert [(one.value, one.ja, one.en) for one in Ministry] == [
        ("internal_affairs", "総務省", "Ministry of Internal Affairs and Communications"),
        ("justice", "法務省（出入国在留管理庁）", "Ministry of Justice (Immigration Services Agency)"),
    ]
    assert [one.value for one in Reason] == [
        "suspended",
        "nation_not_ready",
        "municipality_off_lgwan",
        "security_policy",
        "lan_settings",
        "terminal_off_lgwan",
        "standalone",
        "offices_differ",
        "switched_off",
        "not_authorised",
        "authorised_offline",
        "authorisation_used",
        "authorised_elsewhere",
    ]
    assert (Reason.SUSPENDED.ja, Reason.SUSPENDED.en) == (
        "この日には、市区町村が住居地をICチップに書き込むことは止められています。",
        "Writing by municipalities is suspended on that day.",
    )
    assert (Reason.MUNICIPALITY_OFF_LGWAN.ja, Reason.MUNICIPALITY_OFF_LGWAN.en) == (
        "この市区町村にLGWANに接続されていないICカード取扱端末があります。",
        "Not every card terminal of this municipality reaches LGWAN.",
    )
    for reason in Reason:
        assert reason.ja.endswith("。") and reason.en.endswith(".")


# Laws

days = st.dates(date(2013, 1, 1), date(2016, 12, 31))
decisions = st.builds(
    lambda first, second, wait: Decision(
        (Signature(Ministry.JUSTICE, first), Signature(Ministry.INTERNAL_AFFAIRS, second)),
        max(first, second) + timedelta(days=wait),
    ),
    days,
    days,
    st.integers(0, 400),
)
events = st.one_of(
    st.builds(SurveyBegun, days),
    st.builds(StartDecided, decisions),
    st.builds(WritingStarted, days, st.sampled_from([OPEN, CLOSED])),
)


@given(st.lists(events, max_size=12), days)
def test_every_sequence_of_events_keeps_the_order_of_the_steps(taken: list[Event], on: date) -> None:
    policy = Policy()
    for event in taken:
        before = policy.state
        try:
            policy = transition(policy, event)
        except UsageError:
            assert policy.state is before
        else:
            assert list(State).index(policy.state) == list(State).index(before) + 1
    if policy.active_since is not None:
        assert policy.decision is not None and policy.survey_since is not None
        assert {signature.ministry for signature in policy.decision.signatures} == set(Ministry)
        assert CHIP_SURVEY_FROM <= policy.survey_since <= policy.decision.on <= policy.decision.start
        assert policy.decision.start <= policy.active_since
        assert WritingStarted(policy.active_since, OPEN) in taken
    allowed = may_write(policy, PLACE, ONCE, on).allowed
    assert allowed is (policy.active_since is not None and policy.active_since <= on)


switched = st.builds(
    lambda ones: Municipality(
        "131041",
        True,
        True,
        tuple(Terminal(str(n), f"office {n % 2}", link, writes) for n, (link, writes) in enumerate(ones)),
    ),
    st.lists(st.tuples(st.sampled_from(Connection), st.booleans()), min_size=1, max_size=4),
)


@given(switched, st.integers(0, 3), st.sampled_from([SUSPENDED, SURVEY, WITH_DECISION, ACTIVE]))
def test_whoever_may_write_stands_in_a_municipality_where_every_terminal_may(
    one: Municipality, n: int, policy: Policy
) -> None:
    def allowed(terminal: Terminal) -> bool:
        place = Place(readiness([one]), one, terminal.id)
        return may_write(policy, place, Authorisation("a", terminal.id, online=True), START).allowed

    if allowed(one.terminals[n % len(one.terminals)]):
        assert policy is ACTIVE
        assert all(allowed(terminal) for terminal in one.terminals)
        assert odd_offices(policy, one, START) == ()


@pytest.mark.parametrize(
    "value",
    [*SIGNED[:1], DECISION, ACTIVE, *STEPS, PLACE, ONCE, may_write(ACTIVE, PLACE, ONCE, START)],
    ids=lambda value: type(value).__name__,
)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")

"""Whoever comes, however many and whatever is wrong: the four steps keep their order and nobody is lost."""

from __future__ import annotations

from collections import Counter as Counted
from datetime import date

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base.instant import MINUTE, Instant, instant
from sim.law.deeming import SETTLING, deem, residence_duty
from sim.law.filers import Living, Tie
from sim.law.household import Member, household
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.counter import Clerk, Office, Role
from sim.nodes.counter.queue import needs
from sim.nodes.messages.counter import Endorse, FileFiling, Visit
from sim.nodes.messages.people import Visitor
from tests.drivers.story import filing, person
from tests.nodes.counter.shift import CARDS, DAY, Shift

OPENS = instant(DAY, 8, 0)
STEPS = (
    "identity_confirmed",
    ("authenticity_confirmed", "authenticity_failed"),
    ("filing_accepted", "filing_refused"),
    ("card_endorsed", "endorsement_withheld"),
)
RANK = {
    kind: rank for rank, kinds in enumerate(STEPS) for kind in ([kinds] if isinstance(kinds, str) else kinds)
}

CLERKS = st.lists(
    st.sampled_from(
        [
            Clerk("a", trained_on=DAY),
            Clerk("b", trained_on=DAY),
            Clerk("c"),
            Clerk("d", (Role.FILING, Role.CARD_READING), DAY, temporary=True, until=DAY),
        ]
    ),
    unique=True,
    max_size=4,
)
OFFICES = st.builds(
    lambda windows, clerks, terminal: Office(
        windows=windows, clerks=tuple(clerks), cards=CARDS if terminal else None
    ),
    st.none() | st.integers(1, 3),
    CLERKS,
    st.booleans(),
)
BY = st.none() | st.builds(
    Visitor,
    tie=st.sampled_from([tie for tie in Tie if tie is not Tie.SELF]),
    age=st.sampled_from([15, 16, 40]),
    living=st.sampled_from(Living),
    mandate=st.booleans(),
    identity_shown=st.sampled_from([True, True, False]),
    asked=st.booleans(),
)


@st.composite
def filings(draw: st.DrawFn) -> FileFiling:
    number = draw(st.integers(1, 4))
    who = person(
        number,
        person_class=draw(st.sampled_from(list(PersonClass)[:3])),
        birth_date=draw(st.sampled_from([date(1990, 1, 1), date(2010, 1, 1)])),
        photo=draw(st.booleans()),
        card_until=draw(st.sampled_from([None, None, date(2019, 4, 1)])),
    )
    form = filing(
        "",
        who,
        draw(st.sampled_from(Filing)),
        DAY,
        draw(st.sampled_from([CardState.PRESENTED, *CardState])),
        history=draw(st.sampled_from(History)),
    )
    return msgspec.structs.replace(
        form,
        by=draw(BY),
        forged=draw(st.sampled_from([(), (), ("name",)])),
        broken=draw(st.booleans()),
        endorsing_fails=draw(st.sampled_from(["", "", "printer_out_of_order"])),
    )


# (minutes since the one before, minutes at the window, filings, whether a failed endorsement is made up)
ROUNDS = st.lists(
    st.tuples(st.integers(0, 120), st.integers(1, 200), st.lists(filings(), max_size=3), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(OFFICES, ROUNDS, st.sampled_from(["", "", "untrained"]))
def test_whoever_comes_is_served_once_in_order_and_nothing_is_left_unsaid(
    office: Office, rounds: list[tuple[int, int, list[FileFiling], bool]], refuses: str
) -> None:
    """S0-007, S0-017, S0-018, S0-032, S0-049, S0-055."""
    shift = Shift(office, terminal_refuses=refuses)
    visits: dict[str, tuple[Visit, Instant]] = {}
    now = OPENS
    for n, (gap, minutes, forms, again) in enumerate(rounds):
        now = Instant(now + gap * MINUTE)
        named = tuple(msgspec.structs.replace(form, case=f"C{n}-{i}") for i, form in enumerate(forms))
        visit = Visit(f"V{n}", named, minutes)
        visits[visit.case] = (visit, now)
        shift.give(visit, now)
        if again:
            for form in named:
                if shift.lines("case_left_open", case=form.case):
                    shift.give(Endorse(form.case, form.person.ref), now)
    shift.over()

    _everybody_is_served_or_turned_away_once(shift, visits)
    _windows_and_clerks_serve_one_at_a_time(shift, office, visits)
    _first_come_first_served(shift, visits)
    for visit, _ in visits.values():
        _steps_in_order(shift, visit)
        _nothing_asked_twice(shift, visit)
        for form in visit.filings:
            _no_case_closes_over_an_unendorsed_card(shift, form)
            _no_residence_task_ends_unsaid(shift, form)


def _everybody_is_served_or_turned_away_once(shift: Shift, visits: dict[str, tuple[Visit, Instant]]) -> None:
    ends = Counted(line.case for line in shift.lines("visit_served", "visit_turned_away"))
    assert ends == dict.fromkeys(visits, 1)
    assert shift.calls <= len(visits)
    with shift.rig.store.transaction() as transaction:
        assert transaction.state.waiting() == []
    for case, (visit, _) in visits.items():
        if any(line.case == case for line in shift.lines("visit_served")):
            decided = [
                line.case
                for form in visit.filings
                for line in shift.lines("filing_accepted", "filing_refused", case=form.case)
            ]
            assert decided == [form.case for form in visit.filings]
        else:
            assert not any(shift.kinds(form.case) for form in visit.filings)


def _windows_and_clerks_serve_one_at_a_time(
    shift: Shift, office: Office, visits: dict[str, tuple[Visit, Instant]]
) -> None:
    served = [
        (line.at, Instant(line.at + line.data["minutes"] * MINUTE), line)
        for line in shift.lines("visit_served")
    ]
    for begin, _, line in served:
        at_once = [other for start, end, other in served if start <= begin < end]
        if office.capacity is not None:
            assert len(at_once) <= office.capacity
        if office.clerks:
            assert len({other.data["clerk"] for other in at_once}) == len(at_once)
            clerk = next(one for one in office.clerks if one.id == line.data["clerk"])
            assert clerk.may_all(needs(visits[line.case][0]), DAY)


def _first_come_first_served(shift: Shift, visits: dict[str, tuple[Visit, Instant]]) -> None:
    at = {line.case: line.at for line in shift.lines("visit_served")}
    came = [case for case in visits if case in at]
    for i, first in enumerate(came):
        for later in came[i + 1 :]:
            if needs(visits[first][0]) == needs(visits[later][0]):
                assert at[first] <= at[later]


def _steps_in_order(shift: Shift, visit: Visit) -> None:
    cases = {form.case for form in visit.filings}
    lines = [line for line in shift.lines() if line.case in cases and line.kind in RANK]
    for ref in {line.subject for line in lines}:
        own = [line for line in lines if line.subject == ref]
        went_on = [line for line in own if line.kind != "filing_refused"]
        ranks = [RANK[line.kind] for line in went_on]
        assert ranks == sorted(ranks)
        assert len({(line.data["office"], line.data["session"]) for line in own}) == 1
    for case in cases:
        kinds = [line.kind for line in lines if line.case == case]
        if "card_endorsed" in kinds:
            assert [kind for kind in kinds if kind != "endorsement_withheld"] == [
                "identity_confirmed",
                "authenticity_confirmed",
                "filing_accepted",
                "card_endorsed",
            ]
        assert kinds.count("filing_accepted") + kinds.count("filing_refused") <= 1


def _nothing_asked_twice(shift: Shift, visit: Visit) -> None:
    forms = {form.case: form for form in visit.filings}
    facts = []
    for line in shift.lines("items_taken"):
        if line.case in forms:
            form = forms[line.case]
            common = {"address": form.new_address, "previous_address": "", "event_date": ""}
            facts += [(item, common.get(item, line.subject)) for item in line.data["asked"]]
    assert len(facts) == len(set(facts))


def _no_case_closes_over_an_unendorsed_card(shift: Shift, form: FileFiling) -> None:
    kinds = shift.kinds(form.case)
    assert kinds.count("card_endorsed") <= 1
    assert kinds.count("case_closed") <= 1
    if "case_closed" in kinds:
        assert kinds.index("card_endorsed") < kinds.index("case_closed")
        assert "case_left_open" in kinds
    accepted = shift.lines("filing_accepted", case=form.case)
    settles = form.filing not in (
        Filing.MOVING_OUT,
        Filing.HOUSEHOLD_CHANGE,
        Filing.RELATIONSHIP_CHANGE,
    )
    if accepted and settles and accepted[0].data["card"] in ("presented", "expired", "expired_pending"):
        withheld = [line.data["reason"] for line in shift.lines("endorsement_withheld", case=form.case)]
        if "card_endorsed" in kinds:
            assert set(withheld) <= {"printer_out_of_order"}
        elif withheld[0] == "printer_out_of_order":
            reasons = [line.data["reason"] for line in shift.lines("case_left_open", case=form.case)]
            assert reasons[-1] == "closing_time"
        else:
            assert withheld[0] in ("card_expired", "notification_not_made")
            assert "case_left_open" not in kinds


def _no_residence_task_ends_unsaid(shift: Shift, form: FileFiling) -> None:
    """S0-017, S0-021: what settles a residence notifies it now, or leaves the duty open and says so."""
    settles = form.filing in SETTLING
    for line in shift.lines("filing_accepted", case=form.case):
        article = residence_duty(form.person.person_class, form.history)
        opened = shift.lines("residence_duty_open", case=form.case)
        if settles and article is not None and form.history is not History.ACQUIRED_WITH_RECORD_COPY:
            known = form.history is History.RESIDENCE_ON_CARD  # and has not moved since
            asked = not (known and form.filing is Filing.BECAME_RESIDENT_STATUS)
            assert (line.data["deemed"] is not None) + len(opened) == asked
        for duty in opened:
            assert (duty.data["article"], duty.data["warned"]) == (article, True)
            assert (line.data["office"], line.data["deemed"]) == (shift.office.id, None)


# --- what a visit is for each member: the law's own answer ----------------------------------------------
AGES = st.sampled_from([10, 15, 16, 40, 70])
TIES = st.sampled_from([tie for tie in Tie if tie is not Tie.SELF])


@st.composite
def households(draw: st.DrawFn) -> tuple[Member, ...]:
    """One who stands at the counter (`m0`, maybe Japanese) and up to three for whom that one files."""
    members = [Member("m0", draw(AGES), None, head=True)]
    for n in range(1, draw(st.integers(2, 4))):
        ties = {other.id: draw(TIES) for other in members}
        members.append(
            Member(
                f"m{n}",
                draw(AGES),
                draw(st.sampled_from(list(PersonClass)[:3])),
                unable=draw(st.booleans()),
                asked=draw(st.booleans()),
                mandate=draw(st.booleans()),
                card_in_hand=draw(st.booleans()),
                ties=ties,
                legal_representatives=("m0",) if draw(st.booleans()) else (),
            )
        )
    return tuple(members)


def _inverse(tie: Tie) -> Tie:
    return {Tie.CHILD: Tie.PARENT, Tie.PARENT: Tie.CHILD}.get(tie, tie)


@settings(max_examples=150, deadline=None)
@given(households())
def test_a_visit_is_for_each_member_what_the_law_of_households_says(members: tuple[Member, ...]) -> None:
    """S0-059: `sim.law.household` is the oracle; the counter asks about each person alone."""
    head = members[0]
    forms = []
    for n, member in enumerate(members[1:], start=1):
        relatives = [
            member.ties.get(other.id, _inverse(other.ties.get(member.id, Tie.UNRELATED)))
            for other in members
            if other is not member and other.age >= 16
        ]
        by = Visitor(
            tie=member.ties[head.id],
            age=head.age,
            head=True,
            represents=bool(member.legal_representatives),
            proof=bool(member.legal_representatives),
            mandate=member.mandate,
            asked=member.asked,
            unable=member.unable,
        )
        who = person(n, person_class=member.person_class, birth_date=date(2019 - member.age, 1, 1))
        card = CardState.PRESENTED if member.card_in_hand else CardState.ABSENT
        form = filing(member.id, who, Filing.MOVING_IN, DAY, card)
        known = tuple(tie for tie in relatives if tie is not Tie.UNRELATED)
        forms.append(msgspec.structs.replace(form, by=by, relatives=known))
    shift = Shift()
    shift.give(Visit("V", tuple(forms), 30), instant(DAY, 9))
    answers = {answer.id: answer for answer in household(Filing.MOVING_IN, members, "m0")}
    for form in forms:
        answer = answers[form.case]
        accepted = bool(shift.lines("filing_accepted", case=form.case))
        assert answer.register is not None
        assert accepted == answer.register.allowed
        clause = deem(form.person.person_class, form.history, form.filing, form.card).clause
        if accepted:
            (line,) = shift.lines("filing_accepted", case=form.case)
            assert line.data["deemed"] == (clause if answer.notified else None)
            assert bool(shift.lines("residence_duty_open", case=form.case)) == answer.still_due

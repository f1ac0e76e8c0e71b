"""What happens in a scenario hangs together: nobody files twice, vanishes, or comes to a closed door."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

import pytest

from sim.base.instant import japan_date, japan_time
from sim.base.streams import Streams
from sim.drivers.world import Input
from sim.exchange.birth import latest_day
from sim.law.kinds import Filing, PersonClass
from sim.law.rules import RULES
from sim.nodes.counter import Office
from sim.nodes.counter.queue import needs
from sim.nodes.messages.agency import Decide, ExtendPeriod
from sim.nodes.messages.counter import Endorse, FileFiling, Visit
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import (
    ChangeRecord,
    ConfirmNotices,
    HandOverCertificate,
    IssueCopy,
    OpenRegister,
    RecordAbode,
)
from sim.studies import simulate
from sim.studies.building import nation_of, offices_for
from sim.studies.inputs.residents import Residents
from sim.studies.population import Population
from sim.studies.scenario import Scenario, loading


def given(name: str, days: int, *settings: str) -> Scenario:
    return loading.lasting(loading.changed(loading.load(name), settings), days)


def inputs(scenario: Scenario, seed: int = 1) -> list[Input]:
    return list(simulate.inputs_of(scenario, seed))


def forms(items: Sequence[Input]) -> Iterator[tuple[Input, FileFiling]]:
    """Every filing with the input that it came in."""
    for item in items:
        if isinstance(item.body, FileFiling):
            yield item, item.body
        elif isinstance(item.body, Visit):
            yield from ((item, form) for form in item.body.filings)


def offices_of(scenario: Scenario) -> dict[str, Office]:
    """Offices by the node id of their counter."""
    (place,) = scenario.places
    (site,) = nation_of(scenario, 0).sites
    return dict(zip(site.places.counters, offices_for(scenario, place), strict=True))


BRANCHES = given("branch-offices", 20)


@pytest.fixture(scope="module")
def branches() -> list[Input]:
    return inputs(BRANCHES)


# --- people ----------------------------------------------------------------------------------------------
def someone(number: int, household: str = "") -> Person:
    return Person(
        f"P{number:07d}",
        PersonClass.MID_LONG_TERM_RESIDENT,
        "KIM JIHO",
        date(1970 + number % 30, 1, 1),
        "F",
        "KOR",
        "見本市本町",
        f"AB{number:08d}CD",
        "留学",
        household=household,
    )


def test_who_is_drawn_is_out_of_the_pool_until_settled_and_households_go_together() -> None:
    people = [someone(n, f"H{n // 3}" if n >= 30 else "") for n in range(60)]
    pool = Residents(people)
    taken: list[Person] = []
    place = 7
    while len(pool):
        place = place * 31 + 11
        first = pool.draw(place)
        taken += [first, *pool.others_at_home(first)]
        home = {one.ref for one in people if one.household and one.household == first.household} or {
            first.ref
        }
        assert home <= {one.ref for one in taken}
    assert Counter(one.ref for one in taken) == Counter(one.ref for one in people)


def test_of_a_household_only_the_eldest_who_is_there_decides() -> None:
    eldest, other, third = someone(0, "H1"), someone(1, "H1"), someone(2, "H1")
    pool = Residents([other, third])
    assert pool.decides(eldest)  # the others are at home
    pool = Residents([eldest, third])
    assert not pool.decides(other)
    assert Residents([]).decides(other)
    assert Residents([eldest]).decides(someone(5))  # who lives alone decides alone


def test_members_of_a_household_live_at_one_address_from_the_start() -> None:
    """Their filings name the address that the register has for each of them."""
    people = Population(BRANCHES, Streams(1)).initial()
    homes: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if person.household:
            homes[person.household].append(person)
    assert len(people) == BRANCHES.residents
    assert len(homes) > 2000
    for members in homes.values():
        assert 2 <= len(members) <= 4
        assert len({one.address for one in members}) == 1
        (head,) = (one for one in members if one.head)
        assert latest_day(head.birth_date) == min(latest_day(one.birth_date) for one in members)


def test_a_filing_names_the_address_at_which_the_person_was_recorded(branches: list[Input]) -> None:
    opened = next(item.body for item in branches if isinstance(item.body, OpenRegister))
    lives = {person.ref: person.address for person in opened.residents}
    checked = 0
    offices = offices_of(BRANCHES)
    for item, form in forms(branches):
        assert isinstance(item.body, Visit)
        if not offices[item.to].accepts_foreign_filings or not offices[item.to].can_ever(
            needs(item.body), japan_date(item.at)
        ):
            continue  # sent on
        if form.filing in (Filing.MOVING_WITHIN, Filing.MOVING_OUT) and form.person.ref in lives:
            assert form.person.address == lives[form.person.ref]
            checked += 1
        if form.new_address:
            lives[form.person.ref] = form.new_address
    assert checked > 200


def test_households_do_not_make_more_people_move_than_the_rates_say() -> None:
    """Rates are of persons: with households fewer events happen, of more people each."""
    alone = given("media-city", 20, "population.households=[[1, 1.0]]")
    together = given("media-city", 20, "population.households=[[1, 0.5], [3, 0.5]]")
    for kind in (Filing.ENTRY_FROM_ABROAD, Filing.MOVING_IN, Filing.MOVING_OUT):
        one, other = (
            sum(form.filing is kind for _, form in forms(inputs(scenario))) for scenario in (alone, together)
        )
        assert one > 150
        assert abs(other / one - 1) < 0.2


def test_nobody_files_twice_for_one_event_or_after_leaving(branches: list[Input]) -> None:
    """Who is sent on comes again with the same case; nobody else does."""
    gone: set[str] = set()
    cases: dict[str, list[Input]] = defaultdict(list)
    for item, form in forms(branches):
        cases[form.case].append(item)
        if form.filing is Filing.MOVING_OUT:
            gone.add(form.person.ref)
        else:
            assert form.person.ref not in gone
    assert {len(items) for items in cases.values()} == {1, 2}
    for first, second in (items for items in cases.values() if len(items) == 2):
        assert first.to != second.to
        assert japan_date(first.at) < japan_date(second.at)


def test_who_forgot_the_card_comes_back_after_the_visit_and_to_the_same_office(branches: list[Input]) -> None:
    at = {form.case: item for item, form in forms(branches)}  # the latest visit of a case
    back = [case for case in at if case.endswith("-2")]
    assert len(back) > 5
    for case in back:
        first = at[case.removesuffix("-2")]
        assert first.at < at[case].at
        assert first.to == at[case].to


def test_between_two_cities_nobody_is_taken_in_before_leaving() -> None:
    """S1-007: the visit at the other city is later than the moving-out, on a busy day too."""
    moves: dict[str, list[tuple[Input, FileFiling]]] = defaultdict(list)
    at_once = ("filing.delay_days=[[0, 1.0]]", "filing.lead_days=[[0, 1.0]]")
    for item, form in forms(inputs(given("same-day-in-and-out", 40, *at_once))):
        moves[form.person.ref].append((item, form))
    onwards = 0
    for steps in moves.values():
        for (before, left), (after, came) in pairwise(steps):
            if (left.filing, came.filing) == (Filing.MOVING_OUT, Filing.MOVING_IN):
                assert before.at < after.at
                assert before.to != after.to
                assert left.event_date <= came.event_date
                onwards += 1
    assert onwards > 50


# --- offices ---------------------------------------------------------------------------------------------
def test_everybody_comes_while_the_office_is_open(branches: list[Input]) -> None:
    offices = offices_of(BRANCHES)
    for item in branches:
        if isinstance(item.body, FileFiling | Visit):
            office = offices[item.to]
            assert not RULES.is_closed(japan_date(item.at))
            assert office.opens <= japan_time(item.at) < office.closes


@pytest.mark.parametrize(
    ("name", "settings"),
    [("same-day-in-and-out", ["rates.same_day=1.0"]), ("renewal-then-copy", []), ("media-city", [])],
)
def test_visits_and_copies_are_within_hours_where_no_office_is_described(
    name: str, settings: list[str]
) -> None:
    """Those who leave on the day of arrival too: they come early enough to come back."""
    scenario = given(name, 25, *settings)
    seen: Counter[str] = Counter()
    for item in inputs(scenario):
        if isinstance(item.body, FileFiling | Visit | IssueCopy | HandOverCertificate):
            assert not RULES.is_closed(japan_date(item.at))
            assert scenario.counter.opens <= japan_time(item.at) < scenario.counter.closes
            seen[type(item.body).__name__] += 1
    assert seen["FileFiling"] > 100
    assert seen["Visit"] > 10


def test_longer_hours_of_the_scenario_hold_where_no_office_is_described() -> None:
    scenario = given("media-city", 10, "counter.opens=07:00:00", "counter.closes=20:00:00")
    kinds = Counter(line.kind for line in simulate.run(scenario, 1).site.lines())
    assert kinds["visit_served"] > 10
    assert kinds["visit_turned_away"] == 0


def test_whom_an_office_cannot_serve_it_sends_to_one_that_can(branches: list[Input]) -> None:
    offices = offices_of(BRANCHES)
    latest: dict[str, Input] = {}
    for item in branches:
        if isinstance(item.body, Visit):
            latest[item.body.case] = item
    for item in latest.values():
        assert isinstance(item.body, Visit)
        office, day = offices[item.to], japan_date(item.at)
        if day < date(2019, 4, 1):  # afterwards some come again only after the last day
            assert office.accepts_foreign_filings
            assert office.can_ever(needs(item.body), day)


def test_nobody_is_lost_where_no_office_can_serve_at_all() -> None:
    """All training runs out: people are turned away, and those who live there live on as recorded."""
    scenario = given(
        "standalone-terminals",
        20,
        *(f"municipality.offices.{n}.clerks=[{{ id = 'x', trained = 2018-05-08 }}]" for n in range(3)),
        "happenings=[]",
    )
    found = list(simulate.run(scenario, 1).site.lines())
    kinds = Counter(line.kind for line in found)
    assert kinds["visit_turned_away"] > 20
    assert kinds["revision_refused"] == 0
    items = inputs(scenario)
    seen = Counter(form.case for item, form in forms(items) if japan_date(item.at) < date(2019, 5, 20))
    assert max(seen.values()) == 1  # turned away once, and not sent anywhere


def test_only_what_would_have_been_endorsed_is_made_up_for(branches: list[Input]) -> None:
    failed = {form.case for _, form in forms(branches) if form.endorsing_fails}
    made_up = [item for item in branches if isinstance(item.body, Endorse)]
    assert {item.body.case for item in made_up if isinstance(item.body, Endorse)} == failed
    assert failed
    assert {form.filing for _, form in forms(branches) if form.endorsing_fails}.isdisjoint(
        {Filing.MOVING_OUT}
    )
    assert {japan_time(item.at).isoformat("minutes") for item in made_up} == {"16:59"}


# --- variants --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "setting",
    [
        "exchange.at=12:00:00",
        'exchange.copies="card_based"',
        "exchange.per_event=true",
        "lgwan.rate_kbps=16",
        'exchange.agency="immediate"',
    ],
)
def test_a_variant_that_concerns_nobody_at_a_counter_changes_nobodys_day(setting: str) -> None:
    """Common random numbers: the same people do the same things on the same days in both."""
    base, variant = (inputs(given("renewal-then-copy", 20, *more)) for more in ((), (setting,)))
    assert base == variant


@pytest.mark.parametrize(
    "setting",
    [
        "filing.by_other_share=0.5",
        "filing.forged_share=0.5",
        "filing.broken_share=0.5",
        "filing.copy_share=0.1",
    ],
)
def test_a_variant_of_one_habit_moves_nobody_elses_day(setting: str) -> None:
    """Each habit draws from a stream of its own, so the events before it stay as they are."""
    base, variant = (inputs(given("renewal-then-copy", 20, *more)) for more in ((), (setting,)))

    def moments(items: list[Input]) -> set[tuple[str, str, int]]:
        found = {(form.person.ref, str(form.filing), item.at) for item, form in forms(items)}
        return found | {
            (item.body.ref, "extended", item.at) for item in items if isinstance(item.body, ExtendPeriod)
        }

    assert moments(base) == moments(variant)
    assert base != variant


def test_another_city_does_not_move_the_people_of_the_first() -> None:
    """Streams bear the municipality's code."""
    items = inputs(given("same-day-in-and-out", 15, "rates.between=0.0", "rates.same_day=0.0"))
    busier = inputs(
        given(
            "same-day-in-and-out",
            15,
            "rates.between=0.0",
            "rates.same_day=0.0",
            "municipalities.1.activity=3.0",
        )
    )

    def at_first(rows: list[Input]) -> list[tuple[int, str, str]]:
        return [(item.at, form.person.ref, form.filing) for item, form in forms(rows) if "992011" in item.to]

    assert at_first(items) == at_first(busier)
    assert len(list(forms(busier))) > len(list(forms(items)))


# --- beside moves ----------------------------------------------------------------------------------------
def test_a_child_has_a_record_by_the_report_and_a_status_weeks_later() -> None:
    """S3-004: born here, in the household of a parent; the agency's decision follows the report."""
    items = inputs(given("media-city", 80, "rates.birth=0.05"))
    born = {item.body.person.ref: item for item in items if isinstance(item.body, ChangeRecord)}
    given_status = {
        item.body.ref: item
        for item in items
        if isinstance(item.body, Decide) and item.body.reason == "status_acquired"
    }
    assert len(born) > 100
    assert len(given_status) > 20
    for ref, item in given_status.items():
        report = born[ref]
        assert report.at < item.at
        assert isinstance(report.body, ChangeRecord)
        assert report.body.person.person_class is PersonClass.TRANSITIONAL_STAY
        assert report.body.person.household
        assert isinstance(item.body, Decide)
        assert item.body.card_number


def test_who_lives_here_without_a_record_gets_certificates_too() -> None:
    """S3-005, S3-013: the agency hears of it although there is no 住民票."""
    scenario = given("media-city", 12, "municipality.abode_only=60", "rates.certificate=9.0")
    items = inputs(scenario)
    abodes = {item.body.person.ref for item in items if isinstance(item.body, RecordAbode)}
    assert len(abodes) == 60
    lines = list(simulate.run(scenario, 1).site.lines())
    handed = {line.subject for line in lines if line.kind == "certificate_handed_over"}
    assert handed & abodes
    assert handed - abodes
    raised = {line.data["record"]: line.subject for line in lines if line.kind == "record_raised"}
    accepted = {
        raised[line.data["record"]]
        for line in lines
        if line.data.get("kind") == "certificate_issuance_notice"
    }
    assert accepted & abodes


def test_notices_on_special_permanent_residents_are_taken_in_by_hand_once_a_week() -> None:
    scenario = given("media-city", 25, "rates.departure=0.5", "population.special_permanent_share=0.4")
    items = inputs(scenario)
    weekly = [japan_date(item.at) for item in items if item.body == ConfirmNotices(by_hand=True)]
    assert [day.isoformat() for day in weekly] == ["2019-06-07", "2019-06-14", "2019-06-21"]
    lines = list(simulate.run(scenario, 1).site.lines())
    by_hand = {
        line.data["record"] for line in lines if line.kind == "notice_imported" and line.data["by_hand"]
    }
    confirmed = {
        line.data["record"]: japan_date(line.at) for line in lines if line.kind == "notice_confirmed"
    }
    assert len(by_hand & confirmed.keys()) > 20
    assert {confirmed[record] for record in by_hand & confirmed.keys()} <= set(weekly)


def test_a_copy_after_an_extension_is_asked_for_with_the_new_card() -> None:
    """S1-008: never before the decision, and never outside hours."""
    items = inputs(given("renewal-then-copy", 20))
    decided = {item.body.card_number: item for item in items if isinstance(item.body, ExtendPeriod)}
    shown = [item for item in items if isinstance(item.body, IssueCopy) and item.body.shown is not None]
    assert len(shown) > 30
    for item in shown:
        assert isinstance(item.body, IssueCopy)
        assert item.body.shown is not None
        assert decided[item.body.shown.card_number].at < item.at


def test_nobody_who_moves_out_is_asked_for_a_card_that_could_be_forged_or_dead() -> None:
    """住基法24条 asks for no card, so a card is no reason to refuse a moving-out."""
    scenario = given("branch-offices", 6, "filing.forged_share=0.5", "filing.broken_share=0.5")
    filed = [form for _, form in forms(inputs(scenario))]
    spoilt = Counter(form.filing for form in filed if form.forged or form.broken)
    assert spoilt[Filing.MOVING_IN] > 0
    assert spoilt[Filing.MOVING_OUT] == 0
    assert any(form.filing is Filing.MOVING_OUT for form in filed)

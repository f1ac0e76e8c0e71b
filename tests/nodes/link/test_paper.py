"""Pattern 3: a sheet holds every item, people mis-key some of it, and what nobody saw travels on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import at_time, instant
from sim.exchange.batch import DOWN, UP
from sim.exchange.examples import RECORDS
from sim.exchange.profile import open_profile, open_profiles
from sim.exchange.records import AnyRecord, MunicipalityNotice
from sim.exchange.rows import read_cells, texts_of
from sim.nodes.link import LINE, MEDIA, PAPER, KeyingError, Paper, labour
from sim.nodes.link.patterns import done_at
from sim.nodes.link.rekeying import ErrorModel, Fields, mistyped, printed, rekey
from sim.nodes.messages.link import LoseMedium
from tests.exchange.samples import agency_notice, any_record, notice, result, transmission
from tests.nodes.link.legs import DAY, RUNS, Leg, link

PROFILE = open_profiles()[0]


def errs(*errors: KeyingError) -> ErrorModel:
    """People who make these slips in every record that has the items."""

    def model(record_id: str, fields: Fields) -> Sequence[KeyingError]:
        return [error for error in errors if error.item in dict(fields)]

    return model


def leg(errors: ErrorModel, **changes: object) -> Leg:
    values: dict[str, object] = {"residents": 30, "runs": RUNS, "minutes_per_record": 4, "errors": errors}
    return Leg(link(pattern=PAPER, paper=Paper(**(values | changes))))  # type: ignore[arg-type]


# --- who may use it --------------------------------------------------------------------------------------
@pytest.mark.parametrize("residents", [50, 51, 42_157])
def test_a_municipality_with_many_foreign_residents_may_not_use_paper(residents: int) -> None:
    """S2-016."""
    with pytest.raises(UsageError) as caught:
        Paper(residents, threshold=50)
    told = str(caught.value)
    assert "fewer than 50" in told
    assert str(residents) in told
    assert MEDIA in told


def test_a_municipality_with_few_foreign_residents_may() -> None:
    """S2-016."""
    one = Leg(link(pattern=PAPER, paper=Paper(49, threshold=50, runs=RUNS)))
    one.up(notice())
    one.clock(20)
    assert one.records(UP) == [notice()]


def test_paper_where_nothing_is_said_about_it_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is said"):
        link(pattern=PAPER, paper=None)


@pytest.mark.parametrize(
    "changes", [{"runs": ()}, {"minutes_per_record": -1}, {"per_record": ("typ",)}, {"per_sheet": ("prnt",)}]
)
def test_what_cannot_be_done_is_refused_when_it_is_declared(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Paper(**({"residents": 3} | changes))  # type: ignore[arg-type]


def test_a_sheet_that_would_lack_an_item_is_refused() -> None:
    """S2-017: the first version of the profile does not know the kind of a card."""
    with pytest.raises(UsageError, match="would lack an item") as caught:
        Paper(3, profile=open_profile())
    assert "card_kind" in str(caught.value)


def test_a_sheet_is_no_medium_that_could_be_lost() -> None:
    one = leg(errs())
    one.up(notice())
    one.clock(9, 1)
    assert one.give(LoseMedium(UP)).code == "no_medium_under_way"


# --- printed ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", RECORDS)
def test_the_sheet_carries_every_item_of_a_record(kind: str) -> None:
    """S2-017."""
    for record in RECORDS[kind]:
        sheet = printed(record, PROFILE)
        assert sorted(item for item, _ in sheet) == sorted(record.__struct_fields__)
        row = read_cells([text for _, text in sheet], 1, PROFILE.layouts[kind])
        assert row.record == record  # nothing else is needed to have the record again


@given(any_record(PROFILE))
def test_whoever_errs_nowhere_keys_in_the_record_itself(record: AnyRecord) -> None:
    """S2-017."""
    typed = rekey(record, PROFILE, errs())
    assert typed.record == record
    filled = sum(bool(text) for _, text in printed(record, PROFILE))
    assert (typed.fields, typed.errors, typed.caught, typed.differs) == (filled, 0, 0, ())


# --- slips -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "place", "manner", "after"),
    [
        ("NGUYEN", 0, "transposed", "GNUYEN"),
        ("NGUYEN", 4, "transposed", "NGUYNE"),
        ("NGUYEN", 5, "transposed", "GNUYEN"),
        ("AAB", 0, "transposed", "ABA"),
        ("AAA", 1, "transposed", "AA"),
        ("A", 0, "transposed", ""),
        ("NGUYEN", 0, "missing", "GUYEN"),
        ("NGUYEN", 8, "missing", "NGYEN"),
        ("", 3, "missing", ""),
    ],
)
def test_a_slip_does_what_its_name_says(text: str, place: int, manner: str, after: str) -> None:
    assert mistyped(text, KeyingError("name", place, manner)) == after


@given(st.text(min_size=1), st.integers(0, 1_000), st.sampled_from(["transposed", "missing"]))
def test_a_slip_always_gives_another_text(text: str, place: int, manner: str) -> None:
    assert mistyped(text, KeyingError("name", place, manner)) != text


def test_a_slip_that_nobody_saw_travels_on() -> None:
    """S2-017."""
    one = leg(errs(KeyingError("name", 0, "transposed"), KeyingError("event_date", 8, "transposed")))
    source = notice(1, event_date=date(2019, 4, 1))
    one.up(source)
    one.clock(20)
    after = msgspec.structs.replace(source, name="GNUYEN VAN AN", event_date=date(2019, 4, 10))
    assert one.records(UP) == [after]
    told = one.rig.last("record_rekeyed")
    assert told.subject == source.person_ref
    assert told.data | {"fields": 0} == {
        "record": source.record_id,
        "kind": "municipality_notice",
        "fields": 0,
        "errors": 2,
        "caught": 0,
        "differs": ["name", "event_date"],
        "steps": 2,
    }


def test_a_slip_that_the_second_person_saw_is_corrected_and_costs_one_more_step() -> None:
    one = leg(
        errs(KeyingError("name", 0, "missing", caught=True), KeyingError("sex", 0, "missing", caught=True))
    )
    one.up(notice(1))
    one.clock(20)
    assert one.records(UP) == [notice(1)]
    told = one.data("record_rekeyed")
    assert (told["errors"], told["caught"], told["differs"], told["steps"]) == (2, 2, [], 4)


@pytest.mark.parametrize(
    ("item", "place", "manner"),
    [
        ("event_date", 5, "transposed"),  # the 40th month
        ("event_date", 0, "missing"),
        ("sex", 0, "missing"),
        ("card_number", 3, "missing"),
        ("person_class", 2, "transposed"),
    ],
)
def test_a_slip_that_the_form_of_the_item_does_not_allow_is_typed_again(
    item: str, place: int, manner: str
) -> None:
    typed = rekey(notice(1), PROFILE, errs(KeyingError(item, place, manner)))
    assert (typed.record, typed.errors, typed.caught, typed.differs) == (notice(1), 1, 1, ())


@pytest.mark.parametrize(("record", "item"), [(notice(1), "record_id"), (result(1), "answers")])
def test_a_slip_in_the_number_of_a_record_is_caught_by_the_check_total(record: AnyRecord, item: str) -> None:
    typed = rekey(record, PROFILE, errs(KeyingError(item, 9, "missing")))
    assert (typed.record, typed.errors, typed.caught, typed.differs) == (record, 1, 1, ())


def test_a_single_character_that_is_missing_leaves_an_optional_item_blank() -> None:
    typed = rekey(notice(1, name_kanji="李"), PROFILE, errs(KeyingError("name_kanji", 0, "missing")))
    assert isinstance(typed.record, MunicipalityNotice)
    assert (typed.record.name_kanji, typed.differs) == ("", ("name_kanji",))


def test_slips_that_undo_one_another_are_slips_and_no_difference() -> None:
    twice = KeyingError("name", 0, "transposed")
    typed = rekey(notice(1), PROFILE, errs(twice, twice))
    assert (typed.record, typed.errors, typed.caught, typed.differs) == (notice(1), 2, 0, ())


SLIPS = st.lists(
    st.tuples(
        st.integers(0, 40), st.integers(0, 300), st.sampled_from(["transposed", "missing"]), st.booleans()
    ),
    max_size=6,
)


@given(any_record(PROFILE), SLIPS)
def test_whatever_is_mis_keyed_the_record_stays_one_that_a_machine_takes(
    record: AnyRecord, slips: list[tuple[int, int, str, bool]]
) -> None:
    """S2-017: the keyed record is held against its source, and the difference is what is told."""

    def model(record_id: str, fields: Fields) -> Sequence[KeyingError]:
        assert record_id == record.record_id
        return [KeyingError(fields[n % len(fields)][0], place, how, seen) for n, place, how, seen in slips]

    typed = rekey(record, PROFILE, model)
    assert typed == rekey(record, PROFILE, model)
    assert type(typed.record) is type(record)
    assert (typed.errors, typed.caught <= typed.errors) == (len(slips), True)
    before, after = dict(printed(record, PROFILE)), dict(printed(typed.record, PROFILE))
    assert {item for item in before if before[item] != after[item]} == set(typed.differs)
    assert len(typed.differs) <= typed.errors - typed.caught
    layout = next(one for one in PROFILE.layouts.values() if one.struct is type(record))
    for column, text in zip(layout.columns, texts_of(typed.record, layout), strict=True):
        if text or not column.optional:
            column.parse(text)


@pytest.mark.parametrize("error", [KeyingError("alias", 0, "missing"), KeyingError("name", 0, "smudged")])
def test_a_model_of_errors_that_names_what_is_not_there_is_our_fault(error: KeyingError) -> None:
    with pytest.raises(HarnessError, match="model of keying errors"):
        rekey(notice(1), PROFILE, lambda record_id, fields: [error])


# --- carried ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("direction", [UP, DOWN])
def test_what_waits_is_printed_at_the_next_run_and_out_when_the_last_record_is_keyed(direction: str) -> None:
    one = leg(errs())
    one.hand_in(direction, notice(1), transmission(2))
    one.hand_in(direction, result(3))
    one.clock(9)
    items = sum(len(printed(record, PROFILE)) for record in (notice(1), transmission(2), result(3)))
    told = one.data("sheet_printed")
    assert {"direction": direction, "records": 3, "fields": items, "steps": 6}.items() <= told.items()
    one.clock(9, 11)
    assert one.out[direction] == []
    one.clock(9, 12)
    assert one.records(direction) == [notice(1), transmission(2), result(3)]
    assert len(one.out[direction]) == 2
    assert one.came_at[direction] == [instant(DAY, 9, 12)] * 2


def test_a_day_on_which_nothing_is_handed_in_prints_nothing() -> None:
    one = leg(errs())
    one.clock(23, 0, DAY + timedelta(days=30))
    assert (one.rung, one.lines()) == (0, [])


def test_what_is_handed_in_while_a_sheet_is_keyed_in_goes_on_the_next_sheet() -> None:
    one = leg(errs(), minutes_per_record=200)
    one.up(notice(1))
    one.clock(10)
    one.up(notice(2))
    one.clock(12, 19)
    assert one.records(UP) == []
    one.clock(23)
    assert one.records(UP) == [notice(1), notice(2)]
    assert [line.data["sheet"] for line in one.lines("sheet_printed")] == [
        "131041-UP000001",
        "131041-UP000002",
    ]


def test_steps_and_slips_are_counted_by_pattern() -> None:
    """S1-013; S2-017: the error rate is told."""
    one = leg(
        errs(KeyingError("name", 0, "transposed"), KeyingError("sex", 0, "missing")),
        per_sheet=("print", "file"),
        per_record=("key", "check"),
    )
    one.up(notice(1), notice(2))
    one.down(agency_notice(1))
    one.clock(23)
    counted = labour(one.lines())
    fields = sum(line.data["fields"] for line in one.lines("record_rekeyed"))
    # Two sheets; three records keyed and checked; the blank sex is refused by its form, twice.
    assert counted[PAPER].steps == 2 * 2 + 3 * 2 + 2
    assert (counted[PAPER].errors, counted[PAPER].caught, counted[PAPER].wrong) == (4, 2, 2)
    assert counted[PAPER].error_rate == 2 / fields
    assert (counted[LINE].steps, counted[MEDIA].steps, counted[LINE].error_rate) == (0, 0, 0.0)


def test_an_error_rate_in_gives_that_error_rate_out() -> None:
    """S2-017: every thirtieth item is mis-keyed, and nobody checks."""

    def model(record_id: str, fields: Fields) -> Sequence[KeyingError]:
        number = int(record_id.rpartition("-")[2])
        return [KeyingError("name", number, "missing")] if number % 2 == 0 else []

    one = leg(model)
    for number in range(200):
        one.up(notice(number))
    one.clock(23, 0, DAY + timedelta(days=2))
    counted = labour(one.lines())[PAPER]
    assert (counted.errors, counted.caught, counted.wrong) == (100, 0, 100)
    assert counted.error_rate == 100 / counted.fields
    assert sum(a != b for a, b in zip(one.records(UP), map(notice, range(200)), strict=True)) == 100


def test_a_model_may_be_swapped_without_touching_the_rest() -> None:
    paper = Paper(3)
    assert replace(paper, errors=errs()).runs == paper.runs


def test_whoever_keys_in_goes_home_at_closing_and_rests_on_closed_days() -> None:
    works = (time(9), time(12))
    paper = Paper(residents=10, works=works, closed=lambda day: day.weekday() >= 5)
    friday = at_time(date(2019, 5, 17), time(10))
    assert done_at(paper, friday, 60) == at_time(date(2019, 5, 17), time(11))
    assert done_at(paper, friday, 120) == at_time(date(2019, 5, 17), time(12))
    assert done_at(paper, friday, 121) == at_time(date(2019, 5, 20), time(9, 1))  # the Monday after
    assert done_at(paper, at_time(date(2019, 5, 17), time(13)), 1) == at_time(date(2019, 5, 20), time(9, 1))
    assert done_at(paper, at_time(date(2019, 5, 17), time(7)), 1) == at_time(date(2019, 5, 17), time(9, 1))


def test_hours_of_work_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(UsageError, match="work ends before it begins"):
        Paper(residents=10, works=(time(17), time(8)))

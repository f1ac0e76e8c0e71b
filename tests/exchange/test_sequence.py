"""What a number says about a batch, what a refusal asks of its sender, and which version both sides speak."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError
from sim.base.instant import HOUR, Instant
from sim.exchange import batch as batches
from sim.exchange.codes import Code
from sim.exchange.profile import open_profiles
from sim.exchange.records import Result
from sim.exchange.sequence import (
    REMEDIES,
    Remedy,
    Standing,
    edition_ref,
    remedy,
    split_ref,
    standing,
)
from sim.exchange.versions import agreed, another_edition, next_older, renewed, to_write
from tests.exchange.samples import CREATED, PROFILE, encoded, notice

NEW, OLD = open_profiles()
REF = "131041-ISA-01-00000012"


@pytest.mark.parametrize(
    ("number", "taken", "expected"),
    [
        (13, None, Standing.EARLY),
        (14, None, Standing.EARLY),
        (11, "other", Standing.REUSED),
        (11, None, Standing.STALE),
        (1, None, Standing.STALE),
        (11, "same", Standing.REPEATED),
        (12, None, Standing.DUE),
    ],
)
def test_a_batch_stands_to_the_number_that_is_due(number: int, taken: str | None, expected: Standing) -> None:
    assert standing(number, 12, "same", taken) is expected


@given(numbers=st.lists(st.integers(1, 8), max_size=60))
def test_whatever_comes_in_whatever_order_is_taken_in_once_and_in_order(numbers: list[int]) -> None:
    due, taken = 1, dict[int, str]()
    order = []
    for number in numbers:
        found = standing(number, due, f"digest-{number}", taken.get(number))
        if found is Standing.DUE:
            taken[number] = f"digest-{number}"
            order.append(number)
            due += 1
        else:
            assert found in (Standing.REPEATED, Standing.EARLY)
    assert order == list(range(1, due))


def test_a_refusal_for_what_a_batch_is_asks_for_another_edition_and_an_unknown_code_too() -> None:
    assert remedy("NOT_OPENED") is Remedy.AGAIN
    assert remedy("SEQUENCE_GAP") is Remedy.AFTER
    assert remedy("SEQUENCE_REUSED") is remedy("SEQUENCE_STALE") is Remedy.NEXT
    for code in ("WRONG_RECIPIENT", "UNKNOWN_PROFILE", "A_CODE_OF_TOMORROW", ""):
        assert remedy(code) is Remedy.REPLACE
    assert set(REMEDIES) < set(Code)


@given(edition=st.integers(1, 10**8))
def test_batch_and_edition_come_back_from_the_name_under_which_they_travel(edition: int) -> None:
    assert split_ref(edition_ref(REF, edition)) == (REF, edition)


@pytest.mark.parametrize(
    "ref", [REF, REF + ".", REF + ".1", REF + ".0", REF + ".２", REF + ".x", "", ".", "a.²"]
)
def test_a_name_in_no_such_form_is_a_first_edition_of_itself(ref: str) -> None:
    assert split_ref(ref) == (ref, 1)


# --- versions


def test_two_sides_meet_in_the_newest_version_that_both_speak() -> None:
    assert agreed(["3", "2", "1"], ["2", "1"]) == "2"
    assert agreed(["2"], ["1"]) is None


def test_a_side_writes_in_the_newest_version_that_the_other_has_not_refused() -> None:
    assert to_write(["2", "1"], []) == "2"
    assert to_write(["2", "1"], ["2"]) == "1"
    assert to_write(["2", "1"], ["3"]) == "2"
    assert to_write(["2", "1"], ["1", "2"]) == "2"


def test_a_version_that_is_not_read_is_followed_by_the_next_older_until_there_is_none() -> None:
    assert next_older(["3", "2", "1"], "3") == "2"
    assert next_older(["3", "2", "1"], "1") is None
    assert next_older(["3", "2", "1"], "4") is None


def answer(number: int) -> Result:
    return Result(record_id=f"131041-T{number:08d}", scope="record", answers="ISA-1", outcome="accepted")


def test_another_edition_in_an_older_version_holds_everything_under_the_same_number() -> None:
    decoded = batches.decode(encoded(notice(1), answer(1), sequence=7), PROFILE)
    assert decoded.batch is not None
    header = msgspec.structs.replace(decoded.batch.header, profile=NEW.name)
    content = batches.encode(header, decoded.batch.records, NEW)
    made = another_edition(content, "UNKNOWN_PROFILE", (NEW, OLD))
    assert (made.version, made.whole) == (OLD.name, True)
    again = batches.decode(made.content, OLD).batch
    assert again is not None
    assert (again.header.sequence, again.records) == (7, decoded.batch.records)


def test_another_edition_after_any_other_refusal_holds_only_what_answers_the_other_side() -> None:
    made = another_edition(encoded(notice(1), answer(1), sequence=7), "WRONG_RECIPIENT", (OLD,))
    assert not made.whole
    again = batches.decode(made.content, OLD).batch
    assert again is not None
    assert (again.header.sequence, again.header.count, again.records) == (7, 1, (answer(1),))


def test_a_batch_without_records_is_closed_by_one_that_differs_in_its_bytes() -> None:
    content = encoded(sequence=7)
    made = another_edition(content, "WRONG_RECIPIENT", (OLD,))
    assert made.whole
    later = renewed(content, (OLD,), Instant(CREATED + HOUR))
    assert later.content != content
    again = batches.decode(later.content, OLD).batch
    assert again is not None
    assert (again.header.sequence, again.header.created_at) == (7, CREATED + HOUR)


def test_a_batch_in_a_version_that_is_not_spoken_any_more_is_a_fault_with_a_remedy() -> None:
    with pytest.raises(HarnessError) as caught:
        another_edition(encoded(), "UNKNOWN_PROFILE", (NEW,))
    assert "speak the version" in str(caught.value)

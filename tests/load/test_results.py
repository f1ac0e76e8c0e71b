"""load.json: what is written is read again, and what is not of its form is refused with a word of help."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load.results import (
    PERCENTS,
    RESULTS_FILE,
    Balance,
    Found,
    Judged,
    Outcome,
    Results,
    Threshold,
    quantiles,
    read,
    schema_text,
    unpacked,
    write,
)
from sim.base.errors import UsageError
from tests.load.samples import empty, histogram, results

ROOT = Path(__file__).parent.parent.parent


def test_a_folder_without_results_is_wrong_use_and_the_message_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no results") as caught:
        read(tmp_path)
    assert "renkei load run NAME --out DIR" in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_results_is_wrong_use(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / RESULTS_FILE).write_bytes(damage)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("version", 2), ("surprise", 1)])
def test_results_of_another_version_or_with_unknown_keys_are_refused(
    key: str, value: int, tmp_path: Path
) -> None:
    raw = json.loads(results(most=1).text)
    raw[key] = value
    (tmp_path / RESULTS_FILE).write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    "made", [results(most=2), results("slow-lines", most=2), empty()], ids=["night", "rates", "empty"]
)
def test_what_is_written_is_read_again_and_gives_the_same_bytes(made: Results, tmp_path: Path) -> None:
    where = write(made, tmp_path)
    assert where == tmp_path / RESULTS_FILE
    assert [path.name for path in tmp_path.iterdir()] == [RESULTS_FILE]
    again = read(tmp_path)
    assert again == made
    assert again.text == made.text == where.read_bytes()


def test_the_published_schema_is_that_of_the_code() -> None:
    told = (ROOT / "docs" / "load.schema.json").read_text(encoding="utf-8")
    assert told == schema_text(), "run `renkei report schema load > docs/load.schema.json`"


def test_a_balance_says_what_it_leaves() -> None:
    assert Balance(planned=10, unsent=1, accepted=5, rejected=2, pending=1, lost=1).rest == 0
    assert Balance(planned=10, unsent=1, accepted=5).rest == 4
    assert Balance(planned=1, accepted=2).rest == -1
    assert Balance(planned=10, unsent=4).sent == 6


def test_a_nights_margin_is_negative_when_it_came_too_late_and_missing_when_nothing_came() -> None:
    night = results(most=1).window.nights[0]
    late = msgspec.structs.replace(night, last_acknowledgement=night.end + 5)
    assert late.margin == -5
    assert msgspec.structs.replace(night, last_acknowledgement=None).margin is None


# --- percentiles -----------------------------------------------------------------------------------
def test_an_empty_histogram_has_no_percentiles() -> None:
    nothing = histogram([])
    assert quantiles(nothing) == []
    assert (nothing.count, nothing.least, nothing.most) == (0, 0, 0)
    assert unpacked(nothing).get_total_count() == 0


@settings(max_examples=25)
@given(st.lists(st.integers(1, 3_600_000_000), min_size=1, max_size=300))
def test_percentiles_agree_with_the_sorted_spans_to_three_digits(spans: list[int]) -> None:
    packed = histogram(spans)
    ordered = sorted(spans)
    assert packed.count == len(spans)
    for percent, value, above in quantiles(packed):
        place = max(1, int(percent / 100 * len(spans) + 0.5))
        assert value == pytest.approx(ordered[place - 1], rel=1e-3, abs=1)
        assert above == len(spans) - place


def test_percentiles_rise_and_end_at_the_longest() -> None:
    found = quantiles(histogram(list(range(1_000, 30_000_000, 1_000))))
    assert [one.percent for one in found] == list(PERCENTS)
    assert [one.value for one in found] == sorted(one.value for one in found)
    assert found[-1].above == 3  # of 29,999


# --- the outcome of all ----------------------------------------------------------------------------
def judged(kind: str, outcome: Found) -> Judged:
    threshold = msgspec.convert({"id": f"{kind}-{outcome}", "kind": kind, "limit": 0}, Threshold)
    return Judged(threshold=threshold, outcome=outcome, unit="count", value=0.0)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ((), "not_judged"),
        ((("lost", "pass"),), "pass"),
        ((("lost", "pass"), ("margin", "fail")), "fail"),
        ((("lost", "pass"), ("margin", "not_judged")), "not_judged"),
        ((("lost", "fail"), ("dropped", "fail")), "fail"),
        ((("lost", "pass"), ("dropped", "fail")), "not_judged"),
        ((("lost", "pass"), ("generator_cpu", "not_judged")), "not_judged"),
        ((("dropped", "pass"),), "not_judged"),
        ((("lost", "pass"), ("percentile", "too_few")), "pass"),
        ((("lost", "fail"), ("percentile", "too_few")), "fail"),
        ((("percentile", "too_few"),), "not_judged"),
    ],
)
def test_a_run_passes_when_all_was_judged_and_held_and_the_generator_is_never_its_failure(
    found: tuple[tuple[str, Found], ...], outcome: Outcome
) -> None:
    rows = tuple(judged(kind, each) for kind, each in found)
    assert msgspec.structs.replace(results(most=1), judged=rows).outcome == outcome


def test_a_run_that_was_stopped_never_passes() -> None:
    good = results(most=30)
    stopped = msgspec.structs.replace(good, run=msgspec.structs.replace(good.run, stopped="interrupted"))
    assert {one.outcome for one in stopped.judged} == {"pass"}
    assert stopped.outcome == "not_judged"

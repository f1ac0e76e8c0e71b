"""What the engine tells of each exchange: read again as written, and merged without loss."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from load.engine.rows import (
    CUT,
    DONE,
    DROPPED,
    ROWS,
    Answer,
    Histograms,
    Kept,
    Row,
    encode_row,
    histograms_of,
    packet,
    read_rows,
    unpacket,
)

STEPS = ("begun", "connected", "kept", "decided", "down", "acknowledged")


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """An exchange that came as far as some step, each step after the one before."""
    intended = draw(st.integers(0, 10**9))
    reached = draw(st.integers(0, len(STEPS)))
    times: dict[str, Any] = {}
    at = intended + draw(st.integers(0, 10**6))
    for step in STEPS[:reached]:
        times[step] = at
        at += draw(st.integers(0, 10**8))
    outcome = DONE if reached == len(STEPS) else draw(st.sampled_from([CUT, DROPPED, "failed"]))
    return Row(
        code="131041",
        nth=draw(st.integers(1, 99)),
        night=0,
        intended=intended,
        records=draw(st.integers(0, 99)),
        worker="one",
        outcome=outcome,
        ended=at,
        **times,
    )


ROWS_OF_A_RUN = st.lists(rows(), max_size=6)
# An empty histogram of a day's range takes some milliseconds to make.
few = settings(max_examples=5)


@settings(max_examples=3)
@given(ROWS_OF_A_RUN, ROWS_OF_A_RUN)
def test_merging_two_workers_gives_what_one_alone_would_have(one: list[Row], two: list[Row]) -> None:
    merged = histograms_of(one)
    merged.merge(Histograms.heard(histograms_of(two).told()))
    assert merged.phases() == histograms_of([*one, *two]).phases()


@few
@given(ROWS_OF_A_RUN)
def test_every_exchange_counts_in_a_phase_it_began_or_was_to_begin(told: list[Row]) -> None:
    exchange = histograms_of(told).phases()[0]
    cut = sum(row.outcome == CUT and row.begun is None for row in told)
    assert exchange.id == "exchange"
    assert exchange.uncorrected.count + exchange.failed + cut == len(told)


@few
@given(ROWS_OF_A_RUN)
def test_from_the_intended_start_nothing_is_shorter(told: list[Row]) -> None:
    for phase in histograms_of(told).phases():
        if phase.corrected is not None:
            assert phase.corrected.count == phase.uncorrected.count
            assert phase.corrected.most >= phase.uncorrected.most


@given(rows(), st.lists(st.binary(max_size=20), max_size=3))
def test_a_packet_gives_back_what_was_packed(row: Row, sealed: list[bytes]) -> None:
    assert unpacket(packet([(row, sealed)])) == [(row, sealed)]


def test_answers_are_found_again_where_their_row_says(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    for code, contents in (("131041", [b"one", b"second"]), ("271004", [b"three"])):
        answers = tuple(Answer(f"k{at}", "ref", 0, len(one), True) for at, one in enumerate(contents))
        row = Row(code=code, nth=1, night=0, intended=0, records=0, worker="w", outcome=DONE, answers=answers)
        kept.take(row, contents)
    kept.close()
    whole = (tmp_path / "answers.bin").read_bytes()
    found = [
        whole[answer.offset : answer.offset + answer.size]
        for row in read_rows(tmp_path / ROWS)
        for answer in row.answers
    ]
    assert found == [b"one", b"second", b"three"]


def test_a_last_row_that_was_cut_off_is_left_out_and_the_others_stand(tmp_path: Path) -> None:
    row = Row(code="131041", nth=1, night=0, intended=0, records=0, worker="w", outcome=DONE)
    (tmp_path / ROWS).write_bytes(encode_row(row) + b"\n" + encode_row(row)[:40])
    assert list(read_rows(tmp_path / ROWS)) == [row]


def test_a_run_without_a_file_has_no_rows(tmp_path: Path) -> None:
    assert list(read_rows(tmp_path / ROWS)) == []

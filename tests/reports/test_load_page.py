"""The report of a load test: what it says of a good night, of a bad one, of none, and of lines."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from load.results import Night, Results, write
from reports.blocks import Figure, Section, Table, Tiles, Verdict
from reports.commands import app
from reports.language import EN, JA, Language
from reports.load import words
from reports.load.answer import header, headline
from reports.load.page import render, sections
from tests.load.samples import Troubles, empty, results

GOOD = results(most=30)
BAD = results(most=30, troubles=Troubles(unfinished=3, lost=2, doubled=1, rejected=4))
KEYS = (
    *("answer", "thresholds", "window", "reconciliation", "course", "municipalities", "times", "lines"),
    *("standing", "basis"),
)


def found(made: Results, key: str, say: Language = EN) -> Section:
    return next(section for section in sections(made, say) if section.key == key)


def table(made: Results, section: str, key: str, say: Language = EN) -> Table:
    blocks = found(made, section, say).blocks
    return next(block for block in blocks if isinstance(block, Table) and block.key == key)


def cells(made: Results, section: str, key: str, say: Language = EN) -> dict[str, tuple[str, ...]]:
    return {row.key: row.cells for row in table(made, section, key, say).rows}


def verdict(made: Results, section: str = "answer", say: Language = EN) -> Verdict:
    return next(block for block in found(made, section, say).blocks if isinstance(block, Verdict))


# --- nothing, and bad ------------------------------------------------------------------------------
def test_a_run_without_anything_is_told_as_such_in_every_section() -> None:
    page = render(empty())
    assert "Nothing was sent." in page
    assert "何も送られなかった。" in page
    assert "the server never became ready" in page
    assert not verdict(empty()).good
    assert [section.key for section in sections(empty(), JA)] == list(KEYS)
    assert not re.search(r"\bnan\b|\binf\b|None", page)


def test_what_was_lost_or_doubled_is_the_headline_whatever_else_was_good() -> None:
    assert headline(BAD, EN)[0] == "2 lost, 1 doubled."
    assert headline(BAD, JA)[0] == "喪失2件、二重処理1件がある。"
    assert not verdict(BAD).good
    assert verdict(BAD, "reconciliation").text == "Something was lost or doubled."


def test_municipalities_that_were_not_done_are_the_headline_of_a_night_without_losses() -> None:
    three = results(most=30, troubles=Troubles(unfinished=3))
    assert headline(three, EN)[0] == "3 municipalities were not done when the window ended."
    one = results(most=30, troubles=Troubles(unfinished=1))
    assert headline(one, EN)[0] == "1 municipality was not done when the window ended."
    assert headline(one, JA)[0] == "1市区町村が、時間帯の内に終わらなかった。"


def test_those_never_done_lead_the_slowest_and_are_marked() -> None:
    rows = table(BAD, "municipalities", "slowest").rows
    assert [row.warn for row in rows[:4]] == [True, True, True, False]
    assert all("TIMEOUT" in row.cells for row in rows[:3])
    assert len(rows) == 20


def test_a_rest_that_is_not_zero_is_told_before_anything_else_in_the_reconciliation() -> None:
    short = msgspec.structs.replace(
        GOOD, records=msgspec.structs.replace(GOOD.records, accepted=GOOD.records.accepted - 1)
    )
    assert verdict(short, "reconciliation").text == "The sum is NOT zero."
    assert cells(short, "reconciliation", "balance")["records"][7] == "1"


def test_a_generator_beyond_its_limits_is_told_beside_the_figures() -> None:
    late = results(most=30, troubles=Troubles(late=90))
    text, detail = headline(late, EN)
    assert "The night fitted" in text
    assert "nothing is judged of times" in detail
    assert not verdict(late).good
    margin = cells(late, "thresholds", "thresholds")["margin"]
    assert margin[3] == "not judged"
    assert "generator" in margin[5]


# --- the answer ------------------------------------------------------------------------------------
def test_the_headline_tells_whether_the_night_fitted_and_with_which_margin() -> None:
    (night,) = GOOD.window.nights
    assert night.margin is not None
    share = f"{100 * night.margin / 120_000_000:.1f}%"
    assert headline(GOOD, EN)[0] == (
        f"The night fitted: the last acknowledgement came with {share} of the window"
        f" ({night.margin / 1e6:.3g} s) to spare."
    )
    assert headline(GOOD, JA)[0].startswith(f"夜の情報連携は収まった。時間帯の{share}")
    assert verdict(GOOD).good
    assert "Everything that was asked for held." in verdict(GOOD).detail


def test_the_window_tells_the_last_record_and_the_last_acknowledgement_with_the_nights_clock() -> None:
    row = cells(GOOD, "window", "window")["night-1"]
    assert row[1] == "120 / 120"
    for cell in row[3:5]:
        seconds, clock = re.fullmatch(r"([0-9.]+) \((\d\d:\d\d)\)", cell).groups()  # type: ignore[union-attr]
        minutes = (22 * 60 + float(seconds) * 315 / 60) % (24 * 60)
        told = int(clock[:2]) * 60 + int(clock[3:])
        assert abs(told - minutes) < 1
    assert row[5] == "120.0 (08:30)"


def test_many_nights_are_a_picture_with_the_tightest_named() -> None:
    soak = results("soak", most=2)
    section = found(soak, "window")
    assert [type(block) for block in section.blocks] == [Figure, Table]
    assert len(table(soak, "window", "window").rows) == 7
    assert headline(soak, EN)[0].startswith("Every one of 60 nights fitted")
    tight: Night = msgspec.structs.replace(soak.window.nights[41], last_acknowledgement=None)
    nights = (*soak.window.nights[:41], tight, *soak.window.nights[42:])
    worse = msgspec.structs.replace(soak, window=msgspec.structs.replace(soak.window, nights=nights))
    assert table(worse, "window", "window").rows[0].key == "night-42"


# --- figures ---------------------------------------------------------------------------------------
def test_every_threshold_stands_there_with_its_requirement() -> None:
    rows = cells(GOOD, "thresholds", "thresholds")
    assert list(rows) == [one.threshold.id for one in GOOD.judged]
    assert rows["margin"][2:5] == ("at least 10.0%", "pass", "S1-006")
    assert rows["upload-p99"][0] == "Upload to receipt, 99th percentile (from the intended start)"


def test_corrected_and_uncorrected_stand_side_by_side_with_counts_to_five_digits() -> None:
    rows = cells(GOOD, "times", "whole")
    assert list(rows) == ["50", "75", "90", "95", "99", "99.9", "99.99", "longest"]
    assert [row[1] for row in rows.values()] == ["60", "30", "12", "6", "1", "0", "0", "0"]
    assert "coordinated omission" in found(GOOD, "times").lead
    assert "coordinated omission" in found(GOOD, "times", JA).lead


def test_a_phase_without_an_intended_start_has_no_corrected_row() -> None:
    rows = cells(GOOD, "times", "percentiles")
    assert {"upload-corrected", "upload-uncorrected", "connect-uncorrected"} <= set(rows)
    assert "connect-corrected" not in rows


def test_sizes_and_data_add_up_to_all() -> None:
    sizes = cells(GOOD, "municipalities", "sizes")
    assert list(sizes) == ["largest", "large", "middle", "small"]
    assert sum(int(row[1]) for row in sizes.values()) == 120
    assert sum(int(row[3].replace(",", "")) for row in sizes.values()) == GOOD.records.planned
    volumes = cells(GOOD, "lines", "volumes")
    assert int(volumes["all"][2].replace(",", "")) == GOOD.records.planned


def test_all_municipalities_stand_behind_the_curve() -> None:
    whole = results()
    curve = next(block for block in found(whole, "municipalities").blocks if isinstance(block, Figure))
    assert curve.table is not None
    assert len(curve.table.rows) == 1_892
    assert curve.note == "1,892 of 1,892 were done."


def test_the_smallest_sufficient_rate_is_the_answer_of_slow_lines() -> None:
    slow = results("slow-lines")
    assert (
        headline(slow, EN)[0] == "For a night, a line of 64 kbit/s is enough at every size of municipality."
    )
    rates = cells(slow, "lines", "rates")
    assert rates["largest"][3] == "64 kbit/s"
    assert rates["largest"][5:7] == ("128 kbit/s", "64 kbit/s")
    assert len(table(slow, "lines", "trials").rows) == 24
    none = msgspec.structs.replace(
        slow, rates=(msgspec.structs.replace(slow.rates[0], night=None), *slow.rates[1:])
    )
    assert "none of the usual rates" in headline(none, EN)[0]


def test_an_outage_is_shaded_and_listed() -> None:
    morning = results("after-outage", most=30)
    assert [row.cells[0] for row in table(morning, "lines", "outages").rows] == ["planned outage of LGWAN"]
    assert 'class="shade-w"' in render(morning)
    assert 'class="shade-w"' not in render(GOOD)


def test_assumptions_and_fingerprints_are_listed() -> None:
    page = render(GOOD)
    for row in GOOD.run.assumptions:
        assert row.ja in page
    for digest in GOOD.run.fingerprints.values():
        assert digest in page


def test_a_worker_that_dropped_arrivals_is_marked() -> None:
    (worker,) = GOOD.generator.workers
    dropping = msgspec.structs.replace(
        GOOD,
        generator=msgspec.structs.replace(
            GOOD.generator, workers=(msgspec.structs.replace(worker, dropped=4),)
        ),
    )
    assert [row.warn for row in table(dropping, "standing", "generator").rows] == [True]
    tiles = next(block for block in found(dropping, "answer").blocks if isinstance(block, Tiles))
    assert [tile.warn for tile in tiles.tiles][-1]


# --- the page --------------------------------------------------------------------------------------
@pytest.mark.parametrize("made", [GOOD, BAD, empty()], ids=["good", "bad", "empty"])
def test_the_page_is_the_same_bytes_each_time_and_asks_for_nothing_from_outside(made: Results) -> None:
    page = render(made)
    assert page == render(made)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", page)
    assert "url(" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_both_languages_have_the_same_sections_and_neither_speaks_the_other() -> None:
    assert [one.key for one in sections(BAD, JA)] == [one.key for one in sections(BAD, EN)] == list(KEYS)
    for section in sections(GOOD, EN):
        assert not re.search(r"[ぁ-んァ-ン]", section.title + section.lead)


def test_texts_of_a_results_file_are_escaped() -> None:
    run = msgspec.structs.replace(GOOD.run, title_ja="<script>alert(1)</script>", stopped="<b>x</b>")
    page = render(msgspec.structs.replace(GOOD, run=run))
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


# --- the words -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("us", "told"),
    [
        (None, "–"),
        (0, "0 ms"),
        (850, "850 µs"),
        (12_340, "12.3 ms"),
        (999_600, "1 s"),
        (1_234_000, "1.23 s"),
        (59_960_000, "1 min 00 s"),
        (123_400_000, "2 min 03 s"),
        (3_599_600_000, "1 h 00 min"),
        (5_400_000_000, "1 h 30 min"),
        (-1_500_000, "−1.5 s"),
    ],
)
def test_a_span_has_three_digits_and_its_unit(us: float | None, told: str) -> None:
    assert words.span(us, EN) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_500, "1.5 kB"),
        (19_100_000, "19.1 MB"),
        (2_040_000_000, "2.04 GB"),
    ],
)
def test_a_size_has_a_decimal_unit(value: int, told: str) -> None:
    assert words.size(value, EN) == told


@pytest.mark.parametrize(
    ("value", "told"), [(0, "no limit"), (800, "800 bit/s"), (64_000, "64 kbit/s"), (1_500_000, "1.5 Mbit/s")]
)
def test_a_rate_has_a_decimal_unit_and_none_is_no_limit(value: int, told: str) -> None:
    assert words.rate(value, EN) == told


# --- the command -----------------------------------------------------------------------------------
def test_the_command_writes_the_page_beside_the_results_or_where_it_is_told(tmp_path: Path) -> None:
    write(GOOD, tmp_path)
    done = CliRunner().invoke(app, ["load", str(tmp_path)])
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'load.html'}\n")
    assert (tmp_path / "load.html").read_text(encoding="utf-8") == render(GOOD)
    elsewhere = tmp_path / "elsewhere.html"
    assert CliRunner().invoke(app, ["load", str(tmp_path), "--out", str(elsewhere)]).exit_code == 0
    assert elsewhere.read_bytes() == (tmp_path / "load.html").read_bytes()


def test_the_form_of_the_file_is_printed_by_the_command() -> None:
    from load.results import schema_text

    assert CliRunner().invoke(app, ["schema", "load"]).output == schema_text()


def test_a_run_of_fewer_than_the_title_says_is_told_in_the_title() -> None:
    whole = results()
    plan = msgspec.structs.replace(whole.plan, endpoints=30, records=300)
    small = msgspec.structs.replace(whole, plan=plan)
    assert "smaller: 30 municipalities, 300 records" in header(small, EN).title
    assert "縮小：30市区町村、300件" in header(small, JA).title
    assert "smaller" not in header(whole, EN).title

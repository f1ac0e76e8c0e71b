"""The page of a comparison: the answer in a sentence and a picture, in both languages, from numbers alone."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from lxml import html

from reports.amounts import amount, singular
from reports.comparison import answer, answered, render
from reports.language import EN, JA, Language
from reports.pairs import Interval, forest, reaches_out, slopes
from reports.plots import Axes
from reports.sections.promise import not_watched
from reports.svg import Caption
from sim.studies.comparison import Comparison, Variant, compared_figure
from sim.studies.figures import FIGURES, figure_of

A = Variant("media-city", "媒体の市", "a city on media", "media-city", "2019-06-03", 14, 9_000)
B = Variant(
    "media-city", "媒体の市", "a city on media", "media-city exchange.at=12:00:00", "2019-06-03", 14, 9_000
)
ASSUMPTION = {"ja": "仮の数。", "en": "Invented.", "source_ja": "仮定", "source_en": "assumption"}

LESS = compared_figure(figure_of("raised_to_agency_mean"), [32.0, 31.0, 33.0], [22.0, 22.0, 22.0])
MORE = compared_figure(figure_of("stale_copies"), [0.0, 0.0, 0.0], [4.0, 5.0, 6.0])
NOISE = compared_figure(figure_of("late_share"), [1.0, 9.0, 2.0], [9.0, 1.0, 1.5])
SAME = compared_figure(figure_of("filings"), [40.0, 41.0, 42.0], [40.0, 41.0, 42.0])
NEVER = compared_figure(figure_of("chips_written"), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0])


def compared(*figures: Any, asked: str = "", seeds: tuple[int, ...] = (1, 2, 3)) -> Comparison:
    return Comparison(1, A, B, seeds, "renkei sim compare …", "0.1.0", asked, figures, (ASSUMPTION,))


def texts(page: str, language: str) -> str:
    """All that one edition says."""
    (edition,) = html.document_fromstring(page).xpath(f'//main[@lang="{language}"]')
    return " ".join(" ".join(edition.itertext()).split())


@pytest.mark.parametrize(
    ("comparison", "good", "ja", "en"),
    [
        (
            compared(LESS, SAME),
            True,
            "Bでは「住民票の記載から入管庁の受理まで（平均）」がAより10.00時間減る"
            "（差の95%信頼区間 −12.48から−7.52まで）。",
            "From the register's change to the agency (mean): 10.00 hours less with B than with A"
            " (95% confidence interval of the difference −12.48 to −7.52).",
        ),
        (
            compared(MORE),
            True,
            "Bでは「古い内容で交付された住民票の写しの割合」がAより5.00ポイント増える"
            "（差の95%信頼区間 2.52から7.48まで）。",
            "Share of record copies that were stale: 5.00 points more with B than with A"
            " (95% confidence interval of the difference 2.52 to 7.48).",
        ),
        (
            compared(NOISE),
            False,
            "「届出期間を過ぎた届出の割合」に差があるとは言えない",
            "No difference was shown in share of late filings",
        ),
        (
            compared(SAME, NEVER),
            True,
            "AとBは、挙げた全ての数値で全く同じである。",
            "A and B are equal in every figure listed.",
        ),
        (
            compared(LESS, SAME, asked="filings"),
            True,
            "「届出（受理）」はAとBで全く同じである（41.0件）。",
            "A and B do not differ at all in filings accepted: 41.0 filings.",
        ),
        (compared(LESS, asked="waiting"), False, "比較できない。", "No answer."),
    ],
)
def test_the_sentence_answers_the_question(comparison: Comparison, good: bool, ja: str, en: str) -> None:
    for say, sentence in ((JA, ja), (EN, en)):
        shown, told, detail = answer(comparison, say)
        assert shown is good
        assert told.startswith(sentence)
        assert detail
        assert told in texts(render(comparison), say.code)


def test_one_replication_is_never_told_from_chance() -> None:
    one = compared_figure(figure_of("late_share"), [1.0], [9.0])
    shown, told, detail = answer(compared(one, seeds=(4,)), EN)
    assert not shown
    assert told == "No answer for share of late filings."
    assert "--replications" in detail


def test_both_editions_carry_the_same_numbers() -> None:
    page = render(compared(LESS, MORE, NOISE, SAME))

    def numbers(language: str) -> list[str]:
        (edition,) = html.document_fromstring(page).xpath(f'//main[@lang="{language}"]')
        cells = edition.xpath(".//td")
        return [found for cell in cells for found in re.findall(r"[−+±]?[0-9][0-9,.]*", cell.text_content())]

    assert numbers("ja") == numbers("en")
    assert len(numbers("ja")) > 30


def test_every_replication_stands_with_its_seed_and_its_difference() -> None:
    text = texts(render(compared(LESS, seeds=(7, 8, 9))), "en")
    for seed, a, difference in ((7, "32.00", "−10.00"), (8, "31.00", "−9.00"), (9, "33.00", "−11.00")):
        assert f"{seed} {a} hours 22.00 hours {difference} hours" in text


def test_figures_that_are_zero_throughout_are_counted_and_not_listed() -> None:
    page = render(compared(LESS, NEVER))
    assert "chips to which" not in page
    assert "1 more figure: zero on both sides" in texts(page, "en")
    assert "このほか1の数値は" in texts(page, "ja")
    assert "more figure" not in render(compared(LESS))


def test_what_was_compared_and_how_to_repeat_it_stand_at_the_top() -> None:
    text = texts(render(compared(LESS)), "ja")
    assert "media-city exchange.at=12:00:00" in text
    assert "renkei sim compare …" in text
    assert "9,000人、2019年6月3日から14日間" in text
    assert "乱数の種 1から3まで" in text
    assert "いかなる官庁もこの報告書を発行又は承認していない" in text
    assert "仮の数。" in text


def test_the_same_comparison_gives_the_same_page_with_nothing_from_outside() -> None:
    page = render(compared(LESS, MORE, NOISE))
    assert page == render(compared(LESS, MORE, NOISE))
    assert not re.search(r'(src|href)="https?:', page)


def test_a_name_with_markup_is_only_text() -> None:
    b = Variant("x", "<b>題</b>", "<script>alert(1)</script>", "<i>x</i>", "2019-06-03", 14, 9_000)
    page = render(Comparison(1, A, b, (1, 2, 3), "<u>", "0", "", (LESS,)))
    for raw in ("<b>題", "<script>alert", "<i>x</i>", "<u>"):
        assert raw not in page


# --- pictures --------------------------------------------------------------------------------------------
CAPTION = Caption("x", "title", "description")


def test_a_slope_joins_each_pair_and_the_means() -> None:
    picture = slopes(CAPTION, Axes("", "hours"), ("A", "B"), [(1.0, 3.0), (2.0, 5.0)])
    assert picture.count('class="pair"') == 2
    assert picture.count('class="curve"') == 1
    assert picture.count("<circle") == 4


def test_an_interval_that_holds_zero_is_grey_and_one_that_does_not_is_not() -> None:
    rows = [Interval("less", -3, -2, -1, "−2", True), Interval("noise", -1, 0.5, 2, "+0.5", False)]
    picture = forest(CAPTION, Axes("%", ""), rows, 100)
    assert picture.count('class="range dim"') == 3
    assert picture.count('class="range"') == 3
    places = [float(found) for found in re.findall(r'<circle cx="([0-9.]+)"', picture)]
    (zero,) = re.findall(r'<line x1="([0-9.]+)"[^>]*class="axis"', picture)
    assert places[0] < float(zero) < places[1]


def test_the_axis_of_a_forest_ends_at_its_limit_and_marks_what_goes_on_outside() -> None:
    rows = [Interval("near", -20, -10, -5, "−2", True), Interval("far", 50, 900, 4000, "+90", True)]
    picture = forest(CAPTION, Axes("%", ""), rows, 100)
    ticks = [float(found.replace(",", "")) for found in re.findall(r">(-?[0-9.,]+)</text>", picture)]
    assert max(ticks) == 100
    assert picture.count("<circle") == 1, "the mean that lies outside has no dot"
    assert picture.count('class="range"') == 2 + 2 + 2 + 1, "two strokes make the arrowhead"
    assert max(float(x) for x in re.findall(r'x2="([0-9.]+)"', picture)) <= 960
    assert reaches_out(rows, 100)
    assert not reaches_out(rows[:1], 100)


def test_a_figure_that_is_zero_in_a_stands_with_its_difference_as_it_is() -> None:
    page = render(compared(LESS, MORE))
    for say, head in ((JA, "Aの平均が0の数値の差"), (EN, "Differences of figures that are 0 in A")):
        assert head in texts(page, say.code)
        (row,) = html.document_fromstring(page).xpath(
            f'//table[@id="{say.code}-table-absolute"]//tr[@data-row="stale_copies"]'
        )
        assert "+5.00" in row.text_content()
    assert "table-absolute" not in render(compared(LESS))


def test_means_of_counts_have_a_decimal_and_single_values_have_none() -> None:
    counts = compared_figure(figure_of("filings"), [40.0, 41.0, 43.0], [41.0, 41.0, 44.0])
    text = texts(render(compared(counts)), "en")
    assert "41.3 filings" in text
    assert "+0.7 filings" in text
    assert "40 filings 41 filings +1 filing" in text
    one = compared_figure(figure_of("filings"), [40.0], [43.0])
    assert "+3 filings" in texts(render(compared(one, seeds=(1,))), "en")


def test_one_of_a_thing_is_singular() -> None:
    assert amount(1.0, 0, ("件", "duties"), EN) == "1 duty"
    assert amount(1.0, 0, ("件", "batches"), EN) == "1 batch"
    assert amount(1.0, 1, ("時間", "hours"), EN) == "1.0 hours"
    assert amount(1.0, 0, ("件", "filings"), JA) == "1件"
    assert amount(2.0, 0, ("%", "%"), EN) == "2%"
    assert amount(None, 0, ("件", "filings"), EN) == "–"
    assert {singular(known.unit_en) for known in FIGURES} >= {"filing", "medium", "hour", "copy", "%", "MB"}


def test_candidates_that_a_side_does_not_watch_for_are_not_zero() -> None:
    figure = compared_figure(figure_of("candidates"), [None, None, None], [3.0, 4.0, 5.0])
    page = render(compared(LESS, figure, asked="candidates"))
    for say, word in ((JA, "監視していない"), (EN, "not watch")):
        assert word in answer(compared(LESS, figure, asked="candidates"), say)[2]
        (row,) = html.document_fromstring(page).xpath(
            f'//table[@id="{say.code}-table-figures"]//tr[@data-row="candidates"]'
        )
        assert not_watched(say) in row.text_content()
        assert "4.0" in row.text_content(), "the side that watches keeps its mean"
    neither = compared_figure(figure_of("candidates"), [None], [None])
    assert "どちらも監視していない" in answer(compared(neither, asked="candidates"), JA)[2]


def test_the_option_is_named_as_it_is_typed_in_both_languages() -> None:
    page = render(compared(LESS))
    for code in ("ja", "en"):
        assert "--figure" in texts(page, code)
    assert "figure オプション" not in page


def test_what_the_days_are_too_few_for_stands_at_the_top_with_its_side() -> None:
    late = {"at": "2019-06-24 08:00", "ja": "回線への切替え", "en": "the change to a line", "place": "x"}
    whole = compared(LESS)
    page = render(msgspec.structs.replace(whole, b=msgspec.structs.replace(whole.b, beyond=(late,))))
    assert "Bで起きない予定 末日より後の予定1件: 回線への切替え（2019年6月24日 08:00）" in texts(page, "ja")
    assert "Not played in B 1 planned after the last day: the change to a line (24 June" in texts(page, "en")
    assert "Aで起きない予定" not in page


def test_the_answer_is_there_for_programs_in_both_languages() -> None:
    found = answered(compared(LESS, SAME))
    assert set(found.answer) == {"ja", "en"}
    for say in (JA, EN):
        good, sentence, detail = answer(found, say)
        assert found.answer[say.code] == {"sentence": sentence, "detail": detail, "shown": "yes"}
        assert good
    assert answered(compared(NOISE)).answer["en"]["shown"] == "no"


@pytest.mark.parametrize("pairs", [[(5.0, 5.0)], [(0.0, 0.0), (0.0, 0.0)]])
def test_values_that_do_not_differ_have_a_picture_all_the_same(pairs: list[tuple[float, float]]) -> None:
    assert "nan" not in slopes(CAPTION, Axes("", ""), ("A", "B"), pairs)


@pytest.mark.parametrize("say", [JA, EN])
def test_no_pair_at_all_has_a_page_all_the_same(say: Language) -> None:
    nothing = compared_figure(figure_of("stale_copies"), [None], [2.0])
    assert texts(render(compared(nothing, seeds=(1,))), say.code)


def test_sides_of_another_size_are_not_called_the_same_people() -> None:
    alike = compared(LESS)
    bigger = msgspec.structs.replace(alike, b=msgspec.structs.replace(alike.b, residents=9))
    assert "same people do the same things" in texts(render(alike), "en")
    told = texts(render(bigger), "en")
    assert "same people do the same things" not in told
    assert "their pairs are not the same people" in told

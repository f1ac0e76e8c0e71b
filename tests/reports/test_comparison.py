"""The page of a comparison: the answer in a sentence and a picture, in both languages, from numbers alone."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from lxml import html

from reports.comparison import answer, render
from reports.language import EN, JA, Language
from reports.pairs import Interval, forest, slopes
from reports.plots import Axes
from reports.svg import Caption
from sim.studies.comparison import Comparison, Variant, compared_figure
from sim.studies.figures import figure_of

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
            "「届出（受理）」はAとBで全く同じである（41件）。",
            "A and B do not differ at all in filings accepted: 41 filings.",
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
    assert "9,000人、2019-06-03から14日間" in text
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
    picture = forest(CAPTION, Axes("%", ""), rows)
    assert picture.count('class="range dim"') == 3
    assert picture.count('class="range"') == 3
    places = [float(found) for found in re.findall(r'<circle cx="([0-9.]+)"', picture)]
    (zero,) = re.findall(r'<line x1="([0-9.]+)"[^>]*class="axis"', picture)
    assert places[0] < float(zero) < places[1]


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

"""The page of each scenario: the sections it has something to say in, the same numbers in both languages."""

from __future__ import annotations

import re
from functools import cache
from html import escape

import msgspec
import pytest

from reports.language import EN, JA
from reports.page import WHERE_MODELLED, render, sections
from sim.studies import measures as measuring
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.measures import Candidates, Distribution, LinkWork, Measures, Register
from sim.studies.scenario import loading
from tests.reports.test_page import Read, edition, section

# Days, and the share of the residents: a few seconds for all of them.
SHORT: dict[str, tuple[int, float]] = {
    "branch-offices": (6, 0.5),
    "cutover-2019": (6, 0.2),
    "forty-cities": (4, 0.03),
    "media-city": (16, 0.4),
    "outage-day": (14, 0.1),
    "paper-village": (20, 1.0),
    "renewal-then-copy": (8, 0.5),
    "same-day-in-and-out": (6, 0.2),
    "shinjuku-2019": (6, 0.05),
    "standalone-terminals": (10, 0.4),
    "write-start": (38, 0.15),
}
SAYS: dict[str, set[str]] = {
    "branch-offices": {"lateness", "deemed", "offices", "cards", "safeguards"},
    "forty-cities": {"municipalities", "links", "safeguards"},
    "media-city": {"links", "safeguards"},
    "outage-day": {"safeguards", "centre"},
    "paper-village": {"links", "centre", "safeguards"},
    "renewal-then-copy": {"copies", "safeguards"},
    "same-day-in-and-out": {"municipalities", "safeguards"},
    "standalone-terminals": {"offices", "cards", "safeguards"},
    "write-start": {"municipalities", "offices", "cards", "centre", "safeguards"},
}
"""The sections that a scenario must have."""


@cache
def played(name: str) -> Measures:
    days, share = SHORT[name]
    full = loading.load(name)
    places = tuple(
        place.model_copy(update={"residents": max(60, int(place.residents * share))}) for place in full.places
    )
    where = {"municipality": places[0]} if full.municipality is not None else {"municipalities": places}
    cards = full.cards.model_copy(update={"real_chips": min(2, full.cards.real_chips)})
    short = full.model_copy(update={"days": days, "cards": cards, **where})
    return fold(simulate.run_of(short, 1), simulate.run(short, 1).site.lines())


def test_every_scenario_has_its_page_here() -> None:
    assert set(SHORT) == set(loading.names())


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_scenario_has_the_sections_that_its_name_promises(name: str) -> None:
    found = {one.key for one in sections(played(name), JA)}
    assert SAYS[name] <= found


def test_a_plain_run_has_no_empty_sections_and_names_what_it_did_not_model() -> None:
    page = render(played("shinjuku-2019"))
    for key in ("offices", "cards", "copies", "links", "municipalities", "centre"):
        assert f'id="ja-{key}"' not in page
    silent = section(page, "ja", "basis")
    for title in ("窓口", "ICカード取扱端末", "市区町村ごと"):
        assert title in silent
    assert "Nothing to show in this run" in section(page, "en", "basis")


@pytest.mark.parametrize("name", sorted(SHORT))
def test_every_page_is_well_formed_with_unique_ids_and_no_leftovers(name: str) -> None:
    page = render(played(name))
    read = Read(page)
    assert read.open == []
    ids = [found["id"] for _, found in read.starts if "id" in found]
    assert len(ids) == len(set(ids))
    assert not re.search(r"\bNone\b|\{[a-z_.]+\}|\bnan\b", edition(page, "en"))


@pytest.mark.parametrize("name", sorted(SHORT))
def test_both_languages_carry_the_same_numbers(name: str) -> None:
    read = Read(render(played(name)))
    numbers: dict[str, dict[tuple[str, str], list[str]]] = {"ja": {}, "en": {}}
    for (table, row), cells in read.cells.items():
        code, _, key = table.partition("-")
        plain = [re.sub(r"[^0-9]+", " ", cell).strip() for cell in cells[1:]]
        # Months and clauses are words in one language and numbers in the other.
        numbers[code][key, row] = [] if key in ("table-rejected", "table-unsettled") else plain
    assert set(numbers["ja"]) == set(numbers["en"])
    for place, cells in numbers["ja"].items():
        if place[0].removeprefix("table-") in NUMERIC:
            assert cells == numbers["en"][place], place


NUMERIC = {
    "municipalities",
    "offices",
    "office-reasons",
    "office-items",
    "office-visits",
    "late-kinds",
    "late-classes",
    "duties",
    "copies",
    "copy-items",
    "copy-behind",
    "links",
    "link-steps",
    "link-slips",
    "safeguards",
    "terminals",
    "card-reads",
    "card-writes",
    "patterns",
    "kinds",
    "volumes",
    "balance-records",
}


@pytest.mark.parametrize("name", sorted(SHORT))
def test_the_same_measures_give_the_same_page_after_a_trip_through_the_file(name: str) -> None:
    m = played(name)
    again = msgspec.json.decode(measuring.encode(m), type=Measures)
    assert render(m) == render(again)


def test_every_page_says_in_both_languages_what_it_has_no_section_for() -> None:
    for name in SHORT:
        m = played(name)
        silent = [one.TITLE for one in WHERE_MODELLED if one.section(m, JA) is None]
        assert {one.key for one in sections(m, JA)} == {one.key for one in sections(m, EN)}
        for ja, en in silent:
            assert ja in section(render(m), "ja", "basis")
            assert en in section(render(m), "en", "basis")


# --- what single sections tell -----------------------------------------------------------------------------
def test_the_header_names_the_only_municipality_with_its_code_and_several_by_their_number() -> None:
    one, many = render(played("media-city")), render(played("forty-cities"))
    assert "(992011)" in one
    assert "40市区町村（" in many
    assert "()" not in many.partition("</header>")[0]


def test_safeguards_show_journal_lines_and_the_verified_log() -> None:
    """S3-026 to S3-034: each safeguard by name, with its evidence."""
    read = Read(render(played("outage-day")))
    rows = {row: cells for (table, row), cells in read.cells.items() if table == "ja-table-safeguards"}
    assert list(rows) == [f"S3-{number:03d}" for number in range(26, 35)]
    for cells in rows.values():
        assert re.search(r"(terminal-992011|lgwan)#\d+", cells[2]), cells
    assert "検証に合格した" in rows["S3-032"][1]


def test_an_audit_log_that_does_not_verify_is_told_before_anything_else() -> None:
    broken = msgspec.json.decode(measuring.encode(played("outage-day")), type=Measures)
    terminal = next(iter(broken.terminals.values()))
    terminal.broken = 1
    page = render(broken)
    assert "合格しない" in section(page, "ja", "safeguards")
    assert "DO NOT verify" in section(page, "en", "safeguards")
    assert 'class="verdict bad"' in section(page, "ja", "safeguards")


def test_false_candidates_made_by_delay_are_the_sentence_that_nobody_misses() -> None:
    m = msgspec.json.decode(measuring.encode(played("cutover-2019")), type=Measures)
    m.candidates = Candidates({"not_renewed": 3}, {"filed_in_time": 2, "filed_late": 1})
    page = render(m)
    assert "情報の遅れだけによる候補が2人いた。" in section(page, "ja", "lateness")
    assert "Delay alone made 2 candidates." in section(page, "en", "lateness")
    m.candidates.withdrawn.pop("filed_in_time")
    assert 'class="verdict good"' in section(render(m), "ja", "lateness")


def test_links_put_patterns_side_by_side_with_a_row_for_each_municipality() -> None:
    read = Read(render(played("forty-cities")))
    rows = {row for table, row in read.cells if table == "en-table-links"}
    patterns = {row.partition("/")[2] for row in rows}
    assert patterns == {"line", "media", "paper"}
    assert len({row.partition("/")[0] for row in rows}) > 20
    steps = {row: cells for (table, row), cells in read.cells.items() if table == "en-table-link-steps"}
    assert steps["line"][1] == "0"
    assert steps["media"][1] != "0"


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    m = msgspec.json.decode(measuring.encode(played("branch-offices")), type=Measures)
    m.offices["992011/main_office"].refused["because"] = 4
    assert "because" in section(render(m), "ja", "offices")


def test_a_page_without_any_of_it_is_a_page(empty: Measures) -> None:
    empty.links = {"131041/media": LinkWork()}
    page = render(empty)
    assert 'id="ja-links"' in page
    assert Read(page).open == []


# --- the promise -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_report_begins_with_the_promise_of_its_scenario_and_the_figures_that_show_it(name: str) -> None:
    full, m = loading.load(name), played(name)
    page = render(m)
    assert full.answers, "the scenario names no figure"
    read = Read(page)
    for code, shows in (("ja", full.shows_ja), ("en", full.shows_en)):
        assert re.findall(rf'<section id="{code}-(\w+)">', page)[0] == "promise"
        assert escape(shows).replace("&#x27;", "&#39;") in section(page, code, "promise")
        rows = [row for table, row in read.cells if table == f"{code}-table-promise"]
        assert rows == list(full.answers)


def test_the_figures_of_a_promise_are_those_of_the_measures() -> None:
    m = played("media-city")
    cells = Read(render(m)).cells
    assert cells["en-table-promise", "media_lost"][1] == "2 media"
    assert cells["en-table-promise", "media_refused"][1] == "3 media"
    assert cells["ja-table-promise", "media_refused"][1] == "3枚"
    assert cells["en-table-promise", "hours_line"][1] == "no cases"


def test_a_figure_that_nobody_counts_is_called_not_watched() -> None:
    m = again("media-city")
    m.run.watches = False
    cells = Read(render(m)).cells
    assert cells["ja-table-promise", "false_candidates"][1] == "監視していない"
    assert cells["en-table-promise", "false_candidates"][1] == "not watched"


def test_what_the_days_were_too_few_for_is_told_in_the_promise() -> None:
    m = played("media-city")
    assert m.run.beyond[-1]["place"] == "happenings.5"
    page = render(m)
    assert "回線への切替え（2019年6月24日 08:00）" in section(page, "ja", "promise")
    assert "the line inside breaks (27 June 2019, 09:30)" in section(page, "en", "promise")
    m = again("media-city")
    m.run.beyond = []
    assert "so not played" not in render(m)


# --- what a section must say ---------------------------------------------------------------------------
def test_refused_media_stand_with_their_codes_and_reasons() -> None:
    read = Read(render(played("media-city")))
    rows = {row: cells for (table, row), cells in read.cells.items() if table == "en-table-media-refused"}
    assert {cells[2]: cells[3] for cells in rows.values()} == {
        "MEDIUM_STALE": "1",
        "MEDIUM_FOREIGN": "1",
        "MEDIUM_FORGED": "1",
    }
    assert "media-refused" not in render(played("paper-village"))


def test_writes_refused_before_the_start_stand_apart_and_are_no_part_of_the_share() -> None:
    m = again("write-start")
    one = next(iter(m.card_terminals.values()))
    one.written, one.write_refused, one.refused_before = 30, {"offices_differ": 10, "suspended": 20}, 20
    cells = Read(render(m)).cells["en-table-card-writes", next(iter(m.card_terminals))]
    assert cells[1:] == ["30", "10", "20", "75.0%"]


def test_reasons_not_to_write_begin_with_the_most_frequent() -> None:
    read = Read(render(played("write-start")))
    times = [int(cells[1]) for (table, _), cells in read.cells.items() if table == "en-table-write-reasons"]
    assert len(times) > 3
    assert times == sorted(times, reverse=True)


def test_only_an_office_without_a_queue_is_said_to_have_none() -> None:
    m = again("write-start")
    page = render(m)
    assert "no queue was modelled" not in page
    assert "待ち行列を扱っていない" not in page
    m.run.sites[0].queues = False
    cells = Read(render(m)).cells
    assert "no queue was modelled" in section(render(m), "en", "offices")
    waits = {row: cells[3] for (table, row), cells in cells.items() if table == "en-table-offices"}
    assert all((wait == "–") is row.startswith(m.run.sites[0].code) for row, wait in waits.items())


def test_the_rows_of_requirements_are_explained() -> None:
    page = render(played("outage-day"))
    assert "S3は新宿区の外部接続の告示、資料003" in section(page, "ja", "safeguards")
    assert "the number of the requirement within that document" in section(page, "en", "safeguards")


def test_one_audit_log_is_singular() -> None:
    assert re.search(r"The audit log \([0-9,]+ lines\) verifies\.", render(played("media-city")))
    assert "All of 2 audit logs" in render(played("outage-day"))


def test_candidates_that_nobody_watches_for_are_not_said_to_be_none() -> None:
    m = again("branch-offices")
    assert not m.run.watches
    assert "取消しの候補: 監視していない" in section(render(m), "ja", "lateness")
    assert "Candidates for revocation: not watched" in section(render(m), "en", "lateness")
    m.run.watches = True
    page = section(render(m), "en", "lateness")
    assert "Nobody counted as a candidate" in page
    assert "not watched" not in page


def test_what_registers_wrote_beside_filings_is_shown_where_there_is_any() -> None:
    m = again("media-city")
    m.registers = {"992011": Register(provisional=4, settled=3, dropped=1, cancelled=2, births=5)}
    m.registers["992011"].certificates = {"renewal": 6, "items_changed": 1}
    m.registers["992011"].backlog = Distribution({"3": 2})
    page = render(m)
    assert Read(page).cells["en-table-registers", "992011"] == ["Mihon City", "5", "4", "3", "1", "2", "7"]
    assert "changed items: 1, renewal: 6" in section(page, "en", "registers")
    assert "有効期間の更新 6" in section(page, "ja", "registers")
    assert "the oldest had waited 3 days" in section(page, "en", "registers")
    m.registers = {"992011": Register()}
    assert 'id="ja-registers"' not in render(m)


def test_a_run_that_crosses_the_change_of_names_gives_both_names_of_the_notice() -> None:
    m = again("cutover-2019")
    assert "2019年3月31日までは法務省通知" not in section(render(m), "ja", "reconciliation")
    m.run.days = 14
    assert "2019年3月31日までは法務省通知" in section(render(m), "ja", "reconciliation")
    assert "until 31 March 2019" in section(render(m), "en", "reconciliation")


@pytest.mark.parametrize("name", sorted(SHORT))
def test_no_page_says_one_of_several(name: str) -> None:
    said = re.sub(r"<[^>]+>", " | ", edition(render(played(name)), "en"))
    plurals = "filings|operators|days|records|cases|hours|times|candidates|media"
    assert not re.search(rf"(?<![0-9.,/] )(?<![0-9.,-])\b1 ({plurals})\b", said)


def again(name: str) -> Measures:
    """A run's measures, free to be changed."""
    return msgspec.json.decode(measuring.encode(played(name)), type=Measures)

"""The report of a run as a reader gets it: complete, self-contained, honest, and the same every time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import msgspec
import pytest

from reports.page import SECTIONS, WHERE_MODELLED, render
from sim.studies import measures as measuring
from sim.studies.measures import Balance, Measures, Volume

KEYS = ("figures", "waiting", "filings", "calendar", "network", "volumes", "reconciliation", "basis")
VOID = {"meta", "link", "br"}


@dataclass
class Read(HTMLParser):
    """What a test asks of a page: elements with their attributes, and the cells of tables by row."""

    page: str
    starts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    table: str = ""
    row: str = ""
    cells: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.starts.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.table = found["id"]
        elif tag == "tr":
            self.row = found.get("data-row", "")
        elif tag in ("td", "th") and self.row:
            self.cells.setdefault((self.table, self.row), []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"
        if tag == "tr":
            self.row = ""

    def handle_data(self, data: str) -> None:
        if self.row and self.open and self.open[-1] in ("td", "th"):
            self.cells[self.table, self.row][-1] += data


def edition(page: str, code: str) -> str:
    """The part of the page in one language."""
    found = re.search(rf'<main lang="{code}".*?</main>', page, re.DOTALL)
    assert found is not None
    return found.group()


def section(page: str, code: str, key: str) -> str:
    found = re.search(rf'<section id="{code}-{key}">.*?</section>', page, re.DOTALL)
    assert found is not None, f"no section {code}-{key}"
    return found.group()


def verdict(page: str, code: str) -> str:
    found = re.search(r'<p class="verdict.*?</p>', edition(page, code))
    assert found is not None
    return found.group()


def test_the_same_measures_give_the_same_bytes(month: Measures) -> None:
    again = msgspec.json.decode(measuring.encode(month), type=Measures)
    assert render(month) == render(again)


def test_rendering_changes_nothing_in_the_measures(broken: Measures) -> None:
    before = measuring.encode(broken)
    render(broken)
    assert measuring.encode(broken) == before


@pytest.mark.parametrize("code", ["ja", "en"])
@pytest.mark.parametrize("run", ["month", "year", "empty", "broken"])
def test_every_section_is_there_in_order_in_both_languages(
    run: str, code: str, request: pytest.FixtureRequest
) -> None:
    page = edition(render(request.getfixturevalue(run)), code)
    assert tuple(re.findall(rf'<section id="{code}-(\w+)">', page)) == KEYS
    # The promise is missing, which only a scenario makes, and the basis is no part of the list.
    assert len(SECTIONS) - len(WHERE_MODELLED) == len(KEYS)
    for key in KEYS:
        assert f'href="#{code}-{key}"' in page


@pytest.mark.parametrize("run", ["month", "year", "empty", "broken"])
def test_the_page_is_well_formed_and_every_id_is_unique(run: str, request: pytest.FixtureRequest) -> None:
    read = Read(render(request.getfixturevalue(run)))
    assert read.open == []
    ids = [found["id"] for _, found in read.starts if "id" in found]
    assert len(ids) == len(set(ids))
    for _, found in read.starts:
        for named in found.get("aria-labelledby", "").split():
            assert named in ids


def test_the_page_loads_nothing_from_anywhere(year: Measures) -> None:
    page = render(year)
    read = Read(page)
    targets = [found[name] for _, found in read.starts for name in ("src", "href") if name in found]
    assert targets, "the links of the page were not found"
    assert all(target.startswith("#") or target == "data:," for target in targets)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|https?:", page)


def test_every_plot_has_a_title_a_description_and_its_numbers_as_a_table(month: Measures) -> None:
    figures = re.findall(r"<figure .*?</figure>", render(month), re.DOTALL)
    assert len(figures) == 24
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img"', figure)
        assert re.search(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", figure)
        assert "<table " in figure


def test_the_header_says_how_to_run_it_again_and_that_no_authority_issued_it(month: Measures) -> None:
    page = render(month)
    for code, closed, nobody in (
        (
            "ja",
            "連携インタフェース仕様は公開されていない",
            "いかなる官庁もこの報告書を発行又は承認していない",
        ),
        ("en", "interface specification is not public", "No authority issued or endorsed this report"),
    ):
        header = edition(page, code).split("</header>")[0]
        assert "renkei sim run shinjuku-2019 --days 30 --seed 1 --out DIR" in header
        assert "renkei-open/1" in header
        assert "42,157" in header
        assert "42,247" in header
        assert closed in header
        assert nobody in header


def test_before_april_2019_the_national_side_is_the_ministry_of_justice(month: Measures) -> None:
    month.run.start, month.run.days = "2018-03-01", 30
    page = edition(render(month), "ja")
    assert "法務省通知" in page
    assert "出入国在留管理庁" not in page


@pytest.mark.parametrize("code", ["ja", "en"])
def test_every_number_of_the_reconciliation_is_the_measures(code: str, broken: Measures) -> None:
    cells = Read(render(broken)).cells
    seen = 0
    for key, balances, answers in (
        ("records", broken.balances, True),
        ("batches", broken.batches, False),
    ):
        table = f"{code}-table-balance-{key}"
        for kind, balance in balances.items():
            expected = [balance.raised, balance.accepted, balance.rejected, balance.pending, balance.lost]
            expected += [balance.rest] + [balance.answered] * answers
            shown = [int(cell.replace(",", "")) for cell in cells[table, kind][1:]]
            assert shown == expected
            assert shown[0] - shown[1] - shown[2] - shown[3] == shown[5]
            seen += 1
        total = [int(cell.replace(",", "")) for cell in cells[table, "total"][1:]]
        assert total[0] == sum(balance.raised for balance in balances.values())
        assert total[5] == sum(balance.rest for balance in balances.values())
    assert seen == 5


@pytest.mark.parametrize(("code", "says"), [("ja", "失われたものがある。"), ("en", "Something is lost.")])
def test_a_lost_record_spoils_the_verdict_although_the_sum_is_zero(
    code: str, says: str, month: Measures
) -> None:
    balance = month.balances["agency_notice"]
    assert balance.pending > 0
    balance.lost = 1
    assert balance.rest == 0
    assert says in section(render(month), code, "reconciliation")


def test_the_verdict_is_good_when_all_rests_are_zero(month: Measures) -> None:
    page = render(month)
    assert 'class="verdict good"' in verdict(page, "ja")
    assert "差引残はゼロである" in verdict(page, "ja")
    assert "The sum is zero" in verdict(page, "en")


def test_the_verdict_is_bad_when_a_rest_is_not_zero(broken: Measures) -> None:
    page = render(broken)
    assert 'class="verdict bad"' in verdict(page, "ja")
    assert "差引残はゼロではない" in verdict(page, "ja")
    assert "The sum is NOT zero" in verdict(page, "en")
    assert "3 unaccounted for, 2 counted more often" in verdict(page, "en")


def test_a_loss_and_a_doubling_do_not_cancel_each_other_out(month: Measures) -> None:
    month.balances["municipality_notice"].accepted -= 1
    month.balances["municipality_transmission"].accepted += 1
    assert sum(balance.rest for balance in month.balances.values()) == 0
    page = render(month)
    assert 'class="verdict bad"' in verdict(page, "en")
    tile = re.search(r'<div class="warn"><dt>Records lost or doubled.*?</div>', page)
    assert tile is not None
    assert '<dd class="value">2</dd>' in tile.group()


def test_a_rest_of_batches_alone_makes_the_verdict_bad(month: Measures) -> None:
    month.batches["down"].accepted -= 1
    page = render(month)
    assert 'class="verdict bad"' in verdict(page, "ja")
    assert "batches leave a rest too" in section(page, "en", "figures")


def test_only_fifty_rejected_batches_are_listed_and_the_rest_is_counted(broken: Measures) -> None:
    part = section(render(broken), "en", "reconciliation")
    assert "batch-049" in part
    assert "batch-050" not in part
    assert "And 10 more." in part


def unsettled(number: int, **changes: str) -> dict[str, str]:
    row = {
        "name": f"131041-{number:08d}",
        "kind": "municipality_notice",
        "person": f"P{number:07d}",
        "batch": "131041-ISA-01-00000030",
        "state": "pending",
        "faults": "",
        "seen": "terminal-131041",
        "at": "2019-04-30 22:00",
    }
    return row | changes


def test_what_is_not_settled_is_listed_by_person_and_batch_with_who_saw_it_last(month: Measures) -> None:
    month.persons = {"all": 900, "settled": 898, "pending": 1, "unsound": 1}
    month.unsettled = [unsettled(1, faults="LOST", seen="ministry"), unsettled(2)]
    month.unsettled_count = 2
    page = render(month)
    english, japanese = section(page, "en", "reconciliation"), section(page, "ja", "reconciliation")
    for told in ("131041-00000001", "P0000001", "131041-ISA-01-00000030", "Nothing became of it", "ministry"):
        assert told in english
    assert "Of 900 people everything is settled for 898" in english
    assert "結果なし" in japanese
    assert "全て処理済み898人" in japanese


def test_only_fifty_of_what_is_not_settled_are_listed_and_the_rest_is_counted(month: Measures) -> None:
    month.unsettled = [unsettled(number) for number in range(1, 61)]
    month.unsettled_count = 340
    part = section(render(month), "en", "reconciliation")
    assert "131041-00000050" in part
    assert "131041-00000051" not in part
    assert "And 290 more." in part


def test_nothing_pending_is_said_so(month: Measures) -> None:
    assert "No record or batch is pending." in section(render(month), "en", "reconciliation")


def test_a_rejected_batch_is_shown_with_its_code_and_reason(month: Measures) -> None:
    page = render(month)
    assert "2019年4月9日 23:20" in section(page, "ja", "reconciliation")
    english = section(page, "en", "reconciliation")
    assert "9 April 2019, 23:20" in english
    assert "DIGEST_MISMATCH" in english
    assert "the content was altered" in english


def test_a_reason_says_what_came_only_when_it_may_be_told_and_speaks_one_language(month: Measures) -> None:
    month.rejected_batches[0] |= {"expected": "131041", "received": ""}
    page = render(month)
    japanese, english = section(page, "ja", "reconciliation"), section(page, "en", "reconciliation")
    assert "封筒を開けない</td>" in japanese
    assert "封筒を開けない（受信 512 bytes）</td>" in japanese
    assert "expected" not in japanese
    assert "an envelope sealed for us" not in japanese
    assert "The envelope cannot be opened (expected 131041)</td>" in english
    assert "(expected an envelope sealed for us, received 512 bytes)</td>" in english


def test_a_filing_that_the_register_contradicts_is_told_with_its_reason(month: Measures) -> None:
    assert "contradicted" not in section(render(month), "en", "filings")
    month.revisions_refused = {"not_registered": 3}
    page = render(month)
    assert "住民票がない 3件" in section(page, "ja", "filings")
    assert "there is no resident record: 3." in section(page, "en", "filings")


def test_a_live_run_says_that_nothing_was_measured_on_its_connection(month: Measures) -> None:
    assert "nothing was measured" not in section(render(month), "en", "network")
    month.run.clock, month.run.outages, month.network = "live", [], {}
    page = render(month)
    english = section(page, "en", "network")
    assert "nothing was measured on it" in english
    assert "line rate, latency and outages were not applied" in english
    assert "何も測っていない" in section(page, "ja", "network")
    assert "refused in outages" not in english
    assert "simulated" not in edition(page, "en")
    assert "シミュレーション" not in edition(page, "ja")


def test_moving_out_is_no_part_of_the_shares_of_cards(month: Measures) -> None:
    cells = Read(render(month)).cells
    assert ("en-table-cards", "moving_out") not in cells
    others = [cell for kind, cell in month.filings.items() if kind != "moving_out"]
    everything = sum(sum(cell.card.values()) for cell in others)
    presented = sum(cell.card["presented"] for cell in others)
    assert f"{presented:,} ({100 * presented / everything:.1f}%)" in section(render(month), "en", "filings")


def test_one_of_a_thing_is_singular_in_english(empty: Measures) -> None:
    empty.run.days = 1
    empty.balances["agency_notice"] = Balance(raised=1, accepted=1)
    empty.batches["up"] = Balance(raised=1, accepted=1)
    empty.event_to_filing.add(1)
    empty.event_to_agency.add(1)
    empty.exchange["2019-04-01"] = measuring.ExchangeDay(records_up=1, exchanges=1, delayed=1)
    page = edition(render(empty), "en")
    assert "Each of 1 record and 1 batch is" in page
    assert "Days with delayed batches: 1" in page
    assert "1 exchange, 1 batch delayed" in page
    assert not re.search(
        r"\b1 (days|records|batches|cases|hours|filings|bytes|exchanges)\b",
        re.sub(r"[0-9.]+[.,]1 ", "", page),
    )


def test_volumes_say_that_results_and_receipts_count(month: Measures) -> None:
    page = render(month)
    assert "処理結果（レコードごと）と受領の結果（バッチごと）を含む" in section(page, "ja", "volumes")
    assert "results (one a record) and receipts (one a batch)" in section(page, "en", "volumes")


def test_an_empty_run_says_in_each_section_that_there_was_nothing(empty: Measures) -> None:
    page = render(empty)
    for key, ja, en in (
        ("waiting", "該当するものはない", "no cases"),
        ("filings", "届出はない", "Nothing was filed"),
        ("calendar", "情報連携は1回もない", "Not one exchange"),
        ("network", "回線を通ったものはない", "Nothing went over the network"),
        ("volumes", "バッチは作られていない", "No batch was made"),
        ("reconciliation", "発生したレコードはない", "No records were raised"),
        ("basis", "仮定を挙げていない", "names no assumptions"),
    ):
        assert ja in section(page, "ja", key)
        assert en in section(page, "en", key)
        assert "<figure" not in section(page, "en", key)
    assert "30 days without" in section(page, "en", "figures")


def test_days_without_exchange_are_findings(month: Measures) -> None:
    page = render(month)
    assert "情報連携のない日 1日" in section(page, "ja", "calendar")
    assert "13 April 2019" in section(page, "en", "calendar")
    assert section(page, "ja", "calendar").count("情報連携なし</title>") == 1
    del month.exchange["2019-04-20"]
    assert section(render(month), "ja", "calendar").count("情報連携なし</title>") == 2


def test_a_year_has_a_cell_for_each_day(year: Measures) -> None:
    cells = Read(render(year)).cells
    assert sum(table == "ja-table-calendar" for table, _ in cells) == 365
    assert len(re.findall(r"<g><title>", section(render(year), "ja", "calendar"))) == 365


def test_a_day_outside_of_the_period_is_shown_and_not_dropped(month: Measures) -> None:
    month.network["2019-05-01T00"] = measuring.NetworkHour(bytes=4321, transfers=1)
    assert ("ja-table-bytes", "2019-05-01") in Read(render(month)).cells


def test_hours_with_the_long_tail_say_what_the_last_column_holds(month: Measures) -> None:
    part = section(render(month), "en", "waiting")
    tail = sum(times for hours, times in month.event_to_filing.ordered() if hours >= 22 * 24)
    assert tail > 0
    assert f"everything of 22 days or more: {tail} cases" in part
    assert "≥ 22" in part


def test_text_from_outside_is_escaped(month: Measures) -> None:
    evil = '<script>alert("x")</script>'
    month.run.title_ja = month.run.title_en = month.run.municipality_ja = month.run.profile = evil
    month.run.outages = [{"from": "2019-04-13 20:00", "until": "x<b>", "ja": evil, "en": evil}]
    month.run.assumptions = [{"ja": evil, "en": evil, "source_ja": evil, "source_en": evil}]
    month.run.command = evil
    month.rejected_batches[0]["received"] = month.rejected_batches[0]["ref"] = evil
    month.filings[evil] = month.filings["moving_in"]
    month.filings["moving_in"].card[evil] = 1
    month.balances[evil] = Balance(raised=1, pending=1, codes={evil: 1})
    month.volumes[evil] = Volume(1, 1, 1)
    page = render(month)
    assert "&lt;script&gt;alert(" in page
    assert page.count("<script>") == 1
    assert "<b>" not in page
    assert Read(page).open == []


def test_numbers_have_thousands_separators_and_shares_one_decimal(year: Measures) -> None:
    part = section(render(year), "en", "figures")
    filed = sum(cell.in_time + cell.late for cell in year.filings.values())
    in_time = sum(cell.in_time for cell in year.filings.values())
    assert filed > 10_000
    assert f">{filed:,}<" in part
    assert f">{100 * in_time / filed:.1f}%<" in part


def test_outages_are_listed_with_both_ends(month: Measures) -> None:
    page = render(month)
    assert "2019年4月13日 20:00" in section(page, "ja", "network")
    assert "14 April 2019, 03:30" in section(page, "en", "network")
    assert "refused in outages or otherwise by the network: 7." in section(page, "en", "network")


def test_assumptions_and_unconfirmed_facts_are_all_listed(month: Measures) -> None:
    page = render(month)
    for code in ("ja", "en"):
        part = section(page, code, "basis")
        for given in month.run.assumptions:
            assert given[code] in part
            assert given[f"source_{code}"] in part
        for fact in month.run.unconfirmed:
            assert fact[f"statement_{code}"] in part
            assert fact[f"reason_{code}"] in part
            assert fact["id"] in part

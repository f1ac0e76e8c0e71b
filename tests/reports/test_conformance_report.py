"""The pages of a conformance run as a reader gets them: complete, bounded, self-contained, honest."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from conformance.results import Proof, Results
from conformance.runner import Run
from conformance.verdicts import Assumption, Verdict
from reports.commands import app
from reports.conformance import certificate, matrix
from reports.conformance.lines import CASES_AT_MOST, choose
from reports.conformance.report import render
from sim.base.errors import UsageError
from tests.conformance.bundle_helpers import FAILING, KEY, PASSING, broken, bundle, mixed, results
from tests.reports.test_browser import FLAGS, NAMES

CLI = CliRunner()
VOID = {"meta", "link", "br"}
PROOF = Proof(plan="a" * 64, verdicts="b" * 64, journals="c" * 64, key=KEY.fingerprint)
HOSTILE = "<script>alert(1)</script>\"&'"


class Read(HTMLParser):
    """Names, links and texts of a page. Raises if elements do not close as they opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        for name in ("href", "src", "action"):
            if found.get(name, "").startswith("#"):
                self.links.append(found[name][1:])
            elif name in found and found[name] != "data:,":
                self.outside.append(found[name])
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def page(run: Run) -> str:
    return render(results(run), run.journals, PROOF)


def edition(text: str, code: str) -> str:
    found = re.search(rf'<main lang="{code}".*?</main>', text, re.DOTALL)
    assert found is not None
    return found.group()


def without_cases() -> Run:
    verdicts = msgspec.structs.replace(broken().verdicts, cases=())
    return replace(broken(), cases=(), journals={}, verdicts=verdicts, stopped="interrupted", peer={})


def conditional(told: Results) -> Results:
    """The same, its failing checks resting on an assumption."""
    why = Assumption("確認できない。", "Nobody could confirm it.", date(2026, 11, 21))

    cases = tuple(
        msgspec.structs.replace(
            case,
            verdict=Verdict.CONDITIONAL if case.verdict is Verdict.FAIL else case.verdict,
            checks=tuple(
                msgspec.structs.replace(one, verdict=Verdict.CONDITIONAL, assumption=why)
                if one.verdict is Verdict.FAIL
                else one
                for one in case.checks
            ),
        )
        for case in told.cases
    )
    return msgspec.structs.replace(told, cases=cases)


# --- the report -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("run", [mixed, broken, without_cases])
def test_the_page_is_whole_has_no_dead_link_and_needs_nothing_from_outside(run: Callable[[], Run]) -> None:
    read = Read(page(run()))
    assert len(read.ids) == len(set(read.ids))
    assert set(read.links) - {"ja", "en"} <= set(read.ids)
    assert read.outside == []


def test_the_same_run_gives_the_same_bytes() -> None:
    assert page(mixed()) == page(mixed())


def test_a_finding_shows_expected_and_received_and_links_to_the_lines_that_show_it() -> None:
    text = page(mixed())
    for code, words in (("ja", ("期待", "実際", "証拠")), ("en", ("expected", "received", "evidence"))):
        found = re.search(
            rf'<article id="{code}-case-{FAILING}">.*?</article>', edition(text, code), re.DOTALL
        )
        assert found is not None
        article = found.group()
        assert all(f">{word}<" in article for word in words)
        assert "<dd>none</dd>" in article and "<dd>immi.19-9-1</dd>" in article
        link = re.search(r'href="#(l-[^"]+)"><code>(stage#\d+)</code>', article)
        assert link is not None
        line = re.search(rf'<li id="{link[1]}" class="evidence"><code>(.*?)</code>', text)
        assert line is not None and "filing_decided" in line[1]


def test_a_line_has_its_neighbours_and_a_passing_case_has_no_lines() -> None:
    chosen = choose(results(mixed()), mixed().journals)
    assert PASSING not in chosen.lines
    shown = chosen.lines[FAILING]
    numbers = [list(mixed().journals[FAILING]).index(one.line) for one in shown]
    for at, one in zip(numbers, shown, strict=True):
        if one.evidence and at:
            assert at - 1 in numbers
    assert not all(one.evidence for one in shown)


def test_every_verdict_is_counted_and_every_case_named_in_both_languages() -> None:
    text = page(mixed())
    for code in ("ja", "en"):
        part = edition(text, code)
        for case in mixed().cases:
            assert f">{case.id}</code>" in part
        for verdict in ("FAIL", "INCONCLUSIVE", "NOT_RUN", "PASS", "NOT_APPLICABLE"):
            assert re.search(rf'<tr data-row="{verdict}".*?<td class="number">1</td>', part)


def test_the_header_says_what_was_tested_and_what_the_page_is_not() -> None:
    text = page(mixed())
    for told in (
        "住基ワークス 3.2",
        "新宿区 4471",
        "ab" * 32,
        KEY.fingerprint,
        "公的機関の認定、証明、検定ではない",
    ):
        assert told in edition(text, "ja")
    assert "no approval or certification by any authority" in edition(text, "en")


def test_coverage_names_document_and_line_of_each_row() -> None:
    part = edition(page(mixed()), "en")
    assert re.search(r'<tr data-row="S0-002">.*?<td class="text">seed-000 57</td>', part)
    assert "line of the text as given to the project" in part


def test_a_capability_that_is_not_declared_is_listed_with_the_cases_it_cost() -> None:
    row = re.search(r'<tr data-row="register.copies">.*?</tr>', edition(page(mixed()), "ja"))
    assert row is not None and "X-03" in row.group()


def test_a_conditional_finding_has_its_reason_and_its_date() -> None:
    text = render(conditional(results(mixed())), mixed().journals, PROOF)
    part = re.search(r'<section id="en-conditional">.*?</section>', text, re.DOTALL)
    assert part is not None
    assert "Nobody could confirm it." in part.group() and "21 November 2026" in part.group()


def test_text_of_an_implementation_cannot_become_markup() -> None:
    run = broken()
    told = results(run)
    case = next(case for case in told.cases if case.case == FAILING)
    one = next(one for one in case.checks if one.verdict is Verdict.FAIL)
    found = msgspec.structs.replace(one.findings[0], received=HOSTILE, ja=HOSTILE)
    case = msgspec.structs.replace(
        case, title=HOSTILE, checks=(msgspec.structs.replace(one, findings=(found,)),)
    )
    hostile = msgspec.structs.replace(
        told, cases=(case,), peer={"name": HOSTILE}, challenge=HOSTILE, stopped=HOSTILE
    )
    lines = tuple(msgspec.structs.replace(line, data={"x": HOSTILE}) for line in run.journals[FAILING])
    for text in (render(hostile, {FAILING: lines}, PROOF), certificate.render(hostile, PROOF)):
        Read(text)
        assert "<script>alert" not in text


def test_the_page_stays_small_when_everything_fails() -> None:
    told = results(broken())
    failing = next(case for case in told.cases if case.case == FAILING)
    many = tuple(
        msgspec.structs.replace(failing, case=f"C-{number}", checks=failing.checks * 4)
        for number in range(300)
    )
    lines = tuple(
        msgspec.structs.replace(line, data=line.data | {"x": "y" * 100_000})
        for line in broken().journals[FAILING]
    )
    big = msgspec.structs.replace(told, cases=many)
    text = render(big, {case.case: lines for case in many}, PROOF)
    assert text.count("<article") == 2 * CASES_AT_MOST
    assert len(text) < 16_000_000
    assert f"{300 - CASES_AT_MOST} more cases" in edition(text, "en")
    assert "… (+" in text
    assert set(Read(text).links) - {"ja", "en"} <= set(Read(text).ids)


def test_a_run_that_was_interrupted_says_so_at_the_top() -> None:
    text = page(without_cases())
    assert "途中で終了（中断）" in edition(text, "ja") and "ended early (interrupted)" in edition(text, "en")
    assert "判定した記録がない" in text and "ケースがない" in text


# --- the certificate ------------------------------------------------------------------------------------
def test_a_refused_certificate_says_so_and_why() -> None:
    text = certificate.render(results(mixed()), PROOF)
    Read(text)
    assert "準拠確認書は発行されない" in text and "規則に反したケースがあります" in text
    assert "必須の規則に一つも反しなかった" not in text


def test_a_granted_certificate_says_what_it_is_not_and_what_it_rests_on() -> None:
    told = results(mixed())
    granted = msgspec.structs.replace(
        told, granted=True, certificate=msgspec.structs.replace(told.certificate, reasons=())
    )
    text = certificate.render(conditional(granted), PROOF)
    Read(text)
    for part in (
        "準拠確認書",
        "住基ワークス 3.2",
        "公的機関の認定、証明、検定ではない",
        "issued by no authority",
        "renkei-open/1",
        "copies of records",
        "Nobody could confirm it. (2026-11-21)",
        "固定されていない",
        *(PROOF.plan, PROOF.verdicts, PROOF.journals, PROOF.key),
    ):
        assert part in text
    assert "発行されない" not in text


def test_an_unsigned_certificate_says_so() -> None:
    assert "署名なし" in certificate.render(results(broken()), msgspec.structs.replace(PROOF, key=""))


# --- the matrix -----------------------------------------------------------------------------------------
def test_the_matrix_has_a_column_for_each_run_and_a_row_for_each_requirement_and_feature() -> None:
    several = [results(mixed()), results(without_cases())]
    text = matrix.render(several)
    Read(text)
    part = edition(text, "en")
    row = re.search(r'<tr data-row="S0-002">.*?</tr>', part)
    assert row is not None
    assert re.findall(r"v-(\w+)", row.group()) == ["FAIL", "FAIL"]
    feature = re.search(r'<tr data-row="x.feature">.*?</tr>', part)
    assert feature is not None
    assert "INCONCLUSIVE 1, NOT_RUN 1, NOT_APPLICABLE 1" in feature.group() and "–" in feature.group()
    assert "ended early: interrupted" in part
    assert "住基ワークス 3.2 (1)" in part and "住基ワークス 3.2 (2)" in part


def test_the_commands_write_report_and_matrix_from_bundles(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    assert CLI.invoke(app, ["build", str(folder)]).exit_code == 0
    assert (folder / "report.html").read_bytes() == before
    out = tmp_path / "matrix.html"
    assert CLI.invoke(app, ["matrix", str(folder), str(folder), "--out", str(out)]).exit_code == 0
    assert "Conformance of 2 implementations" in out.read_text(encoding="utf-8")


def test_the_matrix_marks_the_column_of_a_bundle_that_does_not_verify(tmp_path: Path) -> None:
    part = edition(matrix.render([results(mixed()), results(mixed())], [1]), "en")
    assert "3.2 (2) – not verified" in part and "3.2 (1) – not verified" not in part
    assert "検証に合格しない" in edition(matrix.render([results(mixed())], [0]), "ja")
    assert "not verified" not in edition(matrix.render([results(mixed())]), "en")
    folder = bundle(tmp_path)
    told = (folder / "verdicts.json").read_text(encoding="utf-8")
    assert '"FAIL"' in told
    (folder / "verdicts.json").write_text(told.replace('"FAIL"', '"PASS"'), encoding="utf-8")
    out = tmp_path / "matrix.html"
    done = CLI.invoke(app, ["matrix", str(folder), "--out", str(out)])
    assert done.exit_code == 0
    assert "not verified" in done.stderr and f"renkei report verify {folder}" in done.stderr
    assert "not verified" in edition(out.read_text(encoding="utf-8"), "en")


def test_a_matrix_of_what_is_no_bundle_is_wrong_use(tmp_path: Path) -> None:
    error = CLI.invoke(app, ["matrix", str(tmp_path), "--out", str(tmp_path / "m.html")]).exception
    assert isinstance(error, UsageError)


# --- in a real browser ----------------------------------------------------------------------------------
@pytest.fixture
def chromium(tmp_path: Path) -> Callable[..., bytes]:
    """Runs Chromium with some options on an address, and gives what it prints."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.fail("chromium is missing: install the system package `chromium`")

    def run(address: str, *options: str) -> bytes:
        return subprocess.run(
            [program, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *options, address],
            capture_output=True,
            timeout=120,
            check=True,
        ).stdout

    return run


@pytest.mark.real_peer
def test_a_link_to_a_line_unfolds_it_and_keeps_the_language(
    tmp_path: Path, chromium: Callable[..., bytes], record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "chromium")
    text = page(mixed())
    link = re.search(r'href="(#l-[^"]+)"', text)
    assert link is not None
    # Followed by hand, because Chromium unfolds what it goes to itself, and not every browser does.
    follow = (
        '<script>location.hash = "#en"; setTimeout(() => { history.replaceState(null, "", "'
        + link[1]
        + '"); window.dispatchEvent(new Event("hashchange")); }, 50);</script>'
    )
    place = tmp_path / "report.html"
    place.write_text(text.replace("</body>", follow + "</body>"), encoding="utf-8")
    shown = chromium(place.as_uri(), "--virtual-time-budget=2000", "--dump-dom").decode()
    assert '<html lang="en">' in shown
    fold = re.search(r"<details([^>]*)><summary><code>journals/" + FAILING, shown)
    assert fold is not None and "open" in fold[1]


@pytest.mark.real_peer
@pytest.mark.parametrize("granted", [True, False])
def test_the_certificate_prints_on_one_page(
    tmp_path: Path,
    chromium: Callable[..., bytes],
    record_property: Callable[[str, object], None],
    granted: bool,
) -> None:
    record_property("peer", "chromium")
    told = conditional(results(mixed()))
    none = tuple(msgspec.structs.replace(one, declared=False) for one in told.capabilities)
    reasons = () if granted else told.certificate.reasons
    full = msgspec.structs.replace(
        told,
        capabilities=none,
        granted=granted,
        certificate=msgspec.structs.replace(told.certificate, reasons=reasons),
        challenge="指" * 500,
    )
    (tmp_path / "certificate.html").write_text(certificate.render(full, PROOF), encoding="utf-8")
    printed = tmp_path / "certificate.pdf"
    chromium((tmp_path / "certificate.html").as_uri(), "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1

"""The report of a load test in a real browser: both languages, nothing to complain about, and on paper."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from load.results import Results
from reports.load.page import render
from tests.load.samples import Troubles, empty, results
from tests.reports.test_browser import FLAGS, NAMES, opened, shown

__all__ = ["opened"]


@pytest.mark.real_peer
@pytest.mark.parametrize(
    "made",
    [results(), results("march-peak", troubles=Troubles(unfinished=37, lost=3, late=400)), empty()],
    ids=["all municipalities", "failures", "nothing"],
)
def test_chromium_shows_each_language_without_complaint(
    made: Results,
    tmp_path: Path,
    opened: Callable[[str], tuple[str, str]],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("peer", "chromium")
    page = tmp_path / "load.html"
    page.write_text(render(made), encoding="utf-8")
    document, console = opened(page.as_uri())
    assert (shown(document), console) == ({"ja": True, "en": False}, "")
    document, console = opened(page.as_uri() + "#en-times")
    assert (shown(document), console) == ({"ja": False, "en": True}, "")


@pytest.mark.real_peer
def test_chromium_prints_it_on_a_few_pages(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "chromium")
    program = next(path for name in NAMES if (path := shutil.which(name)))
    page, paper = tmp_path / "load.html", tmp_path / "load.pdf"
    page.write_text(render(results()), encoding="utf-8")
    subprocess.run(
        [
            program,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={paper}",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    # All 1,892 rows stay behind their fold: nobody wants them on paper.
    assert 3 <= paper.read_bytes().count(b"/Type /Page\n") <= 12

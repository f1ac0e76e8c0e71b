"""The page in a real browser: Japanese by default, English by the address, and nothing to complain about."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.page import render
from sim.studies.measures import Measures

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """Opens an address in Chromium: (the document after its script ran, lines of the console)."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.fail("chromium is missing: install the system package `chromium`")

    def open_page(address: str) -> tuple[str, str]:
        profile = tmp_path / f"profile-{len(list(tmp_path.glob('profile-*')))}"
        done = subprocess.run(
            [program, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", address],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    return open_page


def shown(document: str) -> dict[str, bool]:
    """Language of each edition, and whether it is shown."""
    mains = re.findall(r"<main ([^>]*)>", document)
    return {re.findall(r'lang="(\w+)"', main)[0]: " hidden" not in f" {main}" for main in mains}


@pytest.mark.real_peer
def test_chromium_shows_japanese_by_default_and_english_by_the_address(
    month: Measures,
    tmp_path: Path,
    opened: Callable[[str], tuple[str, str]],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("peer", "chromium")
    page = tmp_path / "report.html"
    page.write_text(render(month), encoding="utf-8")

    document, console = opened(page.as_uri())
    assert '<html lang="ja">' in document
    assert shown(document) == {"ja": True, "en": False}
    assert f"<title>{month.run.title_ja}</title>" in document
    assert console == ""

    document, console = opened(page.as_uri() + "#en")
    assert '<html lang="en">' in document
    assert shown(document) == {"ja": False, "en": True}
    assert f"<title>{month.run.title_en}</title>" in document
    assert console == ""

    document, _ = opened(page.as_uri() + "#en-reconciliation")
    assert shown(document) == {"ja": False, "en": True}


@pytest.mark.real_peer
def test_the_console_of_chromium_is_really_read(
    tmp_path: Path,
    opened: Callable[[str], tuple[str, str]],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("peer", "chromium")
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><script>undefined_name()</script>", encoding="utf-8")
    _, console = opened(page.as_uri())
    assert "undefined_name" in console

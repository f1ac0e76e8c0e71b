"""The page in a real browser: it moves when the sources do, and says when one of them does not answer."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from sim.drivers.live.network.outages import OutageStatus
from sim.drivers.live.status.serving import ADDRESS
from tests.live.chromium import Browser
from tests.live.status.known import (
    NOW,
    OSAKA,
    SHINJUKU,
    Speakers,
    line,
    network,
    overview,
    seen,
    speaking,
    terminal,
)

Record = Callable[[str, object], None]


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """`renkei status` as a process: the address of its page."""
    home = str(Path(str(sim.__file__)).parents[1])
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import renkei; renkei.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, home, "status", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith(ADDRESS)
            yield first.removeprefix(ADDRESS).strip()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def say_all(speakers: Speakers, *, decided: int = 10, kept: int = 0, outage: str = "") -> None:
    """A server, a network and a terminal that say this."""
    speakers.say("/overview", overview(seen(), seen(OSAKA, "大阪市", last=""), kept=kept, decided=decided))
    running = (OutageStatus("cable-1", "cable", OSAKA, True, True, NOW, None),) if outage else ()
    lines = (line(up=decided * 100), line(OSAKA, outage=outage, rate=0))
    speakers.say("/lgwan/status", network(*lines, outages=running))
    speakers.say("/terminal/status", terminal(operator="op-<b>1"))


def watched(speakers: Speakers) -> tuple[str, ...]:
    """The options that watch all of it."""
    url = speakers.url
    return "--ministry", url, "--lgwan", f"{url}/lgwan", "--terminal", f"{url}/terminal"


def text(browser: Browser, selector: str) -> str:
    return str(browser.ask(f"document.querySelector({selector!r}).innerText"))


def test_with_nothing_to_watch_the_command_says_what_to_give() -> None:
    import typer

    from sim.base.errors import UsageError
    from sim.commands.status import status_command

    app = typer.Typer()
    app.command()(status_command)
    error = CliRunner().invoke(app, []).exception
    assert isinstance(error, UsageError)
    assert "--ministry URL" in str(error)


def test_the_page_loads_nothing_from_elsewhere_and_is_for_this_machine_only() -> None:
    with speaking() as speakers, served("--ministry", speakers.url) as address:
        place = address.removeprefix("http://").removesuffix("/")
        for path in ("/", "/page.css", "/page.js"):
            connection = http.client.HTTPConnection(place)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "https://" not in body
            assert "http://" not in body.replace("http://www.w3.org/2000/svg", "")
            connection.request("GET", path, headers={"Host": "stranger.example"})
            assert connection.getresponse().status == 400
            connection.close()


@pytest.mark.real_peer
def test_the_page_moves_when_the_sources_do(tmp_path: Path, record_property: Record) -> None:
    record_property("peer", "chromium")
    with speaking() as speakers:
        say_all(speakers)
        with served(*watched(speakers)) as address, Browser(tmp_path / "profile", address) as browser:
            browser.until("document.querySelectorAll('#table tbody tr').length === 2")
            assert browser.ask("document.documentElement.lang") == "ja"
            assert "稼働中" in text(browser, "#tiles")
            assert "新宿区" in text(browser, "#table tbody")
            assert "op-<b>1" in text(browser, "#terminals")
            assert "5 (うち回答 3)" in text(browser, "#terminals")
            assert "回線の障害はありません" in text(browser, "#outages")
            assert browser.ask("document.querySelectorAll('.cell.outage').length") == 0

            say_all(speakers, decided=90, kept=4321, outage="cable")
            browser.until("document.querySelector('#tiles').innerText.includes('4,321')")
            browser.until("document.querySelectorAll('.cell.outage').length === 1")
            assert "発生中" in text(browser, "#outages")
            assert "disk_failed" in text(browser, "#faults")
            assert "回線障害 (cable)" in text(browser, "#table tbody tr")
            browser.until("document.querySelector('#chartDecided path.first')")

            browser.ask("location.hash = '#en'")
            browser.until("document.documentElement.lang === 'en'")
            assert "Batches to decide" in text(browser, "#tiles")
            assert "5 (3 answers)" in text(browser, "#terminals")
            assert "Line out of use (cable)" in text(browser, "#table tbody tr")
            assert browser.console == []


@pytest.mark.real_peer
def test_a_source_that_stops_answering_is_shown_as_such_with_since_when(
    tmp_path: Path, record_property: Record
) -> None:
    record_property("peer", "chromium")
    with speaking() as speakers:
        say_all(speakers)
        with served(*watched(speakers)) as address, Browser(tmp_path / "profile", address + "#en") as browser:
            browser.until("document.querySelectorAll('#sources .dot.yes').length === 3")
            speakers.says["/overview"] = 503
            browser.until("document.querySelector('#sources li.no')")
            said = text(browser, "#sources li.no")
            assert "Ministry server" in said and "does not answer since" in said and "HTTP 503" in said
            assert "Unknown" in text(browser, "#tiles")
            # What was known of the municipalities stays on the page.
            assert browser.ask("document.querySelectorAll('#table tbody tr').length") == 2
            say_all(speakers)
            browser.until("document.querySelectorAll('#sources .dot.yes').length === 3")
            assert "Ready" in text(browser, "#tiles")


@pytest.mark.real_peer
def test_a_page_whose_watch_has_stopped_says_that_it_is_old(tmp_path: Path, record_property: Record) -> None:
    record_property("peer", "chromium")
    with speaking() as speakers:
        say_all(speakers)
        with Browser(tmp_path / "profile", "data:text/html,<p>not yet</p>") as browser:
            with served(*watched(speakers)) as address:
                browser.go(address)
                browser.until("document.querySelector('#stale').hidden && document.querySelector('.dot.yes')")
            browser.until("!document.querySelector('#stale').hidden")
            assert "更新されていません" in text(browser, "#stale")


@pytest.mark.real_peer
def test_the_whole_country_is_found_sorted_and_turned_over_in_the_browser(
    tmp_path: Path, record_property: Record
) -> None:
    record_property("peer", "chromium")
    from sim.exchange.municipality import check_digit

    fives = [f"{prefecture:02d}{number:03d}" for prefecture in range(1, 48) for number in range(200, 241)][
        :1892
    ]
    codes = [five + check_digit(five) for five in fives]
    country = [seen(code, f"町{number}", waiting=number % 7) for number, code in enumerate(codes)]
    with speaking() as speakers:
        speakers.say("/overview", overview(*country))
        with (
            served("--ministry", speakers.url) as address,
            Browser(tmp_path / "profile", address) as browser,
        ):
            browser.until("document.querySelectorAll('.cell').length === 1892")
            assert browser.ask("document.querySelectorAll('#table tbody tr').length") == 50
            assert text(browser, "#count") == "1,892 / 1,892件"
            browser.ask("document.querySelector('[data-sort=waiting]').click()")
            top = browser.ask("document.querySelector('#table tbody tr').dataset.code")
            assert top == codes[6]
            browser.ask("document.querySelector('[data-page=\"1\"]').click()")
            assert "2 / 38" in text(browser, "#pages")
            browser.ask("document.querySelector('[data-filter=waiting]').click()")
            waiting = sum(1 for one in country if one.waiting)
            assert text(browser, "#count") == f"{waiting:,} / 1,892件"
            browser.ask("document.querySelector('[data-filter=\"\"]').click()")
            browser.ask("document.querySelector('#find').value = '町1891'")
            browser.ask("document.querySelector('#find').dispatchEvent(new Event('input'))")
            assert browser.ask("document.querySelector('#table tbody').innerText").startswith(codes[1891])
            assert browser.console == []


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with speaking() as speakers, served("--ministry", speakers.url) as address:
        home = str(Path(str(sim.__file__)).parents[1])
        port = address.rstrip("/").rpartition(":")[2]
        code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import renkei; renkei.main()"
        done = subprocess.run(
            [sys.executable, "-c", code, home, "status", "--ministry", speakers.url, "--port", port],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": home},
            check=False,
        )
    assert done.returncode == 2
    assert "give another port" in done.stderr
    assert SHINJUKU not in done.stderr

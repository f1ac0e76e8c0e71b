"""The rows on cards: equal conversations before speed, and a soak that would tell. No test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import card_pcscd, card_read, card_soak, harness, run
from bench.harness import CannotRun, Options, Sample, Unequal
from virtual_card.chip.chip import Chip


def silent(text: str) -> None:
    """Nobody reads the progress of a test."""


def sample(outcome: dict[str, Any], seconds: float = 1.0, cpu: float = 1.0) -> Sample:
    return Sample(seconds, cpu, 10.0, outcome)


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_read, "BATCHES", 1)


@pytest.mark.usefixtures("once")
def test_both_sides_of_a_card_read_say_the_same_to_the_byte() -> None:
    ours, naive = card_read.ours(1).outcome, card_read.naive(1).outcome
    harness.assert_equal(ours, naive)
    assert ours["talk"]["commands"] > 50
    assert len(ours["files"]) == 9


@pytest.mark.usefixtures("once")
def test_a_side_that_says_otherwise_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = card_read.ours(1).outcome
    monkeypatch.setattr("bench.naive_card.PIECE", 255)
    with pytest.raises(Unequal, match=r"talk\.digest"):
        harness.assert_equal(ours, card_read.naive(1).outcome)


@pytest.mark.usefixtures("once")
def test_the_limit_does_the_messages_of_the_read_and_nothing_else() -> None:
    # 28 pieces of 7004 bytes, 12 of 3004, the verification, and both messages of the authentication.
    assert card_read.floor(1).outcome == {"messages": 28 + 12 + 3}


def test_the_figures_compare_processor_time_and_show_wall_time() -> None:
    cpu = {"ours": 2.0, "naive": 9.0, "floor": 1.0, "whole-1": 1.0, "whole-05": 1.0}
    wall = {"ours": 0.003, "naive": 0.009, "floor": 0.002, "whole-1": 0.004, "whole-05": 0.007}
    found = card_read.figures({side: [sample({}, wall[side], cpu[side])] * 3 for side in cpu})
    seen = {figure.measure: (figure.spread.median, figure.reached) for figure in found}
    expected: dict[str, tuple[float, bool | None]] = {
        "pycryptodome per call / ours": (4.5, True),
        "ours, of what DES alone permits": (50, True),
        "ours, 256-byte reads": (3, None),
        "pycryptodome per call": (9, None),
        "DES alone": (2, None),
        "ours, whole files, type 1": (4, True),
        "ours, whole files, type 05": (7, False),
    }
    assert {name: seen[name] for name in expected} == expected


def test_without_pycryptodome_the_row_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Crypto", None)
    with pytest.raises(CannotRun, match="pycryptodome is not installed"):
        card_read.measure(Options(), silent)


def test_a_soak_sends_what_it_says_and_meets_every_kind_of_answer() -> None:
    found = card_soak.soak(6000).outcome
    assert (found["sent"], found["failed"], found["failures"]) == (6000, 0, [])
    assert sum(found["status"].values()) == 6000
    assert {"9000", "6300", "6700", "6882", "6982", "6985", "6988", "6A82", "6A86", "6D00"} <= set(
        found["status"]
    )
    assert card_soak.soak(500).outcome == card_soak.soak(500).outcome


def test_a_chip_that_raises_or_answers_nonsense_fails_the_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Chip.transmit

    def wrong(self: Chip, raw: bytes) -> bytes:
        if raw[:1] == b"\xff":
            raise IndexError
        return b"\x12\x34" if raw[1:2] == b"\xda" else right(self, raw)

    monkeypatch.setattr(Chip, "transmit", wrong)
    found = card_soak.soak(2000).outcome
    assert found["failed"] > 2
    assert any("IndexError" in one for one in found["failures"])

    monkeypatch.setattr(harness, "sample", lambda *given: sample(found))
    with pytest.raises(Unequal, match="commands failed"):
        card_soak.measure(Options(), silent)


def test_a_soak_without_failures_is_a_figure_that_reached_its_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def soaked(script: Path, *arguments: str) -> Sample:
        given.extend(arguments)
        return sample({"sent": 1000, "failed": 0, "failures": [], "status": {}})

    monkeypatch.setattr(harness, "sample", soaked)
    figures = card_soak.measure(Options(), silent)
    assert given == ["1000000"]
    assert (figures[0].measure, figures[0].reached) == ("failures in 1,000 commands", True)


@pytest.mark.real_peer
def test_a_read_through_pcscd_is_measured_and_equals_the_one_in_process(
    record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_property("peer", "pcscd")
    done = subprocess.run(
        [sys.executable, card_pcscd.__file__, "05", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(card_read, "BATCHES", 1)
    assert json.loads(done.stdout)["outcome"]["files"] == card_read.ours(1, "05", "whole").outcome["files"]


def test_every_row_is_run_by_default() -> None:
    assert {"card_read", "card_pcscd", "card_soak"} <= set(run.ROWS)

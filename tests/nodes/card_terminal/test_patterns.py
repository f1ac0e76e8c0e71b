"""Pattern files: by medium without LGWAN, by themselves with it, and never unnoticed when too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sim.base.instant import instant
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal, Pattern
from sim.nodes.messages.cards import BringPatternFile, OpenCardTerminal, PatternReleased
from tests.nodes.card_terminal.town import (
    AUTHORITY,
    CODE,
    COUNTER,
    NOON,
    TERMINAL,
    TODAY,
    Town,
    reading_of,
    writing,
)

MADE = TODAY - timedelta(days=10)
LIMIT = 30
ALONE = CardTerminal(
    TERMINAL, CODE, COUNTER, connection=Connection.STANDALONE, pattern=Pattern("v1", MADE, LIMIT)
)
ONLINE = replace(ALONE, connection=Connection.LGWAN, writes=True)
TOO_OLD = MADE + timedelta(days=LIMIT + 1)


@pytest.mark.parametrize(
    ("version", "made_on"),
    [("v1", MADE), ("v0", MADE - timedelta(days=1)), ("v9", TODAY + timedelta(days=1))],
)
def test_a_file_that_is_not_newer_or_not_made_yet_is_not_taken(version: str, made_on: date) -> None:
    town = Town(ALONE)
    assert town.give(TERMINAL, BringPatternFile(version, made_on)).code == "pattern_not_newer"
    assert not town.lines("pattern_updated")


def test_each_terminal_is_updated_in_the_manner_of_its_connection_only() -> None:
    """S0-051, S0-052: a standalone terminal by medium, one on LGWAN by itself."""
    medium, released = BringPatternFile("v2", TODAY), PatternReleased("v2", TODAY)
    assert Town(ALONE).give(TERMINAL, released, AUTHORITY).code == "not_by_automatic"
    assert Town(ONLINE).give(TERMINAL, medium).code == "not_by_medium"
    on_lan = replace(ALONE, connection=Connection.LAN_ONLY)
    for terminal, body, manner in ((ALONE, medium, "medium"), (on_lan, medium, "medium")):
        town = Town(terminal)
        assert town.give(TERMINAL, body).ok
        (line,) = town.lines("pattern_updated")
        assert line.data == {"terminal": TERMINAL, "version": "v2", "manner": manner, "age_days": 0}
    town = Town(ONLINE)
    assert town.give(TERMINAL, released, AUTHORITY).ok
    assert town.lines("pattern_updated")[0].data["manner"] == "automatic"


def test_a_file_that_becomes_too_old_is_found_on_that_day_once_and_reading_goes_on() -> None:
    """S0-051: age above the limit raises a finding."""
    town = Town(ALONE)
    town.give(TERMINAL, OpenCardTerminal())
    town.ring(instant(TOO_OLD - timedelta(days=1), 23))
    assert not town.lines("pattern_outdated")
    town.ring(instant(TOO_OLD + timedelta(days=400)))
    (line,) = town.lines("pattern_outdated")
    assert line.data == {"terminal": TERMINAL, "version": "v1", "age_days": LIMIT + 1}
    assert line.at == instant(TOO_OLD)
    assert town.ask(reading_of(), instant(TOO_OLD, 12)).ok


def test_a_file_that_was_replaced_in_time_is_not_found_and_its_follower_is() -> None:
    town = Town(ALONE)
    town.give(TERMINAL, OpenCardTerminal())
    town.give(TERMINAL, BringPatternFile("v2", TODAY))
    town.ring(instant(TOO_OLD + timedelta(days=400)))
    assert [line.data["version"] for line in town.lines("pattern_outdated")] == ["v2"]


def test_a_terminal_with_a_file_that_is_too_old_does_not_write_until_it_is_updated() -> None:
    late = instant(TOO_OLD, 12)
    town = Town(ONLINE)
    town.ask(writing(), instant(TOO_OLD - timedelta(days=1), 12))
    town.ask(writing(), late)
    assert [line.data["reason"] for line in town.lines("write_refused")] == ["pattern_outdated"]
    town.give(TERMINAL, PatternReleased("v2", TOO_OLD), AUTHORITY, late)
    town.ask(writing(), late)
    assert len(town.lines("address_written")) == 2


def test_without_a_pattern_file_or_a_limit_nobody_counts_and_nothing_is_woken() -> None:
    """A terminal in a mass simulation costs nothing a day."""
    for pattern in (None, Pattern("v1", MADE)):
        town = Town(replace(ALONE, pattern=pattern))
        town.give(TERMINAL, OpenCardTerminal())
        town.ask(reading_of(), NOON)
        assert not town.alarms

"""The operators of a card terminal: its own, by id and PIN, instructed, and logged on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sim.base.instant import DAY, MINUTE, Instant, instant
from sim.base.node import NodeId
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.messages.cards import CardReading, CarryExtracts, OpenCardTerminal
from sim.nodes.messages.terminal import IdleDue, LogOff, LogOn, Train, Unlock
from sim.nodes.terminal import audit
from sim.nodes.terminal.operators import ATTEMPTS, Operator, Role, hashed
from tests.nodes.card_terminal.town import (
    CODE,
    COUNTER,
    NOON,
    PERSON,
    TERMINAL,
    TODAY,
    Town,
    reading_of,
    writing,
)

CLERK = Operator("clerk", hashed("1234", "s1"), trained=date(2019, 4, 1))
HEAD = Operator("head", hashed("9999", "s2"), Role.ADMINISTRATOR, date(2019, 4, 1))
NEW = Operator("new", hashed("5678", "s3"))
STAFFED = CardTerminal(TERMINAL, CODE, COUNTER, writes=True, operators=(CLERK, HEAD, NEW))


def town() -> Town:
    return Town(STAFFED)


def refused(town: Town) -> list[str]:
    return [str(line.data["reason"]) for line in town.lines("read_refused", "write_refused")]


def logged(town: Town) -> list[str]:
    return [str(line.data["what"]) for line in town.lines("audit_logged")]


# --- refusals -------------------------------------------------------------------------------------------
def test_nobody_who_is_not_logged_on_reads_or_writes_a_card() -> None:
    place = town()
    assert place.ask(reading_of()).code == "nobody_logged_on"
    assert place.ask(writing()).code == "nobody_logged_on"
    wish = CarryExtracts("C1", "S1", "main_office", "USB-1", (CardReading(PERSON.ref, "match", TERMINAL),))
    assert place.ask(wish).code == "nobody_logged_on"
    assert refused(place) == ["nobody_logged_on"] * 2
    assert not place.lines("card_read", "address_written", "extract_exported")


def test_a_wrong_pin_an_unknown_id_and_a_locked_operator_get_the_same_answer() -> None:
    """The credentials are this terminal's own (S0-027); what was typed as an id is not written down."""
    place = town()
    assert place.give(TERMINAL, LogOn("stranger", "1234")).code == "not_admitted"
    for _ in range(ATTEMPTS):
        assert place.give(TERMINAL, LogOn("clerk", "0000")).code == "not_admitted"
    assert place.give(TERMINAL, LogOn("clerk", "1234")).code == "not_admitted"
    assert logged(place) == ["log_on_failed"] * (ATTEMPTS + 1) + ["locked", "log_on_failed"]
    assert place.lines("audit_logged")[0].data["operator"] == ""

    assert place.give(TERMINAL, Unlock("clerk")).code == "nobody_logged_on"
    assert place.give(TERMINAL, LogOn("head", "9999")).ok
    assert place.give(TERMINAL, LogOn("clerk", "1234")).code == "console_in_use"
    assert place.give(TERMINAL, Unlock("nobody")).code == "unknown_operator"
    assert place.give(TERMINAL, Unlock("clerk")).ok
    assert place.give(TERMINAL, LogOff()).ok
    assert place.give(TERMINAL, LogOn("clerk", "1234")).ok
    assert place.give(TERMINAL, Unlock("head")).code == "not_an_administrator"


def test_who_was_not_instructed_is_not_let_in_until_instructed() -> None:
    """S0-050: the role of reading cards is granted to who was trained."""
    place = town()
    assert place.give(TERMINAL, LogOn("new", "5678")).code == "training_overdue"
    assert place.give(TERMINAL, Train("new", date(2019, 5, 8))).code == "date_in_future"
    assert place.give(TERMINAL, Train("nobody", TODAY)).code == "unknown_operator"
    assert place.give(TERMINAL, Train("new", TODAY)).ok
    assert place.give(TERMINAL, LogOn("new", "5678")).ok
    assert place.ask(reading_of()).ok


def test_another_operator_than_the_one_who_is_logged_on_does_not_read() -> None:
    place = town()
    place.give(TERMINAL, LogOn("clerk", "1234"))
    assert place.ask(reading_of(operator="head")).code == "another_operator"
    assert place.ask(reading_of(operator="clerk")).ok
    assert place.ask(reading_of()).ok


# --- sessions -------------------------------------------------------------------------------------------
def test_who_serves_a_window_stays_logged_on_and_who_does_nothing_is_logged_off() -> None:
    place = town()
    place.give(TERMINAL, LogOn("clerk", "1234"))
    assert place.ask(reading_of(), Instant(NOON + 9 * MINUTE)).ok
    place.ring(Instant(NOON + 15 * MINUTE))
    assert place.ask(reading_of(), Instant(NOON + 15 * MINUTE)).ok
    place.ring(Instant(NOON + 26 * MINUTE))
    assert place.ask(reading_of(), Instant(NOON + 26 * MINUTE)).code == "nobody_logged_on"
    assert logged(place) == ["log_on", "view", "view", "timed_out", "log_off"]
    assert place.give(TERMINAL, LogOff()).code == "nobody_logged_on"
    assert place.give(TERMINAL, IdleDue(1), COUNTER).code == "not_an_exchange_terminal"


def test_a_session_that_is_idle_too_long_counts_no_more_even_before_it_is_closed() -> None:
    place = town()
    place.give(TERMINAL, LogOn("clerk", "1234"))
    assert place.ask(reading_of(), Instant(NOON + 10 * MINUTE)).code == "nobody_logged_on"


def test_the_terminal_has_a_log_of_its_own_in_which_nothing_can_be_altered() -> None:
    """S0-027: own ids, credentials and logs."""
    place = town()
    place.give(TERMINAL, LogOn("clerk", "1234"))
    place.ask(reading_of())
    wish = CarryExtracts("C1", "S1", "main_office", "USB-1", (CardReading(PERSON.ref, "match", TERMINAL),))
    place.ask(wish)
    place.give(TERMINAL, LogOff())
    assert logged(place) == ["log_on", "view", "export", "log_off"]
    log = audit.from_journal(place.lines(), TERMINAL)
    origin = audit.origin(TERMINAL, "1")
    assert audit.verify(log, origin) == ()
    assert audit.verify(log[:1] + log[2:], origin) != ()
    assert audit.verify(log, audit.origin(NodeId(f"terminal-{CODE}"), "1")) != ()


def test_an_instruction_that_runs_out_is_found_on_that_day() -> None:
    place = town()
    place.give(TERMINAL, OpenCardTerminal())
    assert [line.data["operator"] for line in place.lines("training_overdue")] == ["new"]
    place.ring(Instant(instant(date(2020, 4, 1)) + DAY))
    assert [line.data["operator"] for line in place.lines("training_overdue")] == ["new", "clerk", "head"]


def test_a_terminal_without_operators_asks_nobody_and_lets_nobody_log_on() -> None:
    place = Town(replace(STAFFED, operators=()))
    assert place.ask(reading_of()).ok
    assert place.give(TERMINAL, LogOn("clerk", "1234")).code == "not_admitted"

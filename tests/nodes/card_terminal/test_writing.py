"""Writing an address: by the policy only, with an authorisation of this moment, each used once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from sim.base.instant import HOUR, MINUTE, SECOND, Instant
from sim.base.node import NodeId
from sim.law.write_policy import Ministry, Policy
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal, CardTerminalState, Pattern
from sim.nodes.lgwan import Outage
from sim.nodes.messages.cards import (
    AddressWritten,
    AskToWrite,
    ChipWritten,
    MinistrySignature,
    ReleasePattern,
    SwitchWriting,
    TakePolicyStep,
    TerminalFacts,
    WriteAuthorised,
    WriteChip,
    WriteDenied,
)
from sim.stores.memory import MemoryStore
from sim.stores.sql import SqlStore, open_database
from tests.nodes.card_terminal.town import (
    AUTHORITY,
    CODE,
    COUNTER,
    NOON,
    OTHER,
    PERSON,
    TERMINAL,
    TODAY,
    Town,
    ready,
    writing,
)
from tests.nodes.rig import Rig

WRITER = CardTerminal(TERMINAL, CODE, COUNTER, writes=True)


def refusals(town: Town) -> list[str]:
    return [str(line.data["reason"]) for line in town.lines("write_refused")]


# --- refusals at the terminal ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("terminal", "reason"),
    [
        (replace(WRITER, connection=Connection.STANDALONE), "standalone"),
        (replace(WRITER, connection=Connection.LAN_ONLY), "terminal_off_lgwan"),
        (replace(WRITER, writes=False), "switched_off"),
        (replace(WRITER, reaches=lambda now: False), "offline"),
        (replace(WRITER, pattern=Pattern("v1", TODAY.replace(year=2018), 90)), "pattern_outdated"),
    ],
)
def test_what_needs_no_asking_is_refused_at_once(terminal: CardTerminal, reason: str) -> None:
    """S0-036: nothing cached or carried opens a chip; S0-035: only a terminal on LGWAN asks at all."""
    town = Town(terminal)
    assert town.ask(writing()).code == reason
    assert town.heard(AddressWritten) == [AddressWritten("C1", "S1", PERSON.ref, False, reason)]
    assert refusals(town) == [reason]
    assert not town.lines("write_authorised", "write_not_authorised", "address_written")


def test_an_address_for_another_office_is_refused() -> None:
    town = Town()
    assert town.ask(writing(office="branch_office")).code == "another_office"
    assert town.give(TERMINAL, writing(), NodeId("counter-131041-02")).code == "another_office"
    assert refusals(town) == ["another_office"] * 2
    assert len(town.heard(AddressWritten)) == 1  # a stranger is not answered


# --- refusals by the authority --------------------------------------------------------------------------
def test_while_the_policy_is_suspended_nothing_is_written() -> None:
    """S0-045: the endorsement on the back is all there is."""
    town = Town(policy=Policy())
    town.ask(writing())
    assert town.heard(AddressWritten)[0].written is False
    (line,) = town.lines("write_not_authorised")
    assert (line.data["terminal"], line.data["reasons"][0]) == (TERMINAL, "suspended")
    assert refusals(town) == ["suspended"]
    assert not town.lines("address_written", "write_authorised")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (ready(OTHER, security_policy_permits=False), "nation_not_ready"),
        (ready(security_policy_permits=False), "security_policy"),
        (ready(lan_configured=False), "lan_settings"),
        (
            ready(
                terminals=(
                    TerminalFacts(TERMINAL, "main_office", writes=True),
                    TerminalFacts("cards-131041-02", "branch", Connection.STANDALONE, True),
                )
            ),
            "municipality_off_lgwan",
        ),
    ],
)
def test_one_requirement_that_fails_anywhere_keeps_every_chip_closed(report: object, reason: str) -> None:
    """S0-034, S0-035, S0-038, S0-040: all municipalities meet the three requirements, or nobody writes."""
    town = Town(municipalities=(CODE, OTHER))
    town.give(AUTHORITY, report)  # type: ignore[arg-type]
    town.ask(writing())
    (line,) = town.lines("write_not_authorised")
    assert reason in line.data["reasons"] and "nation_not_ready" in line.data["reasons"]
    assert not town.lines("address_written")


def test_a_municipality_that_never_reported_keeps_every_chip_closed() -> None:
    """S0-034: silence is no readiness."""
    town = Town(municipalities=(CODE, OTHER), reports=False)
    town.give(AUTHORITY, ready())
    town.ask(writing())
    assert town.lines("write_not_authorised")[0].data["reasons"] == ["nation_not_ready"]
    town.give(AUTHORITY, ready(OTHER))
    town.ask(writing())
    assert len(town.lines("address_written")) == 1


def test_a_terminal_that_nobody_reported_or_that_is_another_is_told_nothing() -> None:
    """S0-027: the exchange terminal's name opens nothing here, and no terminal asks in another's name."""
    town = Town()
    asked = AskToWrite("x/1", TERMINAL, CODE, "C1", PERSON.ref)
    for sender in ("terminal-131041", "cards-131041-09", "outside"):
        assert town.give(AUTHORITY, asked, NodeId(sender)).code == "unknown_terminal"
    assert {line.data["reasons"][0] for line in town.lines("write_not_authorised")} == {"unknown_terminal"}
    assert not town.lines("write_authorised")


def test_a_request_that_was_answered_is_not_answered_again() -> None:
    town = Town()
    town.ask(writing())
    again = AskToWrite(f"{TERMINAL}/00000001", TERMINAL, CODE, "C1", PERSON.ref)
    assert town.give(AUTHORITY, again, TERMINAL).code == "authorisation_used"
    assert len(town.lines("write_authorised")) == 1


# --- writing --------------------------------------------------------------------------------------------
def test_an_authorised_address_is_written_once_and_both_sides_journal_it() -> None:
    """S0-030: with the policy on, the endorsement includes the chip."""
    town = Town()
    assert town.ask(writing()).ok
    (given,) = town.lines("write_authorised", node=AUTHORITY)
    (written,) = town.lines("address_written", node=TERMINAL)
    assert given.data == {"terminal": TERMINAL, "authorisation": "W00000001"}
    assert written.data == {
        "terminal": TERMINAL,
        "office": "main_office",
        "session": "S1",
        "authorisation": "W00000001",
        "real": False,
    }
    assert (written.case, written.subject) == ("C1", PERSON.ref)
    assert town.heard(AddressWritten) == [AddressWritten("C1", "S1", PERSON.ref, True)]
    assert town.lines("authorisation_spent")[0].data["written"] is True
    town.ring(Instant(NOON + HOUR))  # the time to give it up has come, and it was answered
    assert not refusals(town)


def test_the_switch_at_the_terminal_decides_nothing_by_itself() -> None:
    """S0-047: a municipality cannot turn writing on."""
    town = Town(replace(WRITER, writes=False), policy=Policy())
    town.give(TERMINAL, SwitchWriting(True))
    town.ask(writing())
    assert refusals(town) == ["suspended"]
    town.give(TERMINAL, SwitchWriting(False))
    town.ask(writing())
    assert refusals(town) == ["suspended", "switched_off"]


@pytest.mark.parametrize("outcome", ["mismatch", "unreadable", "failed"])
def test_a_chip_that_does_not_bear_the_address_afterwards_is_not_written_and_spends_the_authorisation(
    outcome: str,
) -> None:
    """S0-044: the terminal reads back what it wrote."""

    class Spoiling:
        def out(self, sender: NodeId, body: object) -> object:
            return msgspec.structs.replace(body, outcome=outcome) if isinstance(body, WriteChip) else body

        def into(self, to: NodeId, body: object, now: Instant) -> object:
            return body

    town = Town(edge=Spoiling())  # type: ignore[arg-type]
    town.ask(writing())
    assert refusals(town) == [f"chip_{outcome}"]
    assert town.heard(AddressWritten)[0].written is False
    assert town.lines("authorisation_spent")[0].data["written"] is False


def test_a_state_on_disk_goes_the_same_way(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "nodes.db", durable=False)
    town, other = (
        Town(policy=Policy(date(2014, 4, 1)), outages=(), store=store)
        for store in (lambda node, state: SqlStore(engine, node, state), MemoryStore)
    )
    signed = tuple(MinistrySignature(ministry, TODAY) for ministry in Ministry)
    for one in (town, other):
        one.give(AUTHORITY, TakePolicyStep("decision", signed, TODAY))
        one.give(AUTHORITY, TakePolicyStep("start"))
        one.give(AUTHORITY, ReleasePattern("v2", TODAY))
        one.ask(writing())
        one.ring(Instant(NOON + HOUR))
    assert town.lines() == other.lines()
    assert {"address_written", "authorisation_spent", "pattern_updated"} <= {one.kind for one in town.lines()}


# --- replays --------------------------------------------------------------------------------------------
def test_an_authorisation_that_comes_twice_or_from_elsewhere_writes_nothing() -> None:
    town = Town()
    town.ask(writing())
    again = WriteAuthorised(f"{TERMINAL}/00000001", "W00000001")
    assert town.give(TERMINAL, again, AUTHORITY).code == "authorisation_used"
    forged = WriteAuthorised(f"{TERMINAL}/00000001", "W99999999")
    assert town.give(TERMINAL, forged, COUNTER).code == "not_authorised"
    order = WriteChip(f"{TERMINAL}/00000001", "W00000001", PERSON.ref, "elsewhere", TODAY)
    assert town.give(TERMINAL, order, COUNTER).code == "not_authorised"
    assert town.give(TERMINAL, order, TERMINAL).code == "not_authorised"
    assert len(town.lines("address_written")) == 1
    assert len(town.lines("authorisation_refused")) == 4


def test_between_the_authorisation_and_the_chip_nothing_else_is_written() -> None:
    """The order to write is the terminal's own, and one request has one."""
    rig = Rig(TERMINAL, WRITER, CardTerminalState)
    asked = rig.give(writing(), NOON, COUNTER).sends[0].body
    assert isinstance(asked, AskToWrite)
    (order,) = rig.give(WriteAuthorised(asked.request, "W1"), NOON, AUTHORITY).sends
    assert (order.to, type(order.body)) == (TERMINAL, WriteChip)
    second = rig.give(WriteAuthorised(asked.request, "W2"), NOON, AUTHORITY)
    assert second.reply.code == "late"
    assert [send.body for send in second.sends] == [ChipWritten(TERMINAL, "W2", False)]
    assert rig.give(order.body, NOON, COUNTER).reply.code == "not_authorised"
    assert rig.give(WriteDenied(asked.request, ("suspended",)), NOON, AUTHORITY).reply.code
    assert rig.kinds().count("address_written") == 0
    assert rig.give(order.body, NOON, TERMINAL).reply.ok
    assert rig.kinds().count("address_written") == 1


def test_a_report_of_a_write_that_was_reported_is_a_replay() -> None:
    town = Town()
    town.ask(writing())
    report = ChipWritten(TERMINAL, "W00000001", True)
    assert town.give(AUTHORITY, report, TERMINAL).code == "authorisation_used"
    assert town.give(AUTHORITY, report, NodeId("cards-131041-02")).code == "authorised_elsewhere"
    unknown = msgspec.structs.replace(report, authorisation="W7")
    assert town.give(AUTHORITY, unknown, TERMINAL).code == "not_authorised"
    assert len(town.lines("authorisation_spent")) == 1


def test_a_denial_that_nobody_waits_for_changes_nothing() -> None:
    town = Town()
    denial = WriteDenied(f"{TERMINAL}/00000001", ("suspended",))
    assert town.give(TERMINAL, denial, AUTHORITY).code == "no_such_request"
    assert town.give(TERMINAL, denial, COUNTER).code == "no_such_request"
    assert not refusals(town)


# --- the network ----------------------------------------------------------------------------------------
def test_over_the_network_a_request_takes_its_time_and_is_answered() -> None:
    town = Town(outages=())
    town.ring(NOON)
    town.ask(writing())
    assert not town.heard(AddressWritten)
    town.ring(Instant(NOON + MINUTE))
    assert town.heard(AddressWritten) == [AddressWritten("C1", "S1", PERSON.ref, True)]
    assert town.lines("authorisation_spent")[0].data["written"] is True


def test_an_outage_means_no_write_and_the_counter_is_told_offline() -> None:
    """S0-048: what needs the line waits for nobody; the endorsement stands."""
    town = Town(outages=(Outage(NOON, Instant(NOON + HOUR)),))
    town.ask(writing())
    town.ring(Instant(NOON + MINUTE))
    assert town.heard(AddressWritten) == [AddressWritten("C1", "S1", PERSON.ref, False, "offline")]
    assert refusals(town) == ["offline"]
    assert not town.lines("write_authorised")


def test_an_answer_that_an_outage_cuts_off_is_withdrawn_and_the_request_given_up() -> None:
    # A request takes a millisecond, so an outage after one and a half cuts the answer.
    town = Town(outages=(Outage(Instant(NOON + 1500), Instant(NOON + HOUR)),))
    town.ask(writing())
    town.ring(Instant(NOON + MINUTE))
    assert len(town.lines("write_authorised")) == 1
    assert len(town.lines("authorisation_withdrawn")) == 1
    assert refusals(town) == ["offline"]
    late = WriteAuthorised(f"{TERMINAL}/00000001", "W00000001")
    assert town.give(TERMINAL, late, AUTHORITY, Instant(NOON + 2 * MINUTE)).code == "late"
    assert not town.lines("address_written")


def test_a_report_that_did_not_get_through_is_sent_again() -> None:
    # The third passage is the report of the write.
    town = Town(outages=(Outage(Instant(NOON + 2500), Instant(NOON + MINUTE)),))
    town.ask(writing())
    town.ring(Instant(NOON + MINUTE))
    assert len(town.lines("address_written")) == 1 and not town.lines("authorisation_spent")
    town.ring(Instant(NOON + 2 * HOUR))
    assert len(town.lines("authorisation_spent")) == 1


def test_a_request_that_nobody_answers_is_given_up() -> None:
    town = Town(replace(WRITER, authority=COUNTER, patience=SECOND))
    town.ask(writing())
    assert len(town.heard(AskToWrite)) == 1 and not refusals(town)
    town.ring(Instant(NOON + SECOND))
    assert refusals(town) == ["offline"]

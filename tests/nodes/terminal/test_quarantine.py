"""The third safeguard: what the scanner stops is not imported, its sender is told, the sequence goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sim.base.instant import DAY, Instant
from sim.base.node import Alarm
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange import batch as batches
from sim.exchange.folders import public_test_file
from sim.exchange.records import AgencyNotice, Result
from sim.exchange.sequence import Remedy, remedy
from sim.nodes.messages.network import Arrival, Carry, HandOver
from sim.nodes.messages.terminal import ExchangeDue, LogOn, OpenTerminal, View
from sim.nodes.terminal import Terminal
from tests.drivers.story import AT
from tests.exchange.samples import PROFILE
from tests.nodes.chaos import Chaos
from tests.nodes.rig import Rig
from tests.nodes.terminal.desk import NOON, PINS, assert_good_log, from_ministry, said, terminal


def agency_notice() -> AgencyNotice:
    return AgencyNotice(
        record_id="ISA-00000001",
        person_ref="P0000002",
        reason="period_extended",
        decided_date=date(2019, 4, 2),
        card_number_before="AB00000002CD",
        card_number="ZZ00000002ZZ",
        status="留学",
    )


def opened(rig: Rig) -> Alarm:
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    return alarm


def test_an_infected_batch_is_quarantined_before_import_and_its_sender_is_told() -> None:
    """S3-028: a test signature is stopped before anything of it is read."""
    rig = terminal()
    alarm = opened(rig)
    good = from_ministry(agency_notice())
    arrival = Arrival(MINISTRY, good.ref, good.content + public_test_file())
    committed = rig.give(arrival, NOON, LGWAN)
    assert (committed.reply.code, committed.sends) == ("INFECTED", ())
    line = rig.last("batch_quarantined")
    assert (line.subject, line.data) == (arrival.ref, {"what": "EICAR-Test-File"})
    (send,) = rig.ring(alarm).sends
    assert isinstance(send.body, Carry)
    decoded = batches.decode(send.body.content, PROFILE)
    assert decoded.batch is not None
    (answer,) = decoded.batch.records
    assert isinstance(answer, Result)
    assert (answer.scope, answer.answers, answer.outcome, answer.code) == (
        "batch",
        arrival.ref,
        "rejected",
        "INFECTED",
    )
    assert remedy("INFECTED") is Remedy.REPLACE
    with rig.store.transaction() as transaction:
        (found,) = transaction.state.quarantine.everything()
    assert (found.ref, found.size) == (arrival.ref, len(arrival.content))


def test_the_same_bytes_again_stay_refused_and_are_put_aside_once_whatever_the_scanner_has_learnt() -> None:
    rig = terminal(scanner=lambda content: "False.Alarm")
    first = from_ministry(agency_notice())
    rig.give(first, NOON, LGWAN)
    cleared = terminal()
    rig.node = cleared.node
    assert rig.give(first, NOON, LGWAN).reply.code == "INFECTED"
    assert rig.kinds().count("batch_quarantined") == 1
    assert rig.give(from_ministry(sequence=1), NOON, LGWAN).reply.ok  # another edition is clean, and due


def test_the_server_closes_the_number_of_an_infected_batch_and_what_comes_after_is_taken_in() -> None:
    """S3-028: the sequence can be repaired."""
    chaos = Chaos()
    stopped = {"on": True}
    rig = chaos.rigs[AT.terminal]
    assert isinstance(rig.node, Terminal)
    rig.node = replace(rig.node, scanner=lambda content: "Test" if stopped["on"] else "")
    chaos.extend()
    chaos.pass_time(11)
    while chaos.flights:
        chaos.deliver(chaos.flights[0])
    assert "batch_quarantined" in rig.kinds()
    assert chaos.imported == []
    stopped["on"] = False
    chaos.settle(5)
    # The notice in it is rejected with its batch, the number is closed, and the next ones come in.
    (settled,) = (line for line in chaos.lines(MINISTRY) if line.kind == "notice_settled")
    assert (settled.data["outcome"], settled.data["code"]) == ("rejected", "INFECTED")
    assert rig.kinds().count("batch_received") >= 4


def test_what_lies_in_quarantine_is_seen_by_who_is_logged_on() -> None:
    rig = terminal(scanner=lambda content: "Test")
    rig.give(from_ministry(), NOON, LGWAN)
    rig.give(LogOn("op-01", PINS["op-01"]), NOON)
    assert rig.give(View("quarantine"), NOON).reply.detail == "quarantine: 1"
    assert said(rig)[-2:] == [("view", "op-01"), ("log_off", "op-01")]
    assert_good_log(rig)


def test_nothing_is_handed_to_a_messenger_without_a_session() -> None:
    rig = terminal()
    assert rig.give(HandOver(MINISTRY), Instant(NOON + DAY)).reply.code == "no_session"

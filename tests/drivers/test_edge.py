"""The border between a node and the network: what a signer sealed is refused once it was taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

from sim.base.instant import instant
from sim.drivers.edge import SealedEdge
from sim.drivers.topology import LGWAN, MINISTRY, VALID_FROM, VALID_UNTIL, Topology
from sim.exchange import pki
from sim.exchange.pki import Authority, Reason, Usage
from sim.nodes.messages.network import Arrival, Carry

TOPOLOGY = Topology("131041", time(22))
TERMINAL = TOPOLOGY.places.terminal


def edge_of(authority: Authority) -> SealedEdge:
    own = {
        node: pki.issue(authority, name, pki.serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE)
        for node, name in ((TERMINAL, "131041"), (MINISTRY, "ISA"))
    }
    return SealedEdge(own, {n: one.certificate for n, one in own.items()}, authority.certificate)


def arrived(edge: SealedEdge, sealed: bytes, day: date) -> Arrival:
    body = edge.into(MINISTRY, Arrival(TERMINAL, "REF", sealed), instant(day, 22))
    assert isinstance(body, Arrival)
    return body


def test_a_batch_of_a_terminal_whose_certificate_was_taken_back_does_not_reach_the_node() -> None:
    authority = pki.make_authority(VALID_FROM, VALID_UNTIL)
    edge = edge_of(authority)
    carried = edge.out(TERMINAL, Carry(MINISTRY, "REF", b"H,content\r\n"))
    assert isinstance(carried, Carry)
    serial = edge.own[TERMINAL].certificate.serial_number
    rows = {serial: (datetime(2019, 4, 10, tzinfo=UTC), Reason.KEY_COMPROMISE)}
    raw = pki.revocation_list(authority, rows, 2, date(2019, 4, 1), date(2019, 4, 30))
    edge = replace(edge, revocations=pki.read_revocations(raw, authority.certificate))
    before = arrived(edge, carried.content, date(2019, 4, 9))
    assert (before.content, before.signer, before.fault) == (b"H,content\r\n", "131041", "")
    after = arrived(edge, carried.content, date(2019, 4, 11))
    assert (after.content, after.signer, after.fault) == (b"", "", "REVOKED")
    # Without a list that holds for the day nothing is believed.
    assert arrived(edge, carried.content, date(2019, 5, 1)).fault == "REVOCATION_UNKNOWN"


def test_a_plain_batch_on_the_network_is_no_envelope() -> None:
    edge = edge_of(pki.make_authority(VALID_FROM, VALID_UNTIL))
    assert arrived(edge, b"H,content\r\n", date(2019, 4, 9)).fault == "NOT_CMS"
    assert LGWAN not in edge.own

"""Batches on a medium between the municipality and the agency, in a declared outage of the line.

What a messenger takes is what would have gone over the line: the envelope that only the other end opens. It
lies on the medium in the form of `sim.exchange.folders`, sealed once more and labelled with the key of media,
which both ends have (`keys/media.key`) and the place's own systems have not. A medium is taken in whole,
once, and in its order. Source: joint ordinance 1 of 2012, arts. 1 and 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.node import Key
from sim.drivers.folders import read_medium, sealed_for_medium, wipe_medium, write_medium
from sim.drivers.live.clock import WallClock
from sim.drivers.live.terminal.leg import MediumTaken, MediumWritten, ref_of
from sim.drivers.topology import MINISTRY
from sim.exchange.batch import DOWN, UP
from sim.exchange.folders import Label, file_name, item_of
from sim.nodes.messages.network import MEDIA, Arrival, Carry
from sim.nodes.terminal.replacement import ASKING

if TYPE_CHECKING:
    from sim.drivers.live.terminal.station import Station


def write(station: Station, root: Path) -> Label:
    """Writes what a messenger is to take, and tells the terminal that he has it.

    A crash before that leaves all of it waiting: it is written again, under the same number.

    Raises:
        UsageError: the medium is no folder.
    """
    place = station.place
    key = place.media_key()
    with station.leg.transaction() as leg:
        sequence = leg.state.media_out() + 1
    handed = station.handed_over()
    files: dict[str, bytes] = {}
    for outgoing in handed:
        body = station.edge.out(outgoing.sender, outgoing.body)
        assert isinstance(body, Carry)
        name = file_name(body.ref, "csv")
        files[name] = sealed_for_medium(name, body.content, key)
    items = tuple(item_of(name, raw) for name, raw in files.items())
    now = WallClock().now
    label = Label(f"{place.code}-up-{sequence}-{now}", place.code, UP, sequence, now, items)
    write_medium(root, label, files, key)
    station.tell_leg(MediumWritten(sequence), f"medium-out/{label.id}")
    for outgoing in handed:
        station.through(outgoing)
    return label


def take(station: Station, root: Path) -> Label | str:
    """Takes a medium of the agency in, or says why nothing of it is.

    Raises:
        UsageError: the medium is no folder.
    """
    if station.phase == ASKING:
        return "this machine does not know its numbers yet: it has to reach the server first"
    place = station.place
    with station.leg.transaction() as leg:
        due, used = leg.state.media_in() + 1, leg.state.media_used()
    read = read_medium(root, place.media_key(), place.code, DOWN, due, used)
    if isinstance(read, list):
        return "; ".join(found.explain(english=True) for found in read[:5])
    label, payloads = read
    for payload in payloads:
        arrival = Arrival(MINISTRY, ref_of(payload.name), payload.content, manner=MEDIA)
        station.arrived(arrival, Key(f"medium/{label.id}/{payload.name}"))
    station.tell_leg(MediumTaken(label.id, label.sequence), f"medium-in/{label.id}")
    wipe_medium(root, label)
    return label

"""Batches on a medium between the municipality and the agency, in a declared outage of the line.

What lies on it and in which order it is taken in: `sim.drivers.live.media`, as at the agency's end.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.node import Key, Reply
from sim.drivers.folders import wipe_medium
from sim.drivers.live.clock import WallClock
from sim.drivers.live.media import Refusal, Unfinished, lying_on, read_batches, write_batches
from sim.drivers.live.terminal.leg import MediumTaken, MediumWritten
from sim.drivers.live.terminal.logs import log
from sim.drivers.topology import MINISTRY
from sim.exchange.batch import DOWN, UP
from sim.exchange.folders import Label
from sim.nodes.messages.network import MEDIA, Arrival, Carry
from sim.nodes.terminal.replacement import ASKING

if TYPE_CHECKING:
    from sim.drivers.live.terminal.station import Station


def in_the_way(station: Station, root: Path) -> Reply | None:
    """Why nothing is written into a folder, if so; to be asked before anything is handed to a messenger.

    Raises:
        UsageError: the medium is no folder.
    """
    handed, begun = station.handed_over(), None
    if handed:
        place = station.place
        with station.leg.transaction() as leg:
            sequence = leg.state.media.out + 1
        refs = tuple(one.body.ref for one in handed if isinstance(one.body, Carry))
        begun = Unfinished(place.media_key(), place.code, UP, sequence, refs)
    return lying_on(root).in_the_way(begun)


def write(station: Station, root: Path, outage: str) -> Label:
    """Writes what a messenger is to take, and tells the terminal that he has it.

    A crash before that leaves all of it waiting: it is written again, under the same number.

    Raises:
        UsageError: the medium is no folder.
    """
    place = station.place
    key = place.media_key()
    with station.leg.transaction() as leg:
        sequence = leg.state.media.out + 1
    handed = station.handed_over()
    batches: dict[str, bytes] = {}
    for outgoing in handed:
        body = station.edge.out(outgoing.sender, outgoing.body)
        assert isinstance(body, Carry)
        batches[body.ref] = body.content
    label = write_batches(root, key, place.code, UP, sequence, WallClock().now, batches)
    station.tell_leg(MediumWritten(sequence), f"medium-out/{label.id}")
    for outgoing in handed:
        station.through(outgoing)
    log("medium_written", direction=UP, number=sequence, files=len(label.items), outage=outage)
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
        due, used = leg.state.media.due, leg.state.media.used
    read = read_batches(root, place.media_key(), place.code, DOWN, due, used)
    if isinstance(read, Refusal):
        found = list(read.found)
        log("medium_refused", level=logging.WARNING, direction=DOWN, number=due, found=found)
        return read.detail
    label, batches = read
    for one in batches:
        arrival = Arrival(MINISTRY, one.ref, one.sealed, manner=MEDIA)
        station.arrived(arrival, Key(f"medium/{label.id}/{one.name}"))
    station.tell_leg(MediumTaken(label.id, label.sequence), f"medium-in/{label.id}")
    log("medium_taken", direction=DOWN, number=label.sequence, files=len(batches))
    wipe_medium(root, label)
    return label

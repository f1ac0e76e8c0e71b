"""The ministry server as the harness plays it for a terminal: batches, and where the numbers stand."""

from __future__ import annotations

from conformance.protocol import terminal as wire
from conformance.relaying import Relaying
from conformance.scenes.agency import Agency
from sim.base.instant import Instant, parse_iso
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.nodes.messages.network import AskSequences, Relay, Relayed, Sequences


class Server(Agency):
    """The agency's side, which also answers a machine that has taken the terminal's place."""

    def __init__(self, site: Topology, at: Instant, *, immediate: bool = False) -> None:
        super().__init__((site,), at, immediate=immediate)
        self._relaying = Relaying(self._border.world.site.actors, at)
        self._border = self._relaying
        self._terminal = site.places.terminal

    def sequences(self, asked: wire.AskSequences) -> wire.SequencesAnswer:
        """Where the numbers stand for the machine that asks."""
        since = parse_iso(asked.since.isoformat())
        ask = Relayed(self._terminal, "sequences", AskSequences(since))
        self._relaying.tell(MINISTRY, ask, sender=LGWAN)
        for _, body in self._relaying.others():
            if isinstance(body, Relay) and isinstance(body.body, Sequences):
                told = body.body
                return wire.SequencesAnswer(
                    told=True,
                    up=dict(told.up),
                    down=dict(told.down),
                    made=dict(told.made),
                    awaited=told.awaited,
                    machine=told.machine,
                )
        return wire.SequencesAnswer(told=False)

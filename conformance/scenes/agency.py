"""The ministry server as the harness plays it, for whoever sends batches to it."""

from __future__ import annotations

from conformance.border import Border
from conformance.protocol.base import File
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Body, Reply
from sim.drivers.topology import MINISTRY, Nation, Topology
from sim.exchange.profile import Profile
from sim.stores.memory import MemoryStore


class Agency:
    """The agency's side of the exchange with the municipalities of these sites, from an instant on.

    `immediate`: it sends each notice at once; otherwise with its answer to the day's exchange.
    """

    def __init__(
        self,
        sites: tuple[Topology, ...],
        at: Instant,
        *,
        watches_periods: bool = False,
        immediate: bool = False,
    ) -> None:
        nation = Nation(sites, watches_periods=watches_periods, immediate=immediate)
        self._border = Border(nation.ministry(MemoryStore), at)
        self._sites = {site.code: site.places.terminal for site in sites}
        self._codes = {terminal: code for code, terminal in self._sites.items()}
        self.profile: Profile = sites[0].profile

    def advance(self, until: Instant) -> None:
        """Lets time pass."""
        self._border.advance(until)

    def tell(self, body: Body, cause: str = "") -> Reply:
        """Tells the server what the agency decides or learns, and gives its reply."""
        return self._border.tell(MINISTRY, body, cause=cause)

    def take(self, code: str, file: File, cause: str = "") -> None:
        """A file of the municipality `code` arrives. `cause`: the journal line that tells of it."""
        self._border.arrives(MINISTRY, self._sites[code], file, cause)

    def waiting(self) -> dict[str, list[File]]:
        """What has left the server since this was last asked, by municipality."""
        found: dict[str, list[File]] = {}
        for _, peer, file in self._border.leaving():
            found.setdefault(self._codes[peer], []).append(file)
        return found

    def lines(self) -> list[Line]:
        """The server's journal."""
        return self._border.lines()

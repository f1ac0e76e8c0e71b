"""The legs inside municipalities: media, sheets, slips and manual steps, counted as `link.labour` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sim.base.instant import MINUTE, Instant
from sim.base.journal import Line
from sim.nodes.link.labour import PATTERN_OF
from sim.nodes.link.patterns import LINE, MEDIA
from sim.studies.folding.area import Area, Data, code_of
from sim.studies.measures import LinkWork, Measures
from sim.studies.measures.parts import count, shown


class Links(Area):
    """What each pattern carried and cost."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "medium_written": "_written",
        "medium_read": "_read",
        "medium_lost": "_lost",
        "medium_reissued": "_reissued",
        "medium_refused": "_refused",
        "sheet_printed": "_printed",
        "record_rekeyed": "_rekeyed",
        "link_switched": "_switched",
        "link_down": "_down",
        "link_up": "_up",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._down_since: dict[str, Instant] = {}

    def _work(self, line: Line, pattern: str) -> LinkWork:
        return self.m.links.setdefault(f"{code_of(line.node)}/{pattern}", LinkWork())

    def _by_hand(self, line: Line, data: Data) -> LinkWork:
        """The work of the pattern that the entry belongs to, its steps counted."""
        work = self._work(line, PATTERN_OF[line.kind])
        work.steps += data["steps"]
        return work

    def _written(self, line: Line, data: Data) -> None:
        self._by_hand(line, data).written += 1

    def _read(self, line: Line, data: Data) -> None:
        work = self._by_hand(line, data)
        work.read += 1
        work.media_minutes.add(data["minutes"])

    def _lost(self, line: Line, data: Data) -> None:
        work = self._by_hand(line, data)
        work.lost += 1
        shown(work.evidence, line.id)

    def _reissued(self, line: Line, data: Data) -> None:
        work = self._work(line, MEDIA)
        work.reissued += 1
        shown(work.evidence, line.id)

    def _refused(self, line: Line, data: Data) -> None:
        count(self._by_hand(line, data).refused, data["code"])

    def _printed(self, line: Line, data: Data) -> None:
        self._by_hand(line, data).sheets += 1

    def _rekeyed(self, line: Line, data: Data) -> None:
        work = self._by_hand(line, data)
        work.rekeyed += 1
        work.fields += data["fields"]
        work.errors += data["errors"]
        work.caught += data["caught"]
        if data["differs"]:
            work.wrong += 1
            shown(work.evidence, line.id)

    def _switched(self, line: Line, data: Data) -> None:
        work = self._work(line, data["to"])
        work.begun += 1
        shown(work.evidence, line.id)

    def _down(self, line: Line, data: Data) -> None:
        self._down_since[line.node] = line.at
        work = self._work(line, LINE)
        work.breaks += 1
        shown(work.evidence, line.id)

    def _up(self, line: Line, data: Data) -> None:
        since = self._down_since.pop(line.node, None)
        if since is not None:
            self._work(line, LINE).down_minutes += (line.at - since) // MINUTE

"""The leg inside a municipality between registry and exchange terminal: line, media or paper.

One node (`Link`) and its memory (`LinkState`); what a municipality declares of each pattern is `patterns`,
a medium is `media`, a printed sheet and the person who keys it in again are `rekeying`, and what all of it
costs in manual work is counted from the journal by `labour`. Imports base, exchange and the messages.
"""

from sim.nodes.link.labour import Labour, labour
from sim.nodes.link.node import LineLink, Link
from sim.nodes.link.patterns import DRILLS, LINE, MANUAL_STEPS, MEDIA, PAPER, PATTERNS, Media, Paper
from sim.nodes.link.rekeying import KeyingError
from sim.nodes.link.state import LinkState

__all__ = [
    "DRILLS",
    "LINE",
    "MANUAL_STEPS",
    "MEDIA",
    "PAPER",
    "PATTERNS",
    "KeyingError",
    "Labour",
    "LineLink",
    "Link",
    "LinkState",
    "Media",
    "Paper",
    "labour",
]

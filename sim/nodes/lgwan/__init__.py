"""総合行政ネットワーク (LGWAN): the closed network between the ministry server and the terminals.

Only listed peers may use it, each for its own service. Each municipality has one access line with a rate and
a latency, shared by both directions and served in turn; during an outage nothing passes, and a transfer that
an outage cuts has to start again. A municipality may be connected on demand instead of permanently. Of a
batch the network sees sealed bytes only.
"""

from __future__ import annotations

from sim.nodes.lgwan.access import Access
from sim.nodes.lgwan.lines import Line, Outage
from sim.nodes.lgwan.node import Lgwan
from sim.nodes.lgwan.state import LgwanState
from sim.nodes.lgwan.subscribers import Subscriber, subscriber

__all__ = ["Access", "Lgwan", "LgwanState", "Line", "Outage", "Subscriber", "subscriber"]

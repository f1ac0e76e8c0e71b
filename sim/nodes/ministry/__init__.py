"""市町村連携用サーバ: the agency's exchange server.

It takes batches in, checks each record, follows the registers (which municipality holds whose record),
answers every batch and every record in it, and sends its own notices down. It keeps the agency's clock of 90
days and the centre's view of usage and faults. Named after the Minister of Justice until 2019-03-31; the node
is the same.
"""

from __future__ import annotations

from sim.nodes.ministry.decisions import REMOVING
from sim.nodes.ministry.naming import notice_called
from sim.nodes.ministry.node import Ministry
from sim.nodes.ministry.state import Holder, MinistryState, Notice

__all__ = ["REMOVING", "Holder", "Ministry", "MinistryState", "Notice", "notice_called"]

"""The network between terminals and the ministry server as a proxy of TCP: `renkei lgwan run`.

It is to a live exchange what `sim.nodes.lgwan` is to a simulated one: allow-list, rate, latency, loss,
outages. TLS passes through untouched. `async with Network(settings) as network` in one's own event loop.
"""

from __future__ import annotations

from sim.drivers.live.network.proxy import Network, Status
from sim.drivers.live.network.settings import Change, Settings

__all__ = ["Change", "Network", "Settings", "Status"]

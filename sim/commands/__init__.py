"""The commands of sim: `renkei demo`, `renkei sim …` (`running`, `comparing`), `renkei law …` (`law`),
`renkei exchange …` (`exchange`, `envelopes`), `renkei pki …` (`pki`) and the live exchange: `renkei ministry
…` (`ministry`), `renkei terminal …` (`terminal`), `renkei lgwan …` (`lgwan`, `lgwan_script`), `renkei status`
(`status`).

The roof: these modules may import everything, and only `renkei.py` imports them. All are light to import.
"""

from sim.commands import comparing, lgwan_script  # register their commands
from sim.commands.exchange import exchange_app
from sim.commands.law import law_app
from sim.commands.lgwan import lgwan_app
from sim.commands.ministry import ministry_app
from sim.commands.pki import pki_app
from sim.commands.running import demo_command, sim_app
from sim.commands.status import status_command
from sim.commands.terminal import terminal_app

__all__ = [
    "comparing",
    "demo_command",
    "exchange_app",
    "law_app",
    "lgwan_app",
    "lgwan_script",
    "ministry_app",
    "pki_app",
    "sim_app",
    "status_command",
    "terminal_app",
]

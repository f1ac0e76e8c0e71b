"""The commands of sim: `renkei demo`, `renkei sim …` (`running`, `comparing`), `renkei law …` (`law`),
`renkei exchange …` (`exchange`, `envelopes`) and `renkei pki …` (`pki`).

The roof: these modules may import everything, and only `renkei.py` imports them. All are light to import.
"""

from sim.commands import comparing  # registers its command
from sim.commands.exchange import exchange_app
from sim.commands.law import law_app
from sim.commands.pki import pki_app
from sim.commands.running import demo_command, sim_app

__all__ = ["comparing", "demo_command", "exchange_app", "law_app", "pki_app", "sim_app"]

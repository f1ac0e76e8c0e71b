"""The commands of sim: `renkei demo`, `renkei sim …` (`running`) and `renkei law …` (`law`).

The roof: these modules may import everything, and only `renkei.py` imports them. All are light to import.
"""

from sim.commands.law import law_app
from sim.commands.running import demo_command, sim_app

__all__ = ["demo_command", "law_app", "sim_app"]

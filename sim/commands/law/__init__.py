"""`renkei law …`: each command is one question of a clerk, a vendor or an analyst, and one rule that answers.

Every answer names its clause as it was numbered on the day, explains itself in Japanese and English, and says
what it rests on that nobody could confirm. `--json` prints the same as one object.

`filing`: before and at the counter. `aftermath`: what follows afterwards. `reference`: what can be looked up.
`telling`: how all of them read words and days, and print.
"""

from sim.commands.law import aftermath, filing, reference  # each registers its commands
from sim.commands.law.telling import law_app

__all__ = ["aftermath", "filing", "law_app", "reference"]

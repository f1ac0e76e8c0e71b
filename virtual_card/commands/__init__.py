"""`renkei card …`: `making` (issue, show, forge, ca), `reading` (read, trace) and `serving` (serve, readers,
doctor); `shared` holds what they have in common.

The roof: these modules may import everything, and only `renkei.py` imports them. All are light to import:
cards, readers and pictures are imported when a command needs them.
"""

from virtual_card.commands import making, reading, serving  # each registers its commands
from virtual_card.commands.shared import card_app

__all__ = ["card_app", "making", "reading", "serving"]

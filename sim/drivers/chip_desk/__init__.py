"""A card desk with real chips: cards are personalised, laid on a reader, read and judged by what is found.

holders.py   from a declared card to a card: the holder, the chip, the forgeries
judging.py   from a reading of `virtual_card` to a `CardReading`: outcome, items that differ, text
writing.py   a place of residence written into a chip that is authorised for it
desk.py      the desk: what lies on it, reading, writing, text on a medium
edge.py      the border of card terminals whose cards are real
registry_client.py  the registry's terminal takes text over: from a medium, or reading by itself

Only here does `sim` import `virtual_card`.
"""

from sim.drivers.chip_desk.desk import ChipDesk
from sim.drivers.chip_desk.edge import CardEdge
from sim.drivers.chip_desk.writing import writable

__all__ = ["CardEdge", "ChipDesk", "writable"]

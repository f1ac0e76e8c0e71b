"""ICカード取扱端末: reads the cards at a counter, writes to them if policy allows, exchanges no notices.

node.py      the terminal: who may use it, reading, the text that leaves it, what it refuses
declared.py  readings of declared cards; which chips hold what as text (`renkei-card-text/1`)
access.py    who may use it: operators, log-on, instruction, its own audit log
writing.py   writing a place of residence under a single-use authorisation
patterns.py  pattern files: by medium or by themselves, and their age
state.py     what it remembers
way.py       how it and the write authority reach each other
"""

from sim.nodes.card_terminal.node import CardTerminal
from sim.nodes.card_terminal.patterns import Pattern
from sim.nodes.card_terminal.state import CardTerminalState
from sim.nodes.card_terminal.way import Way

__all__ = ["CardTerminal", "CardTerminalState", "Pattern", "Way"]

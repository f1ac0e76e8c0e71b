"""The chip: bytes in, bytes out. No I/O, no clock, and no randomness but the source that it is given.

chip.py        state and the table of commands, shared by all generations
files.py       the file tree of one card
secured.py     how protected commands are opened and answers sealed, a class per generation
behaviour.py   what the public sources leave open, one place, swappable
"""

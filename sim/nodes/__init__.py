"""The actors: counter, registry, link, exchange terminal, LGWAN, ministry server.

Each is a pure `step` over its own small state; none does I/O, reads a clock or draws randomness.
Imports base, law and exchange, nothing above.
"""

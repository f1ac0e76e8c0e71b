"""Live: the same nodes as two real processes over mutually authenticated TLS, each with its database.

The real network takes the place of the node `lgwan`; `rehearsal` plays a recorded list of inputs through it.
Imports everything below and the rest of `sim.drivers`.
"""

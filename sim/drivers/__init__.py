"""The clocks: simulated time (SimPy) and live (real sockets), with the same delivery underneath.

Imports everything below: base, law, exchange, nodes, stores.
"""

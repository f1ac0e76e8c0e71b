"""The simulated full stack: ministry server, LGWAN, municipal systems, and the clocks that drive them.

Shelves, ground first: base, law, exchange, nodes, stores, drivers, studies. A shelf imports only
from shelves below it; nothing here imports conformance, features, load or reports.
"""

"""Ground floor: instants, random streams, errors, the journal, and the engine that advances a node.

Imports nothing of ours.
"""

"""What a node remembers, twice: in memory (simulated time) and in a database (live).

Both pass one contract suite. Imports base and nodes (for the message types), nothing above.
"""

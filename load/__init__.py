"""Load tests of the batch exchange. It stands on sim and virtual_card and imports nothing of reports.

Empty so far: the work on peak load (a month's end, a mass moving-in) fills it.
"""

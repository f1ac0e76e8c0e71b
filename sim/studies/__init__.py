"""Questions put to the stack: who lives there, what happens when, and what is measured.

Scenarios (outside data), populations, inputs, measures. Imports everything below.
"""

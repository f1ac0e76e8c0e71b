"""Everything people look at: pure functions of journals, measures and verdicts.

Of ours it imports sim.base, sim.studies.measures and conformance.verdicts; its commands may import more.
"""

"""The model-based test of a municipal system: random stories, played beside an oracle.

A story is what people, the agency and the lines do in some days (`story`, drawn by `chance`). The oracle
works out by `sim.law` what must come of each filing; a second, plainer statement of the same rules checks it,
so that nobody is blamed for a mistake of the harness (`oracle`, `second`, together in `course`). The story
with all that must come of it is told in the very steps of the features (`telling`), played through them
(`playing`) and judged as any case is. A disagreement shrinks to the shortest story, which is a feature that
can be saved and run (`exploring`).

Only here may conformance ask `sim.law` what is right.
"""

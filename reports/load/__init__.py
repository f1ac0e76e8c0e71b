"""The report of a load test: one page, a pure function of `load.json`.

Sections build the blocks that all reports share; what they need beyond (curves over time, percentiles) is
here. Imports `load.results` and nothing else of that package.
"""

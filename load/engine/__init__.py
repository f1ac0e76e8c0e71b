"""The load generator: Locust as a library, with an open arrival model.

    process     a master or worker as a process of its own: what imports Locust and gevent
    dispatch    starts each exchange when it is intended to start
    rows        what is told of each exchange, and the histograms
    setup       what a process is told at its start, and what it leaves behind

All but `process` and `dispatch` is light, for the orchestration and its tests to read.
"""

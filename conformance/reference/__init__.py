"""The built-in reference of each role: the harness's own nodes, speaking the same protocol as any vendor's.

Nothing here judges. A reference is asked by JSON lines even in process, so that what it can say is what
anybody's adapter can say.
"""

"""One page on which an operator watches a rehearsal: server, lines, terminals, municipalities, as they move.

`sources` ask those who know, `watch` keeps what they said and the last minutes, `serving` shows it in a
browser. Nothing here changes anything, and nothing leaves this machine.
"""

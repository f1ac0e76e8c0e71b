"""What the judge asks of a card and of an application that reads cards.

`chip` and `content` look at a card, `specified` at what of it is assumed; `reading`, `judging`, `extract` and
`writing` at an application.
"""

"""From a person's record to a whole chip: pictures, test keys and certificates, signatures, the whole card.

Everything is made from a seed: the same seed gives the same bytes, as far as the same font is on the machine.
All keys are TEST keys that anybody can derive, and nothing signed by them can pass for a genuine card.
"""

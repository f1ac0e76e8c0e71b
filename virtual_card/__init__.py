"""Chips, readers and the transports between them: ground of its own, it imports nothing else of renkei.

Empty so far: the work on residence cards and the card terminal fills it.
"""

"""Chips, readers and the transports between them: ground of its own, it imports nothing else of renkei.

The core takes bytes and gives bytes; only `transports`, the commands and `doctor` touch the machine.
"""

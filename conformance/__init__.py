"""Conformance: roles, plans, adapters, checks, and the judge that turns a journal into verdicts.

It stands on sim and virtual_card; it imports nothing of reports, and only renkei.py imports its commands.
"""

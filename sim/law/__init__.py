"""The law: calendar, filing periods, deemed filings, classes of events, dated citations, as pure functions.

Reads no clock, does no I/O, keeps no state; what no source could confirm is listed in `unconfirmed`.
Imports `sim.base` and jpholiday only.
"""

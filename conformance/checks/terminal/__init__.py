"""Checks of the role `exchange-terminal`."""

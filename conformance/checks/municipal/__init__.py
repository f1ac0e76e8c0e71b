"""Checks of the role `municipal-system`, by what they look at."""

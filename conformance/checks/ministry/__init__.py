"""Checks of a ministry server: what it takes in, what it sends, whom it watches, what its centre sees."""

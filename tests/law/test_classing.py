"""The class of an outbound event."""

from __future__ import annotations

import pytest

from sim.law.classing import governing
from sim.law.kinds import Filing, Governing


@pytest.mark.parametrize(
    ("filing", "deemed", "expected"),
    [
        (Filing.MOVING_IN, True, "住基法・入管法"),
        (Filing.MOVING_WITHIN, True, "住基法・入管法"),
        (Filing.ENTRY_FROM_ABROAD, True, "住基法・入管法"),
        (Filing.BECAME_RESIDENT_STATUS, True, "住基法・入管法"),
        (Filing.MOVING_IN, False, "住基法"),
        (Filing.MOVING_WITHIN, False, "住基法"),
        (Filing.ENTRY_FROM_ABROAD, False, "住基法"),
        (Filing.BECAME_RESIDENT_STATUS, False, "住基法"),
        (Filing.MOVING_OUT, False, "住基法"),
        (Filing.RESIDENCE_NOTIFICATION, False, "入管法"),
    ],
)
def test_an_event_goes_under_the_acts_that_its_filing_falls_under(
    filing: Filing, deemed: bool, expected: str
) -> None:
    assert governing(filing, deemed) is Governing(expected)

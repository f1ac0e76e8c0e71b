"""The class of an outbound event."""

from __future__ import annotations

import pytest

from sim.law.classing import affairs, goes_out, governing
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
        (Filing.HOUSEHOLD_CHANGE, False, "住基法"),
        (Filing.RELATIONSHIP_CHANGE, False, "住基法"),
        (Filing.RESIDENCE_NOTIFICATION, False, "入管法"),
        (Filing.RESIDENCE_NOTIFICATION, True, "入管法"),
    ],
)
def test_an_event_goes_under_the_acts_that_its_filing_falls_under(
    filing: Filing, deemed: bool, expected: str
) -> None:
    assert governing(filing, deemed) is Governing(expected)


NOTICE, TRANSMISSION = "municipality_notice", "municipality_transmission"


@pytest.mark.parametrize(
    ("filing", "deemed", "records"),
    [
        (Filing.MOVING_IN, True, (NOTICE, TRANSMISSION)),
        (Filing.MOVING_WITHIN, True, (NOTICE, TRANSMISSION)),
        (Filing.ENTRY_FROM_ABROAD, True, (NOTICE, TRANSMISSION)),
        (Filing.BECAME_RESIDENT_STATUS, True, (NOTICE, TRANSMISSION)),
        (Filing.MOVING_IN, False, (NOTICE,)),
        (Filing.MOVING_WITHIN, False, (NOTICE,)),
        (Filing.ENTRY_FROM_ABROAD, False, (NOTICE,)),
        (Filing.BECAME_RESIDENT_STATUS, False, (NOTICE,)),
        (Filing.MOVING_OUT, False, (NOTICE,)),
        (Filing.RESIDENCE_NOTIFICATION, False, (TRANSMISSION,)),
        (Filing.HOUSEHOLD_CHANGE, False, ()),
        (Filing.RELATIONSHIP_CHANGE, False, ()),
    ],
)
def test_a_changed_record_is_noticed_a_residence_notification_transmitted_and_a_household_neither(
    filing: Filing, deemed: bool, records: tuple[str, ...]
) -> None:
    assert goes_out(filing, deemed) == records


@pytest.mark.parametrize("deemed", [True, False])
@pytest.mark.parametrize("filing", Filing)
def test_a_register_filing_is_the_municipalitys_own_work_and_a_residence_notification_the_states(
    filing: Filing, deemed: bool
) -> None:
    """S0-001, S0-008: 転入届・転居届 are 自治事務, 住居地の届出 is 法定受託事務; a deemed filing is both."""
    if filing is Filing.RESIDENCE_NOTIFICATION:
        expected = ["法定受託事務"]
    else:
        expected = ["自治事務", "法定受託事務"] if deemed else ["自治事務"]
    assert [affair.ja for affair in affairs(filing, deemed)] == expected

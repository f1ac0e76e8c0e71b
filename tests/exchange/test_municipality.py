"""The check digit of a municipality's code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.municipality import check_digit, is_municipality


@pytest.mark.parametrize("code", ["131041", "131130", "271004", "011002", "472018", "131016"])
def test_the_codes_of_known_municipalities_carry_their_check_digit(code: str) -> None:
    """Shinjuku, Shibuya, Osaka, Sapporo, Naha, Chiyoda: as published by the ministry of internal affairs."""
    assert is_municipality(code)


@given(five=st.from_regex(r"[0-9]{5}", fullmatch=True), digit=st.sampled_from("0123456789"))
def test_no_other_last_digit_is_taken(five: str, digit: str) -> None:
    assert is_municipality(five + digit) is (digit == check_digit(five))


@pytest.mark.parametrize(
    "code", ["", "13104", "1310411", "１３１０４１", "131041\n", "13104x", " 131041", "ISA"]
)
def test_what_is_not_six_plain_digits_is_no_code(code: str) -> None:
    assert not is_municipality(code)


def test_only_five_plain_digits_have_a_check_digit() -> None:
    for wrong in ("1310", "131041", "１３１０４"):
        with pytest.raises(ValueError, match="five digits"):
            check_digit(wrong)

"""A text that is no card number never gets past the door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.number import checked_number, is_number, make_number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AA12345678B",
        "AA12345678BBB",
        "AA1234567BBB",
        "aa12345678bb",
        "AA12345678BB\n",
        " AA12345678BB",
        "ＡＡ12345678ＢＢ",
        "AA１２３４５６７８BB",
        "AA1234٥678BB",
        "ÀA12345678BB",
    ],
)
def test_a_text_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(CardUsageError) as caught:
        checked_number(text)
    assert "AA12345678BB" in str(caught.value)


def test_a_number_typed_in_small_letters_with_spaces_is_refused_with_the_right_one_as_a_hint() -> None:
    with pytest.raises(CardUsageError, match="did you mean AA12345678BB"):
        checked_number("aa 1234 5678 bb")


def test_a_long_text_is_not_repeated_in_full() -> None:
    with pytest.raises(CardUsageError) as caught:
        checked_number("x" * 5000)
    assert len(str(caught.value)) < 500


@given(st.text())
def test_only_twelve_ascii_signs_pass(text: str) -> None:
    assert not is_number(text) or (len(text) == 12 and text.isascii() and text[2:10].isdigit())


@pytest.mark.parametrize("text", ["AA12345678BB", "AB12345678CD"])
def test_the_published_samples_pass(text: str) -> None:
    assert checked_number(text) == text


def test_numbers_that_are_made_have_the_shape_and_follow_from_the_seed() -> None:
    made = [make_number(Draws(seed, "number")) for seed in range(200)]
    assert all(is_number(number) for number in made)
    assert len(set(made)) == 200
    assert made == [make_number(Draws(seed, "number")) for seed in range(200)]

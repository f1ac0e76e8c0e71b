"""The record of a card: whatever its files hold becomes fields and problems, never an exception."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.reader.shared import ISSUED_TYPES, raw, reading, sample, transport
from virtual_card.layouts import CardType
from virtual_card.reader.reading import interpret
from virtual_card.verdicts import Reason


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_a_whole_card_has_every_field_and_no_problem(card_type: CardType) -> None:
    card = sample(card_type)
    got = reading(card)
    assert got.problems == ()
    assert set(got.fields) == set(card.content.profile.fields)
    for name, value in card.content.filled().items():
        assert got.fields[name].value.startswith(value)
        assert not got.fields[name].value[len(value) :].strip(b"\0")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (bytes(342), Reason.FILE_BLANK),
        (b"\xff" * 342, Reason.FILE_BLANK),
        (b"", Reason.FILE_BLANK),
        (b"\xd2\x08", Reason.FILE_MALFORMED),
        (b"\xd2\x0820260101", Reason.FILE_MALFORMED),
        (b"\xd2\x0820260101\xd2\x0820260101", Reason.FILE_MALFORMED),
        (b"\xd2\x01x\xd3\x01x\xd4\x01x\xd9\x01x", Reason.FILE_MALFORMED),
        (b"\xd2\x01x\xd3\x01x\xd4\x82\x01\x41" + b"x" * 321, Reason.FILE_MALFORMED),
        (b"\xd2\x01x\xd3\x01x\xd4\x04" + "住居".encode("shift_jis"), Reason.FILE_MALFORMED),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_a_problem_with_its_place(file: bytes, reason: Reason) -> None:
    content = replace(sample(CardType.RESIDENCE_1).content, overrides={"DF2/EF01": file})
    got = interpret(raw(transport(content)), b"")
    assert got.problems
    assert {problem.reason for problem in got.problems} == {reason}
    assert {problem.where for problem in got.problems} == {"DF2/EF01"}


def test_text_that_is_shift_jis_is_not_guessed_at() -> None:
    text = b"\xd2\x01x\xd3\x01x\xd4\x04" + "住居".encode("shift_jis")
    content = replace(sample(CardType.RESIDENCE_1).content, overrides={"DF2/EF01": text})
    got = interpret(raw(transport(content)), b"")
    assert got.fields["address"].text is None
    assert got.text("address") == ""


@given(st.data())
def test_no_content_of_any_file_makes_it_raise(data: st.DataObject) -> None:
    card_type = data.draw(st.sampled_from(ISSUED_TYPES))
    whole = raw(transport(sample(card_type).content))
    key = data.draw(st.sampled_from(sorted(whole.files)))
    noise = data.draw(st.binary(max_size=80))
    files = {**whole.files, key: data.draw(st.sampled_from([noise, noise + whole.files[key]]))}
    interpret(replace(whole, files=MappingProxyType(files)), b"")

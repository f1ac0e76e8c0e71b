"""The record of a card: whatever its files hold becomes fields and problems, never an exception."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.reader.shared import ISSUED_TYPES, raw, reading, sample, transport
from virtual_card.layouts import CardType
from virtual_card.reader.images import Picture
from virtual_card.reader.reading import interpret
from virtual_card.verdicts import Reason, Verdict


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
        (b"", Reason.CHIP_UNREADABLE),
        (bytes(341), Reason.CHIP_UNREADABLE),
        (b"\xd2\x08", Reason.CHIP_UNREADABLE),
        (b"\xd2\x0820260101", Reason.CHIP_UNREADABLE),
        (b"\xd2\x0820260101".ljust(342, b"\0"), Reason.FILE_MALFORMED),
        ((b"\xd2\x0820260101" * 2).ljust(342, b"\0"), Reason.FILE_MALFORMED),
        (b"\xd2\x08".ljust(342, b"x"), Reason.FILE_MALFORMED),
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


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_what_is_wrong_with_a_file_is_a_proof_only_where_the_signature_vouches_for_it(
    card_type: CardType,
) -> None:
    """Facts on the chip §1.6, §2: DF2, the number and the image of the address are outside the signature."""
    content = sample(card_type).content
    signed = {"DF3/EF01"} | ({"DF1/EF01", "DF1/EF02"} if len(card_type) == 1 else {"DF1/EF02", "DF1/EF03"})
    for spec in content.profile.files:
        if spec.df in ("MF", "AP"):
            continue
        for file in (bytes(spec.capacity), b"\xd9\x01x".ljust(spec.capacity, b"\0")):
            got = interpret(raw(transport(replace(content, overrides={spec.place: file}))), b"")
            weights = {problem.weight for problem in got.problems if problem.where == spec.place}
            assert weights == {Verdict.FORGED if spec.place in signed else Verdict.REVIEW}, spec.place
            if not file.strip(b"\0"):
                assert [each.reason for each in got.problems] == [Reason.FILE_BLANK], spec.place


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_a_file_that_is_not_there_is_a_proof_only_where_the_signature_vouches_for_it(
    card_type: CardType,
) -> None:
    whole = raw(transport(sample(card_type).content))
    for key, vouched in (("DF2", "EF01"), False), (("DF3", "EF01"), True):
        files = {place: data for place, data in whole.files.items() if place != key}
        got = interpret(replace(whole, files=files, refused={key: 0x6A82}), b"")
        found = [each for each in got.problems if each.reason is Reason.FILE_MISSING]
        assert [each.weight for each in found] == [Verdict.FORGED if vouched else Verdict.REVIEW]


def test_a_short_file_with_all_its_objects_is_no_problem() -> None:
    certificate = ("DF3", "EF01")
    whole = raw(transport(sample(CardType.RESIDENCE_2).content))
    files = {**whole.files, certificate: whole.files[certificate].rstrip(b"\0")}
    assert len(files[certificate]) < len(whole.files[certificate])
    assert interpret(replace(whole, files=files), b"").problems == ()


def test_an_image_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = raw(transport(sample(CardType.RESIDENCE_2).content))
    got = interpret(whole, b"")

    def again(data: bytes, kind: object) -> None:
        raise AssertionError("decoded anew")

    monkeypatch.setattr("virtual_card.reader.reading.decode", again)
    assert got.fields["photo"].picture is got.fields["photo"].picture
    assert isinstance(got.fields["photo"].picture, Picture)


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

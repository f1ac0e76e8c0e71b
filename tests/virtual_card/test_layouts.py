"""Layouts and contents: the files have exactly the published sizes, and nothing that does not fit goes in."""

from __future__ import annotations

import pytest

from virtual_card import tlv
from virtual_card.content import CardContent
from virtual_card.errors import CardUsageError
from virtual_card.layouts import PROFILES, Access, CardProfile, CardType, Generation, card_type_of, profile_of
from virtual_card.layouts.specified import ASSUMPTIONS

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
# The tables of the facts on the chip, §1.2 and §2, written down a second time: place, P1, capacity, access.
FIRST = """MF/EF01 8B 6 free|MF/EF02 8A 3 free|DF1/EF01 85 7004 number+sm|DF1/EF02 86 3004 number+sm
DF2/EF01 81 342 number|DF2/EF02 82 122 number|DF2/EF03 83 122 number|DF2/EF04 84 3 number
DF3/EF01 82 1464 number"""
SECOND = """MF/EF01 8B 6 free|MF/EF02 8A 4 free|DF1/EF01 81 14 number+sm|DF1/EF02 83 73 number+sm
DF1/EF03 84 5508 number+sm|DF1/EF04 86 2505 number+sm|DF2/EF01 81 22 number|DF2/EF02 82 3 number
DF2/EF03 83 207 number|DF3/EF01 82 704 number"""


def rows(profile: CardProfile) -> set[str]:
    return {
        f"{file.place} {file.sfi | 0x80:02X} {file.capacity} {file.access.value}" for file in profile.files
    }


def table(text: str) -> set[str]:
    return set(text.replace("\n", "|").split("|"))


def test_the_file_trees_are_the_published_ones() -> None:
    assert rows(PROFILES[CardType.RESIDENCE_1]) == table(FIRST)
    only_1 = {row for row in table(FIRST) if row[:8] in ("DF2/EF02", "DF2/EF03", "DF2/EF04")}
    assert rows(PROFILES[CardType.SPECIAL_PERMANENT_1]) == table(FIRST) - only_1
    assert rows(PROFILES[CardType.RESIDENCE_2]) == table(SECOND)
    special = table(SECOND) - {"DF1/EF02 83 73 number+sm", "DF2/EF01 81 22 number", "DF2/EF02 82 3 number"}
    special = special - {"DF2/EF03 83 207 number"} | {"DF1/EF02 83 46 number+sm", "DF2/EF01 83 207 number"}
    assert rows(PROFILES[CardType.SPECIAL_PERMANENT_2]) == special
    under_ap = {row.replace("MF/", "AP/") for row in table(SECOND)}
    assert rows(PROFILES[CardType.SPECIFIED_RESIDENCE]) == under_ap


@ALL
def test_the_objects_of_a_file_add_up_to_its_capacity(profile: CardProfile) -> None:
    for file in profile.files:
        assert sum(field.room for field in file.fields) == file.capacity, file.place


@ALL
def test_every_card_type_has_one_profile_and_unique_short_ids(profile: CardProfile) -> None:
    places = [(file.df, file.sfi) for file in profile.files]
    assert len(set(places)) == len(places)
    names = [field.name for file in profile.files for field in file.fields]
    assert len(set(names)) == len(names)
    assert profile_of(profile.card_type) is profile


@ALL
def test_every_file_of_a_full_card_is_full_and_says_what_it_was_given(profile: CardProfile) -> None:
    values = {name: bytes([7]) * field.size for name, field in profile.fields.items()}
    files = CardContent(profile.card_type, "AA12345678BB", values).files()
    for spec in profile.files:
        found = tlv.parse(files[spec.key])
        assert [(one.tag, one.value) for one in found] == [(f.tag, values[f.name]) for f in spec.fields]
        assert len(files[spec.key]) == spec.capacity


@ALL
def test_every_file_of_an_empty_card_has_its_capacity(profile: CardProfile) -> None:
    files = CardContent(profile.card_type, "AA12345678BB", {}).files()
    assert {key: len(raw) for key, raw in files.items()} == {f.key: f.capacity for f in profile.files}


@ALL
def test_only_what_says_nothing_of_the_holder_is_free(profile: CardProfile) -> None:
    free = [field.name for file in profile.files if file.access is Access.FREE for field in file.fields]
    assert free == ["spec_version", "card_type"]


def test_a_short_certificate_keeps_its_length_and_zeros_end_the_file() -> None:
    values = {"signature": bytes(range(96)), "certificate": b"c" * 598}
    raw = CardContent(CardType.RESIDENCE_2, "AA12345678BB", values).files()["DF3", "EF01"]
    assert (raw[:2].hex(), raw[98:102].hex(), raw[-4:]) == ("dc60", "dd820256", bytes(4))


def test_a_short_value_of_the_first_generation_is_filled_up_inside_its_object() -> None:
    raw = CardContent(CardType.RESIDENCE_1, "AA12345678BB", {"face_image": b"II*"}).files()["DF1", "EF01"]
    assert raw == bytes.fromhex("D0821B58") + b"II*" + bytes(6997)


@pytest.mark.parametrize("size", [7000, 6999])
def test_a_value_that_does_not_fit_is_refused_with_its_limit(size: int) -> None:
    content = CardContent(CardType.RESIDENCE_2, "AA12345678BB", {"photo": bytes(size)})
    with pytest.raises(CardUsageError, match="at most 3000 bytes"):
        content.files()


def test_an_unknown_field_or_file_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(CardUsageError, match="did you mean face_image"):
        CardContent(CardType.RESIDENCE_1, "AA12345678BB", {"face_imag": b""}).files()
    with pytest.raises(CardUsageError, match="did you mean DF3/EF01"):
        CardContent(CardType.RESIDENCE_1, "AA12345678BB", {}, overrides={"DF3/EF1": b""}).files()
    with pytest.raises(CardUsageError, match="did you mean proposal-2011"):
        card_type_of("proposal")
    with pytest.raises(CardUsageError, match="no file DF2/EF04"):
        PROFILES[CardType.SPECIAL_PERMANENT_1].file("DF2", "EF04")
    with pytest.raises(CardUsageError, match="no field birth"):
        PROFILES[CardType.RESIDENCE_1].file_of("birth")


def test_an_override_is_the_file_as_it_is() -> None:
    content = CardContent(CardType.RESIDENCE_1, "AA12345678BB", {}, overrides={"DF3/EF01": b"\xda\x01"})
    assert content.files()["DF3", "EF01"] == b"\xda\x01"


def test_the_signed_target_is_built_as_the_specifications_say() -> None:
    first = PROFILES[CardType.RESIDENCE_1].signed_target({"face_image": b"F" * 5, "photo": b"P" * 3000})
    assert first == b"F" * 5 + bytes(6995) + b"P" * 3000
    values = {
        "card_expiry": b"20300101",
        "birth": b"19900401",
        "sex": b"1",
        "nationality": b"BRA",
        "status_code": b"0123456789",
        "period": b"0500",
        "permission_type": b"01",
        "permission_date": b"20260701",
        "work_restriction": b"1",
        "period_expiry": b"20310701",
        "photo": b"P",
        "name_image": b"N",
        "address_image": b"not signed",
        "number": b"not signed",
    }
    tail = b"P" + bytes(2999) + b"N" + bytes(2499)
    text = b"20300101199004011BRA0123456789050001202607011" + b"20310701"
    assert PROFILES[CardType.RESIDENCE_2].signed_target(values) == text + tail
    assert PROFILES[CardType.SPECIFIED_RESIDENCE].signed_target(values) == text + tail
    assert PROFILES[CardType.SPECIAL_PERMANENT_2].signed_target(values) == text[:34] + bytes(19) + tail


def test_the_address_is_outside_every_signature() -> None:
    for profile in PROFILES.values():
        signed = {name for part in profile.signed for name in part.fields}
        file = profile.address_file
        assert file is None or not signed & {field.name for field in file.fields}
    assert {p.card_type for p in PROFILES.values() if p.address_file is None} == {CardType.PROPOSAL_2011}


def test_every_assumption_of_the_specified_card_is_in_its_profile() -> None:
    assert len({row.id for row in ASSUMPTIONS}) == len(ASSUMPTIONS) == 16
    for card_type in (CardType.SPECIFIED_RESIDENCE, CardType.SPECIFIED_SPECIAL_PERMANENT):
        stated = "\n".join(PROFILES[card_type].assumptions)
        assert all(row.question in stated and row.chosen in stated for row in ASSUMPTIONS)
    assert PROFILES[CardType.RESIDENCE_1].assumptions == ()
    assert PROFILES[CardType.PROPOSAL_2011].generation is Generation.PROPOSAL_2011

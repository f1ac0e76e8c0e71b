"""The catalogue of forgeries: what it refuses, what it makes, what it declares.

That each entry gets its verdict from exactly the evidence it declares is the selftest's table
(`reader/test_authenticity.py`); here, that the table would notice a wrong declaration.
"""

from dataclasses import replace
from functools import cache

import pytest

from virtual_card.cardfile import Card, Origin, dump, load
from virtual_card.errors import CardUsageError
from virtual_card.faces import TABLE
from virtual_card.forgeries import FORGERIES, Exhibit, exhibit, forge, forgeries_for, forgery_of
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.selftest import EVIDENCE, as_declared, examine
from virtual_card.verdicts import Evidence, Reason, Verdict

ALL = frozenset(Evidence)
FACED = frozenset({Evidence.CHIP, Evidence.FACE})
ISSUE_NAMES = {
    "face differs from chip": "face_differs",
    "altered image": "altered_image",
    "swapped photo": "swapped_photo",
    "unknown CA": "unknown_ca",
    "expired CA": "expired_ca",
    "wrong-generation CA": "wrong_generation_ca",
    "another person's chip": "another_chip",
    "altered address": "altered_address",
    "signature of another card": "signature_of_another",
    "truncated signature": "truncated_signature",
    "wrong type byte": "wrong_type_byte",
    "wrong number": "wrong_number_printed",
    "blank": "blank",
    "revoked number": "revoked_number",
    "perfect clone": "perfect_clone",
}


@cache
def genuine(kind: CardType) -> Card:
    return issue_sample(kind, seed=7, number="AA12345678BB")


@cache
def shown(kind: CardType, forgery_id: str) -> Exhibit:
    return exhibit(genuine(kind), forgery_id)


def test_an_unknown_forgery_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(CardUsageError, match="did you mean unknown_ca"):
        forge(genuine(CardType.RESIDENCE_2), "unknow_ca")


def test_a_forgery_that_cannot_be_made_of_a_type_is_refused() -> None:
    with pytest.raises(CardUsageError, match="cannot be made of a card of type 1"):
        forge(genuine(CardType.RESIDENCE_1), "wrong_number_on_chip")


def test_a_forged_card_is_not_forged_again() -> None:
    with pytest.raises(CardUsageError, match="genuine test card"):
        forge(forge(genuine(CardType.RESIDENCE_2), "blank"), "swapped_photo")


def test_a_card_without_a_face_or_a_day_of_issue_is_refused() -> None:
    card = genuine(CardType.RESIDENCE_2)
    for bare in (replace(card, face=None), replace(card, origin=Origin(seed=7))):
        with pytest.raises(CardUsageError):
            forge(bare, "blank")
        with pytest.raises(CardUsageError, match="exhibit"):
            exhibit(bare)


def test_an_unsigned_childs_card_is_refused() -> None:
    with pytest.raises(CardUsageError, match="photo and a signature"):
        forge(issue_sample(CardType.RESIDENCE_1, seed=7, age=5), "swapped_photo")


@pytest.mark.parametrize(
    ("forgery_id", "kind", "declared"),
    [
        ("altered_address", CardType.RESIDENCE_1, {Evidence.FACE, Evidence.REGISTER}),
        ("altered_address_everywhere", CardType.RESIDENCE_2, {Evidence.REGISTER}),
        ("face_differs", CardType.RESIDENCE_2, set()),
        ("revoked_number", CardType.RESIDENCE_2, {Evidence.FACE, Evidence.REVOKED_NUMBERS}),
    ],
)
def test_declaring_more_or_less_evidence_than_it_takes_is_noticed(
    forgery_id: str, kind: CardType, declared: set[Evidence]
) -> None:
    right = forgery_of(forgery_id)
    wrong = replace(right, needs={kind: (frozenset({Evidence.CHIP, *declared}),)})
    found = {evidence: examine(shown(kind, forgery_id), evidence) for evidence in EVIDENCE}
    assert len(found) == 8
    assert all(as_declared(right, kind, evidence, one) for evidence, one in found.items())
    assert not all(as_declared(wrong, kind, evidence, one) for evidence, one in found.items())


def test_an_entry_that_no_evidence_is_said_to_find_must_not_be_doubted_either() -> None:
    kind, nothing = CardType.RESIDENCE_1, forgery_of("perfect_clone")
    found = examine(shown(kind, "altered_address"), ALL)
    assert found.verdict is Verdict.REVIEW
    assert not as_declared(nothing, kind, ALL, found)


@pytest.mark.parametrize("kind", TABLE)
def test_who_has_no_face_opens_another_persons_chip_by_its_own_number(kind: CardType) -> None:
    case = shown(kind, "another_chip")
    assert examine(case, frozenset({Evidence.CHIP})).verdict is Verdict.GENUINE
    by_register = examine(case, frozenset({Evidence.CHIP, Evidence.REGISTER}))
    assert (by_register.verdict, by_register.reasons[0]) == (Verdict.REVIEW, Reason.REGISTER_DIFFERS)
    assert examine(case, FACED).reasons == (Reason.NUMBER_REFUSED,)


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("written", [False, True])
def test_a_genuine_card_with_an_endorsement_passes_written_or_not(kind: CardType, written: bool) -> None:
    card = issue_sample(kind, seed=7, endorsed=True, written=written)
    assert examine(exhibit(card), ALL).reasons == ()


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1])
def test_an_unsigned_childs_card_is_for_review(kind: CardType) -> None:
    found = examine(exhibit(issue_sample(kind, seed=7, age=5)), ALL)
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, (Reason.SIGNATURE_NOT_MADE,))


@pytest.mark.parametrize("kind", TABLE)
def test_a_forged_card_is_a_card_file_that_names_its_forgery(kind: CardType) -> None:
    for forgery in forgeries_for(kind):
        card = shown(kind, forgery.id).card
        again = load(dump(card), "forged.json")
        assert again.content == card.content
        assert again.face == card.face
        assert again.origin.forgery == forgery.id


@pytest.mark.parametrize("kind", TABLE)
def test_a_forgery_changes_something_unless_it_says_nothing(kind: CardType) -> None:
    whole = genuine(kind)
    for forgery in forgeries_for(kind):
        forged = shown(kind, forgery.id).card
        unchanged = (whole.content, whole.face) == (forged.content, forged.face)
        assert unchanged == (forgery.id in ("perfect_clone", "revoked_number")), forgery.id


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_2, CardType.SPECIFIED_SPECIAL_PERMANENT])
def test_a_forged_endorsement_leaves_the_front_as_it_was_printed(kind: CardType) -> None:
    whole, forged = genuine(kind), shown(kind, "altered_address_everywhere").card
    assert whole.face and forged.face
    assert forged.face.images["address_image"] == whole.face.images["address_image"]
    assert forged.face.images["back_address_image"] == forged.content.values["address_image"]


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_2, CardType.SPECIFIED_SPECIAL_PERMANENT])
def test_a_chips_address_that_is_neither_the_fronts_nor_the_backs_is_told(kind: CardType) -> None:
    for written in (False, True):
        found = examine(exhibit(issue_sample(kind, seed=7, written=written), "altered_address"), FACED)
        assert found.reasons == (Reason.ADDRESS_DIFFERS,)


def test_the_same_card_gives_the_same_forgery() -> None:
    card = genuine(CardType.RESIDENCE_2)
    for forgery in forgeries_for(CardType.RESIDENCE_2):
        assert dump(forge(card, forgery.id)) == dump(forge(card, forgery.id))


@pytest.mark.parametrize("name", ISSUE_NAMES)
def test_every_forgery_that_was_asked_for_is_in_the_catalogue(name: str) -> None:
    assert ISSUE_NAMES[name] in FORGERIES


def test_every_entry_speaks_both_languages_and_the_catalogue_shows_every_kind_of_verdict() -> None:
    for forgery in FORGERIES.values():
        assert forgery.ja and forgery.en.isascii() and forgery.changes.isascii()
        assert (forgery.reason is None) == (forgery.verdict is Verdict.UNDETECTABLE)
        for kind in forgery.card_types:
            assert all(Evidence.CHIP in need for need in forgery.needs[kind])
            assert (forgery.needs[kind] == ()) == (forgery.verdict is Verdict.UNDETECTABLE)
            assert forgery.needs_in_words(kind) in forgery.needs_by_words
    assert {forgery.verdict for forgery in FORGERIES.values()} == {
        Verdict.FORGED,
        Verdict.REVIEW,
        Verdict.UNDETECTABLE,
    }

"""Each forgery, made of each type of card, gets its declared verdict from its declared evidence.

The checker is the harness's own reader over the harness's own chip. Nothing here knows how a forgery is made.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest

from virtual_card.cardfile import Card, Origin, dump, load
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError, ReaderError
from virtual_card.faces import TABLE, Item
from virtual_card.forgeries import FORGERIES, Exhibit, exhibit, forge, forgeries_for, forgery_of
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.reader.authenticity import AtHand, Authenticity, judge, judge_unread
from virtual_card.reader.reading import interpret
from virtual_card.reader.session import read_card
from virtual_card.reader.talk import converse
from virtual_card.reader.verify import pinned_test_anchors
from virtual_card.transports.in_process import InProcess
from virtual_card.verdicts import Evidence, Reason, Verdict

CASES = [
    pytest.param(kind, forgery.id, id=f"{kind}-{forgery.id}")
    for kind in TABLE
    for forgery in forgeries_for(kind)
]
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


def check(case: Exhibit, evidence: Iterable[Evidence]) -> Authenticity:
    held, face = set(evidence), case.card.face
    assert face is not None
    random = Draws(1, "check").octets
    transport = InProcess(Chip(case.card.content, random))
    atr = transport.connect()
    at_hand = AtHand(
        face if Evidence.FACE in held else None,
        case.register if Evidence.REGISTER in held else None,
        case.revoked if Evidence.REVOKED_NUMBERS in held else None,
    )
    number = face.items[Item.NUMBER] if Evidence.FACE in held else case.card.content.number
    try:
        reading = interpret(converse(transport, read_card(number, random)), atr)
    except ReaderError as error:
        return judge_unread(error, case.on, at_hand)
    return judge(reading, pinned_test_anchors(), case.on, at_hand)


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


@pytest.mark.parametrize(("kind", "forgery_id"), CASES)
def test_a_forgery_gets_its_verdict_from_its_evidence(kind: CardType, forgery_id: str) -> None:
    forgery = forgery_of(forgery_id)
    found = check(shown(kind, forgery_id), forgery.needs)
    assert found.verdict is forgery.verdict.answer
    if forgery.reason is None:
        assert found.reasons == ()
    else:
        assert forgery.reason in found.reasons


@pytest.mark.parametrize(("kind", "forgery_id"), CASES)
def test_more_evidence_than_declared_never_acquits(kind: CardType, forgery_id: str) -> None:
    assert check(shown(kind, forgery_id), Evidence).verdict is forgery_of(forgery_id).verdict.answer


@pytest.mark.parametrize(
    ("kind", "forgery_id"),
    [
        pytest.param(kind, one.id, id=f"{kind}-{one.id}")
        for kind in TABLE
        for one in forgeries_for(kind)
        if one.verdict is not Verdict.UNDETECTABLE and len(one.needs) > 1
    ],
)
def test_evidence_that_is_declared_is_needed(kind: CardType, forgery_id: str) -> None:
    forgery = forgery_of(forgery_id)
    alone = check(shown(kind, forgery_id), {Evidence.CHIP})
    assert forgery.reason not in alone.reasons


@pytest.mark.parametrize("kind", TABLE)
def test_a_genuine_card_passes_with_all_evidence(kind: CardType) -> None:
    found = check(exhibit(genuine(kind)), Evidence)
    assert (found.verdict, found.reasons) == (Verdict.GENUINE, ())


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("written", [False, True])
def test_a_genuine_card_with_an_endorsement_passes_written_or_not(kind: CardType, written: bool) -> None:
    card = issue_sample(kind, seed=7, endorsed=True, written=written)
    assert check(exhibit(card), Evidence).reasons == ()


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1])
def test_an_unsigned_childs_card_is_for_review(kind: CardType) -> None:
    found = check(exhibit(issue_sample(kind, seed=7, age=5)), Evidence)
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, (Reason.SIGNATURE_NOT_MADE,))


@pytest.mark.parametrize(("kind", "forgery_id"), CASES)
def test_a_forged_card_is_a_card_file_that_names_its_forgery(kind: CardType, forgery_id: str) -> None:
    card = shown(kind, forgery_id).card
    again = load(dump(card), "forged.json")
    assert again.content == card.content and again.face == card.face
    assert again.origin.forgery == forgery_id


@pytest.mark.parametrize(("kind", "forgery_id"), CASES)
def test_a_forgery_changes_something_unless_it_says_nothing(kind: CardType, forgery_id: str) -> None:
    card, forged = genuine(kind), shown(kind, forgery_id).card
    unchanged = (card.content, card.face) == (forged.content, forged.face)
    assert unchanged == (forgery_id in ("perfect_clone", "revoked_number"))


def test_the_same_card_gives_the_same_forgery() -> None:
    card = genuine(CardType.RESIDENCE_2)
    for forgery in forgeries_for(CardType.RESIDENCE_2):
        assert dump(forge(card, forgery.id)) == dump(forge(card, forgery.id))


@pytest.mark.parametrize("name", ISSUE_NAMES)
def test_every_forgery_that_was_asked_for_is_in_the_catalogue(name: str) -> None:
    assert FORGERIES[ISSUE_NAMES[name]].needs


def test_every_entry_speaks_both_languages_and_the_catalogue_shows_every_kind_of_verdict() -> None:
    for forgery in FORGERIES.values():
        assert forgery.ja and forgery.en.isascii() and forgery.changes.isascii()
        assert Evidence.CHIP in forgery.needs
        assert (forgery.reason is None) == (forgery.verdict is Verdict.UNDETECTABLE)
    assert {forgery.verdict for forgery in FORGERIES.values()} == {
        Verdict.FORGED,
        Verdict.REVIEW,
        Verdict.UNDETECTABLE,
    }

"""The verdicts: every forgery from its declared evidence, every genuine card, and honest limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, day, reading, sample
from virtual_card import selftest
from virtual_card.faces import Item
from virtual_card.forgeries import FORGERIES, exhibit
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.personalise.pki import AUTHORITIES
from virtual_card.personalise.proposal_2011 import issue_proposal
from virtual_card.reader.authenticity import NO_COPY_PROTECTION, AtHand, judge, judge_unread
from virtual_card.reader.certificates import anchors_in
from virtual_card.reader.errors import CardGone, WrongNumber
from virtual_card.reader.verify import pinned_test_anchors, verify
from virtual_card.verdicts import Evidence, Reason, Verdict

TRIALS = tuple(selftest.trials())
EVERY_TYPE = pytest.mark.parametrize("card_type", ISSUED_TYPES)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: f"{trial.row}-{trial.column}")
def test_every_cell_of_the_selftest_is_as_declared(trial: selftest.Trial) -> None:
    case = trial.run()
    assert case.right, f"expected {case.expected}, got {case.received}"


def test_the_selftest_leaves_out_no_forgery_no_type_and_no_habit() -> None:
    from virtual_card.habits import HABITS

    tried = {(trial.row, trial.column) for trial in TRIALS}
    for forgery in FORGERIES.values():
        assert {(forgery.id, each.value) for each in forgery.card_types} <= tried
    assert {("genuine", each.value) for each in ISSUED_TYPES} <= tried
    assert {(each.id, kind) for each in HABITS for kind in ("1", "2", "05", "06")} <= tried


def test_the_selftest_tells_a_wrong_cell_and_counts_it() -> None:
    said: list[str] = []
    right = tuple(trial.run() for trial in TRIALS[:3])
    assert selftest.summary(right) == "3 of 3 genuine cards as declared; 0 wrong"
    wrong = replace(right[0], received="FORGED", right=False)
    selftest.show((wrong, *right[1:]), said.append)
    assert any(line.startswith("WRONG  genuine on type 1") for line in said)
    assert said[-1] == "2 of 3 genuine cards as declared; 1 wrong"


@EVERY_TYPE
def test_with_the_chip_alone_a_forger_of_the_face_is_not_found_and_nothing_is_made_up(
    card_type: CardType,
) -> None:
    shown = exhibit(sample(card_type), "face_differs")
    found = selftest.examine(shown, frozenset({Evidence.CHIP}))
    assert found.verdict is Verdict.GENUINE
    assert any("face was not compared" in limit for limit in found.limits)


@EVERY_TYPE
def test_a_perfect_clone_is_genuine_and_every_verdict_says_that_copies_cannot_be_found(
    card_type: CardType,
) -> None:
    for forgery in (None, "perfect_clone", "blank"):
        found = selftest.examine(exhibit(sample(card_type), forgery), frozenset(Evidence))
        assert NO_COPY_PROTECTION in found.limits
        assert Verdict.UNDETECTABLE is not found.verdict


@EVERY_TYPE
def test_one_changed_byte_anywhere_in_what_is_signed_is_found(card_type: CardType) -> None:
    card = sample(card_type)
    got = reading(card)
    for part in card.content.profile.signed:
        for name in part.fields:
            old = got.fields[name]
            for at in (0, len(old.value) // 2, len(old.value) - 1):
                value = old.value[:at] + bytes([old.value[at] ^ 1]) + old.value[at + 1 :]
                changed = replace(got, fields={**got.fields, name: replace(old, value=value)})
                check = verify(changed, pinned_test_anchors(), day(card_type))
                assert [each.reason for each in check.problems] == [Reason.SIGNATURE_INVALID], name


@EVERY_TYPE
def test_without_any_pinned_authority_no_card_is_genuine(card_type: CardType) -> None:
    found = judge(reading(sample(card_type)), (), day(card_type))
    assert found.verdict is Verdict.FORGED
    assert found.reasons == (Reason.CHAIN_UNKNOWN_CA,)


def test_an_authority_from_a_file_is_no_test_authority() -> None:
    given = anchors_in(AUTHORITIES[-2].certificate, "ca.cer")
    check = verify(reading(sample(CardType.RESIDENCE_2)), given, day(CardType.RESIDENCE_2))
    assert check.holds
    assert check.test_authority is False


@EVERY_TYPE
def test_an_expired_card_is_for_a_person_to_look_at_and_no_forgery(card_type: CardType) -> None:
    card = sample(card_type)
    assert card.face is not None
    year, month, last = (
        int(part) for part in card.face.items[Item.CARD_EXPIRY][:-1].replace("年", "月").split("月")
    )
    later = date(year, month, last) + timedelta(days=40)
    found = judge(reading(card), pinned_test_anchors(), later, AtHand(face=card.face))
    assert found.verdict is Verdict.REVIEW
    assert found.reasons == (Reason.CARD_EXPIRED,)


@EVERY_TYPE
def test_a_printed_number_that_is_not_the_one_that_opened_the_chip_is_found(card_type: CardType) -> None:
    card = sample(card_type)
    assert card.face is not None
    other = replace(card.face, items={**card.face.items, Item.NUMBER: "ZZ87654321ZZ"})
    found = judge(reading(card), pinned_test_anchors(), day(card_type), AtHand(face=other))
    assert [problem.reason for problem in found.problems] == [Reason.NUMBER_DIFFERS]


@pytest.mark.parametrize("card_type", [each for each in ISSUED_TYPES if len(each) == 2])
def test_the_day_after_its_last_a_card_has_expired(card_type: CardType) -> None:
    got = reading(sample(card_type))
    last = date.fromisoformat(got.text("card_expiry"))
    assert judge(got, pinned_test_anchors(), last).verdict is Verdict.GENUINE
    found = judge(got, pinned_test_anchors(), last + timedelta(days=1))
    assert found.reasons == (Reason.CARD_EXPIRED,)


@EVERY_TYPE
def test_a_card_from_the_future_is_signed_under_nothing_that_is_valid_yet(card_type: CardType) -> None:
    card = sample(card_type)
    assert card.origin.issued is not None
    found = judge(reading(card), pinned_test_anchors(), card.origin.issued - timedelta(days=1))
    assert found.reasons == (Reason.CHAIN_NOT_YET_VALID,)
    assert judge(reading(card), pinned_test_anchors(), card.origin.issued).verdict is Verdict.GENUINE


@pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1])
def test_the_register_alone_finds_an_address_that_was_changed_as_text(card_type: CardType) -> None:
    shown = exhibit(sample(card_type), "altered_address")
    found = selftest.examine(shown, frozenset({Evidence.CHIP, Evidence.REGISTER}))
    assert found.reasons == (Reason.ADDRESS_DIFFERS,)
    assert found.verdict is Verdict.REVIEW


def test_a_childs_card_of_the_first_generation_is_for_a_person_to_look_at() -> None:
    card = issue_sample(CardType.RESIDENCE_1, seed=2, number=NUMBER, age=8)
    found = judge(reading(card), pinned_test_anchors(), day(CardType.RESIDENCE_1), AtHand(face=card.face))
    assert found.reasons == (Reason.SIGNATURE_NOT_MADE,)
    assert found.verdict is Verdict.REVIEW


@pytest.mark.parametrize("card_type", [each for each in ISSUED_TYPES if len(each) == 2])
def test_a_babys_card_of_the_second_generation_is_genuine_without_a_photo(card_type: CardType) -> None:
    card = issue_sample(card_type, seed=2, number=NUMBER, age=0)
    got = reading(card)
    assert got.fields["photo"].empty
    found = judge(got, pinned_test_anchors(), day(card_type), AtHand(face=card.face))
    assert found.verdict is Verdict.GENUINE, found.problems


def test_the_unsigned_chip_of_2011_is_never_called_genuine() -> None:
    found = judge(reading(issue_proposal(1, NUMBER)), pinned_test_anchors(), date(2012, 9, 1))
    assert found.verdict is Verdict.REVIEW
    assert found.reasons == (Reason.EVIDENCE_MISSING,)


@EVERY_TYPE
def test_a_face_without_pictures_leaves_the_comparison_to_a_person(card_type: CardType) -> None:
    card = sample(card_type)
    assert card.face is not None
    words_only = replace(card.face, images={})
    found = judge(reading(card), pinned_test_anchors(), day(card_type), AtHand(face=words_only))
    assert found.reasons == (Reason.FACE_TO_COMPARE,)
    assert found.verdict is Verdict.REVIEW


@EVERY_TYPE
def test_the_register_finds_an_item_that_differs(card_type: CardType) -> None:
    card = sample(card_type)
    shown = exhibit(card)
    items = [Item.NUMBER] if len(card_type) == 1 else [Item.NUMBER, Item.BIRTH, Item.SEX, Item.NATIONALITY]
    for item in items:
        register = {**shown.register, item: "another"}
        found = judge(reading(card), pinned_test_anchors(), shown.on, AtHand(register=register))
        assert found.reasons == (Reason.REGISTER_DIFFERS,), item


def test_an_address_written_by_the_municipality_agrees_with_back_and_register() -> None:
    for card_type in ISSUED_TYPES:
        card = issue_sample(card_type, seed=3, number=NUMBER, endorsed=True, written=len(card_type) == 1)
        found = selftest.examine(exhibit(card), frozenset(Evidence))
        assert found.verdict is Verdict.GENUINE, (card_type, found.problems)


def test_a_card_that_could_not_be_read_is_forged_for_its_number_and_doubtful_for_the_rest() -> None:
    on = date(2026, 9, 1)
    assert judge_unread(WrongNumber("MUTUAL AUTHENTICATE"), on).verdict is Verdict.FORGED
    gone = judge_unread(CardGone("VERIFY", "gone"), on)
    assert gone.verdict is Verdict.REVIEW
    assert gone.reasons == (Reason.CHIP_UNREADABLE,)

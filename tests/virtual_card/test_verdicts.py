"""Verdicts and reasons: told in two languages, weighed together."""

import re

import pytest

from virtual_card.verdicts import MEANINGS, Reason, Verdict, combine


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told_in_japanese_and_english_and_has_a_weight(reason: Reason) -> None:
    meaning = MEANINGS[reason]
    assert meaning.weight in (Verdict.FORGED, Verdict.REVIEW)
    assert meaning.ja.endswith("。") and re.search(r"[ぁ-ん]", meaning.ja)
    assert meaning.en.isascii() and meaning.en.endswith(".")


def test_a_card_without_any_reason_to_doubt_is_genuine() -> None:
    assert combine(()) is Verdict.GENUINE


def test_a_reason_to_look_again_gives_review_and_a_proof_outweighs_it() -> None:
    assert combine([Reason.ADDRESS_DIFFERS]) is Verdict.REVIEW
    assert combine([Reason.ADDRESS_DIFFERS, Reason.SIGNATURE_INVALID]) is Verdict.FORGED


def test_no_checker_answers_undetectable() -> None:
    assert Verdict.UNDETECTABLE.answer is Verdict.GENUINE
    assert all(verdict.answer is verdict for verdict in Verdict if verdict is not Verdict.UNDETECTABLE)


@pytest.mark.parametrize(
    "reason", [Reason.REGISTER_DIFFERS, Reason.NUMBER_REVOKED, Reason.CHIP_UNREADABLE, Reason.CARD_EXPIRED]
)
def test_what_also_happens_to_genuine_cards_never_proves_a_forgery(reason: Reason) -> None:
    assert MEANINGS[reason].weight is Verdict.REVIEW

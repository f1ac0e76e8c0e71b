"""The verdicts: every forgery from its declared evidence, every genuine card, and honest limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, day, reading, sample
from virtual_card import selftest
from virtual_card.cardfile import Card
from virtual_card.faces import Item
from virtual_card.forgeries import FORGERIES, exhibit
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import Vouching, issue_sample, vouched
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


@pytest.mark.parametrize(
    ("card_type", "issued", "on"),
    [
        (CardType.SPECIAL_PERMANENT_1, date(2017, 1, 4), date(2026, 7, 1)),
        (CardType.RESIDENCE_1, date(2016, 4, 1), date(2026, 7, 1)),
        (CardType.RESIDENCE_2, date(2026, 7, 1), date(2040, 1, 1)),
        (CardType.SPECIAL_PERMANENT_2, date(2026, 7, 1), date(2040, 1, 1)),
        (CardType.SPECIFIED_RESIDENCE, date(2026, 7, 1), date(2040, 1, 1)),
    ],
)
def test_a_card_that_expired_is_no_forgery_after_its_authority_has_expired_too(
    card_type: CardType, issued: date, on: date
) -> None:
    card = issue_sample(card_type, seed=4, number=NUMBER, issued=issued)
    found = judge(reading(card), pinned_test_anchors(), on, AtHand(face=card.face))
    assert found.check is not None and found.check.certificate is not None
    assert found.check.certificate.not_after < on
    assert found.check.authority is not None
    assert found.reasons == (Reason.CARD_EXPIRED,)
    assert found.verdict is Verdict.REVIEW
    assert not found.check.holds


def test_a_signed_expiry_decides_whether_a_card_outlives_its_authority_whatever_its_certificate_says() -> (
    None
):
    """A forger with an old authority's key needs a card that runs; an issuer may write long certificates."""
    authority = next(each for each in AUTHORITIES if each.id == "second-2026")
    card = sample(CardType.RESIDENCE_2)
    on = authority.not_after + timedelta(days=1)
    for last, longest, reason in (
        (on + timedelta(days=400), on + timedelta(days=400), Reason.CHAIN_EXPIRED),
        (on + timedelta(days=400), on - timedelta(days=100), Reason.CHAIN_EXPIRED),
        (on, on + timedelta(days=400), Reason.CHAIN_EXPIRED),
        (on - timedelta(days=1), on + timedelta(days=400), Reason.CARD_EXPIRED),
        (on - timedelta(days=1), on - timedelta(days=100), Reason.CARD_EXPIRED),
    ):
        values = {**card.content.values, "card_expiry": last.strftime("%Y%m%d").encode()}
        vouching = Vouching(authority, authority.signer, outlives=True)
        issued = card.origin.issued
        assert issued is not None
        values |= vouched(values, CardType.RESIDENCE_2, NUMBER, issued, longest, vouching)
        got = reading(replace(card, content=replace(card.content, values=values)))
        found = judge(got, pinned_test_anchors(), on)
        assert found.reasons[0] is reason, (last, longest, found.problems)
        assert found.verdict is (Verdict.FORGED if reason is Reason.CHAIN_EXPIRED else Verdict.REVIEW)


def with_field(card: Card, name: str, value: bytes) -> Card:
    return replace(card, content=replace(card.content, values={**card.content.values, name: value}))


@pytest.mark.parametrize(
    ("card_type", "name", "value"),
    [
        (CardType.RESIDENCE_1, "application_pending", b"1"),
        (CardType.RESIDENCE_1, "permission_comprehensive", "許可".encode()),
        (CardType.RESIDENCE_2, "application_pending", b"1"),
        (CardType.RESIDENCE_2, "comprehensive_permission", b"2"),
        (CardType.SPECIFIED_RESIDENCE, "application_pending", b"1"),
    ],
)
def test_a_difference_outside_the_signature_is_for_a_person_to_look_at_and_no_forgery(
    card_type: CardType, name: str, value: bytes
) -> None:
    """D8 is 1 and the back bears no stamp: so an application made online looks."""
    card = sample(card_type)
    assert card.content.values[name] != value
    found = judge(
        reading(with_field(card, name, value)),
        pinned_test_anchors(),
        day(card_type),
        AtHand(face=card.face),
    )
    assert found.reasons == (Reason.UNSIGNED_DIFFERS,)
    assert found.verdict is Verdict.REVIEW


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_a_blank_file_outside_the_signature_is_for_review_and_one_inside_is_a_forgery(
    card_type: CardType,
) -> None:
    card = sample(card_type)
    profile = card.content.profile
    for spec in profile.files:
        if spec.df in ("MF", "AP"):
            continue
        content = replace(card.content, overrides={spec.place: bytes(spec.capacity)})
        found = judge(
            reading(replace(card, content=content)), pinned_test_anchors(), day(card_type), AtHand(card.face)
        )
        inside = spec.df == "DF3" or any(field.name in profile.signed_fields for field in spec.fields)
        assert Reason.FILE_BLANK in found.reasons
        assert Reason.TYPE_BYTE_WRONG not in found.reasons, spec.place
        assert found.verdict is (Verdict.FORGED if inside else Verdict.REVIEW), (spec.place, found.problems)
        assert found.check is not None
        assert found.check.holds is not inside


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_a_signed_file_that_came_short_is_for_review_and_its_signature_is_not_tried(
    card_type: CardType,
) -> None:
    card = sample(card_type)
    for field in ("photo", "certificate"):
        spec = card.content.profile.file_of(field)
        whole = card.content.files()[spec.key]
        for size in (0, 256, len(whole) // 3):
            content = replace(card.content, overrides={spec.place: whole[:size]})
            found = judge(reading(replace(card, content=content)), pinned_test_anchors(), day(card_type))
            assert found.reasons == (Reason.CHIP_UNREADABLE,), found.problems
            assert found.verdict is Verdict.REVIEW
            assert found.check is not None
            assert not found.check.holds


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

"""The catalogue of forgeries: what each changes, what evidence finds it, and what is right to say of it.

An entry is made of a genuine test card by `forge`. `exhibit` puts everything on the table that a checker may
need: the forged card, the day of the check, the resident record of the person to whom the number belongs, the
list of revoked numbers. The declared verdict is due to a checker who has any of the declared sets of
evidence, and to nobody who has less: who cannot see the forgery gives an honest answer with GENUINE.

Two entries are UNDETECTABLE. These chips have no active authentication, so a copy of everything answers like
the original; and what the signature does not cover cannot be told from a lawful entry when chip, face and
register agree or do not hold it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from virtual_card.cardfile import Card
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError, nearest
from virtual_card.faces import TABLE, Item, PrintedFace
from virtual_card.forging import MAKERS, Workshop, oldest_authority
from virtual_card.layouts import CardType
from virtual_card.number import make_number
from virtual_card.personalise.fonts import Font, find_font
from virtual_card.verdicts import Evidence, Reason, Verdict

CHIP, FACE = Evidence.CHIP, Evidence.FACE
REGISTER, REVOKED = Evidence.REGISTER, Evidence.REVOKED_NUMBERS

CHECKED_AFTER: Final = timedelta(days=60)
"""From issue to the check of an exhibit, unless the forgery needs another day."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """An entry. `needs`: by the types of card that it can be made of, the smallest sets of evidence. With any
    of them `verdict` is due, and `reason` is among the reasons given for it (None where there is none to
    give); with no more than a part of one it is not. No set at all: no evidence gives the forgery away."""

    id: str
    ja: str
    en: str
    changes: str
    needs: Mapping[CardType, tuple[frozenset[Evidence], ...]]
    verdict: Verdict
    reason: Reason | None

    @property
    def card_types(self) -> frozenset[CardType]:
        """The types it can be made of."""
        return frozenset(self.needs)

    def is_due(self, card_type: CardType, evidence: frozenset[Evidence]) -> bool:
        """Whether the verdict is due on a card of that type to a checker who has this evidence."""
        return any(need <= evidence for need in self.needs[card_type])

    def needs_in_words(self, card_type: CardType) -> str:
        """The evidence that finds it on a card of that type: sets of evidence, any of which will do."""
        told = (", ".join(each for each in Evidence if each in need) for need in self.needs[card_type])
        return " or ".join(told) or "no evidence finds it"

    @property
    def needs_by_words(self) -> Mapping[str, tuple[CardType, ...]]:
        """The types on which it needs the same evidence, by that evidence in words."""
        found: dict[str, tuple[CardType, ...]] = {}
        for card_type in (each for each in CardType if each in self.needs):
            told = self.needs_in_words(card_type)
            found[told] = (*found.get(told, ()), card_type)
        return found


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A card with everything a checker may ask for. `register`: the record's words by `Item`, as printed;
    `address` is the current one. `forgery` is None for a genuine card."""

    card: Card
    on: date
    register: Mapping[str, str]
    revoked: frozenset[str]
    forgery: Forgery | None = None


def forge(card: Card, forgery_id: str, *, font: Font | None = None) -> Card:
    """The forged card: the catalogue's entry made of a genuine test card.

    Raises:
        CardUsageError: for an unknown entry, an entry that cannot be made of this type of card, a card
            without a face or a date of issue, or one that is forged already.
    """
    forgery = forgery_of(forgery_id)
    content, face, issued = card.content, card.face, card.origin.issued
    if content.card_type not in forgery.card_types:
        raise CardUsageError(
            f"The forgery {forgery.id} cannot be made of a card of type {content.card_type}.",
            expected="a card of type " + ", ".join(sorted(forgery.card_types)),
            received=f"a card of type {content.card_type}",
            remedy="issue a card of one of these types, or choose another forgery",
        )
    if face is None or issued is None or card.origin.forgery:
        raise CardUsageError(
            "Only a whole genuine test card can be forged.",
            expected="a card file with a face and a date of issue, and no forgery yet",
            received=f"forgery {card.origin.forgery}" if card.origin.forgery else "a card without them",
            remedy="make one with `renkei card issue`",
        )
    if "signature" in content.profile.fields and not content.values.get("signature"):
        raise CardUsageError(
            "The catalogue is made for cards that bear a photo and a signature.",
            expected="a first-generation card of a holder of 16 years or more",
            received="a card without a signature",
            remedy="issue a card for an older holder",
        )
    forged = MAKERS[forgery.id](Workshop(card, face, issued, font or find_font()))
    return replace(forged, origin=replace(card.origin, forgery=forgery.id))


def forgery_of(forgery_id: str) -> Forgery:
    """The entry with that id.

    Raises:
        CardUsageError: when there is none.
    """
    if forgery_id in FORGERIES:
        return FORGERIES[forgery_id]
    near = nearest(forgery_id, FORGERIES)
    raise CardUsageError(
        "There is no such forgery in the catalogue.",
        expected="one of " + ", ".join(FORGERIES),
        received=forgery_id,
        remedy=f"did you mean {near}?" if near else "list them with `renkei card forge --list`",
    )


def forgeries_for(card_type: CardType) -> tuple[Forgery, ...]:
    """The entries that can be made of a card of that type, in the catalogue's order."""
    return tuple(one for one in FORGERIES.values() if card_type in one.card_types)


def exhibit(card: Card, forgery_id: str | None = None, *, font: Font | None = None) -> Exhibit:
    """A genuine card, or what the entry makes of it, with all evidence a checker may ask for.

    Raises:
        CardUsageError: as `forge` does.
    """
    forgery = None if forgery_id is None else forgery_of(forgery_id)
    shown = card if forgery is None else forge(card, forgery.id, font=font)
    if card.face is None or card.origin.issued is None:
        raise CardUsageError(
            "A card needs its face and date of issue to be shown as an exhibit.",
            expected="a card made by `renkei card issue`",
            received="a card without them",
            remedy="issue the card anew",
        )
    on = card.origin.issued + CHECKED_AFTER
    if forgery is not None and forgery.id == "expired_ca":
        on = max(on, oldest_authority(card.content.profile).not_after + timedelta(days=31))
    revoked = {make_number(Draws("revoked", str(n))) for n in range(3)} - {card.content.number}
    if forgery is not None and forgery.id == "revoked_number":
        revoked.add(card.content.number)
    return Exhibit(shown, on, register_record(card.face), frozenset(revoked), forgery)


def register_record(face: PrintedFace) -> dict[str, str]:
    """The resident record of the person to whom a genuine card was issued, in the words of its face.

    The address is the current one: that of the back where there is one (Act on the Basic Resident Register,
    article 30-45 lists the other items).
    """
    record = {item: face.items[item] for item in _IN_REGISTER if item in face.items}
    if face.items.get(Item.BACK_ADDRESS):
        record[Item.ADDRESS] = face.items[Item.BACK_ADDRESS]
    return {str(item): words for item, words in record.items()}


_IN_REGISTER: Final = (
    Item.NUMBER,
    Item.NAME,
    Item.BIRTH,
    Item.SEX,
    Item.NATIONALITY,
    Item.ADDRESS,
    Item.STATUS,
    Item.PERIOD,
    Item.PERIOD_EXPIRY,
)


# --- the catalogue -----------------------------------------------------------------------------------------
_ALL: Final = frozenset(TABLE)
_FIRST: Final = frozenset({CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1})
_LATER: Final = _ALL - _FIRST
_RESIDENCE: Final = frozenset({CardType.RESIDENCE_1, CardType.RESIDENCE_2, CardType.SPECIFIED_RESIDENCE})


def _found(
    card_types: frozenset[CardType], *needs: Set[Evidence]
) -> Mapping[CardType, tuple[frozenset[Evidence], ...]]:
    """With any of these sets of evidence, on cards of these types."""
    return MappingProxyType(dict.fromkeys(card_types, tuple(frozenset(need) for need in needs)))


_ENTRIES: Final = (
    Forgery(
        "face_differs",
        "券面の氏名を書き換えたもの",
        "Another name on the face",
        "The printed name; the chip is genuine.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.FACE_DIFFERS,
    ),
    Forgery(
        "face_expiry_extended",
        "券面の有効期間を延ばしたもの",
        "A later expiry on the face",
        "The printed expiry of card and stay, three years later; the chip is genuine.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.FACE_DIFFERS,
    ),
    Forgery(
        "altered_image",
        "チップの券面・氏名画像を差し替えたもの",
        "Another name in the chip's image",
        "The chip's image of front or name, and the face to match; the signature stays.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_INVALID,
    ),
    Forgery(
        "altered_text",
        "チップの生年月日を書き換えたもの",
        "Another date of birth on the chip",
        "The chip's date of birth, and the face to match; the signature stays.",
        _found(_LATER, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_INVALID,
    ),
    Forgery(
        "swapped_photo",
        "写真を差し替えたもの（券面とチップ）",
        "Another photo on face and chip",
        "The photo of face and chip; the signature stays.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_INVALID,
    ),
    Forgery(
        "swapped_photo_on_face",
        "券面の写真だけを差し替えたもの",
        "Another photo on the face only",
        "The printed photo; the chip is genuine.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.PHOTO_DIFFERS,
    ),
    Forgery(
        "unknown_ca",
        "知らない認証局の証明書で署名したもの",
        "Signed under an unknown authority",
        "Signature and certificate, made under an authority of the forger's own.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.CHAIN_UNKNOWN_CA,
    ),
    Forgery(
        "copied_ca_name",
        "認証局の名称を騙ったもの",
        "Signed under an authority with a trusted name",
        "Signature and certificate, made under the forger's authority that bears a trusted one's name.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.CHAIN_SIGNATURE_INVALID,
    ),
    Forgery(
        "expired_ca",
        "期限の切れた認証局で署名したもの",
        "Signed under an expired authority",
        "Signature and certificate, made with the key of an authority whose validity has ended, for a "
        "card and a certificate that claim to be valid longer.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.CHAIN_EXPIRED,
    ),
    Forgery(
        "wrong_generation_ca",
        "別世代の認証局で署名したもの",
        "Signed under an authority of another generation",
        "Signature and certificate: the key is of the right kind, the authority is for other cards.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.CHAIN_WRONG_GENERATION,
    ),
    Forgery(
        "another_chip",
        "他人のチップを埋め込んだもの",
        "Another person's chip",
        "The whole chip is another person's genuine one; it does not open to the printed number.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.NUMBER_REFUSED,
    ),
    Forgery(
        "another_chip_renumbered",
        "他人のチップの内容を券面の番号で開くようにしたもの",
        "Another person's chip content under the printed number",
        "A copy of another person's genuine chip that opens to the printed number, which no signature "
        "covers as text.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.FACE_DIFFERS,
    ),
    Forgery(
        "altered_address",
        "チップの住居地を書き換えたもの",
        "Another place of residence on the chip",
        "The chip's place of residence, which the signature does not cover; the face stays.",
        {**_found(_FIRST, {CHIP, FACE}, {CHIP, REGISTER}), **_found(_LATER, {CHIP, FACE})},
        Verdict.REVIEW,
        Reason.ADDRESS_DIFFERS,
    ),
    Forgery(
        "altered_address_everywhere",
        "チップと裏面の住居地を書き換えたもの",
        "Another place of residence on chip and back",
        "The chip's place of residence and an endorsement on the back to match; only the register knows. "
        "Later chips hold the address as an image, so there the register is compared with the back.",
        {**_found(_FIRST, {CHIP, REGISTER}), **_found(_LATER, {CHIP, FACE, REGISTER})},
        Verdict.REVIEW,
        Reason.ADDRESS_DIFFERS,
    ),
    Forgery(
        "permission_added",
        "資格外活動許可を書き足したもの",
        "A permission added on chip and back",
        "A permission for other activity on chip and back. Neither is signed, and the register does not "
        "hold it: only the agency knows.",
        _found(_RESIDENCE),
        Verdict.UNDETECTABLE,
        None,
    ),
    Forgery(
        "signature_of_another",
        "他のカードの署名を付けたもの",
        "The signature of another card",
        "Signature and certificate are another card's, genuine ones.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_INVALID,
    ),
    Forgery(
        "truncated_signature",
        "署名が途中で切れたもの",
        "A truncated signature",
        "Only the first half of the signature is there.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_TRUNCATED,
    ),
    Forgery(
        "removed_signature",
        "署名を取り除いたもの",
        "No signature",
        "Signature and certificate are blank on a card with a photo.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.SIGNATURE_MISSING,
    ),
    Forgery(
        "photo_and_signature_removed",
        "子どものカードに見せかけて写真と署名を取り除いたもの",
        "Neither photo nor signature, as if a child's",
        "The chip's photo, signature and certificate are blank, as on a first-generation card of a child.",
        _found(_FIRST, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.PHOTO_DIFFERS,
    ),
    Forgery(
        "wrong_type_byte",
        "カード種別を書き換えたもの",
        "A wrong card type",
        "The card type that the chip tells before authentication; files and face are of the right one.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.TYPE_BYTE_WRONG,
    ),
    Forgery(
        "wrong_number_printed",
        "券面の番号を書き換えたもの",
        "A wrong number on the face",
        "The printed number; the genuine chip does not open to it.",
        _found(_ALL, {CHIP, FACE}),
        Verdict.FORGED,
        Reason.NUMBER_REFUSED,
    ),
    Forgery(
        "wrong_number_on_chip",
        "チップの番号を書き換えたもの",
        "A wrong number on the chip",
        "The number stored on the chip; it opens to the printed one.",
        _found(_LATER, {CHIP}),
        Verdict.FORGED,
        Reason.NUMBER_DIFFERS,
    ),
    Forgery(
        "blank",
        "チップの内容が空のもの",
        "A blank chip",
        "All files but version and type are blank.",
        _found(_ALL, {CHIP}),
        Verdict.FORGED,
        Reason.FILE_BLANK,
    ),
    Forgery(
        "revoked_number",
        "失効した番号のカード",
        "A revoked number",
        "Nothing on the card: its number is on the list of revoked numbers, as a lost card's is.",
        _found(_ALL, {CHIP, REVOKED}),
        Verdict.REVIEW,
        Reason.NUMBER_REVOKED,
    ),
    Forgery(
        "perfect_clone",
        "完全な複製",
        "A perfect clone",
        "Nothing: every byte and every printed word is copied. No active authentication exists, so a "
        "checker that claims to detect it is wrong.",
        _found(_ALL),
        Verdict.UNDETECTABLE,
        None,
    ),
)

FORGERIES: Final[Mapping[str, Forgery]] = MappingProxyType({entry.id: entry for entry in _ENTRIES})
"""All entries by id, in the catalogue's order."""

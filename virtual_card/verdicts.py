"""What a checker of cards may answer, and why: verdicts and reasons, each told in Japanese and in English.

A checker answers GENUINE, FORGED or REVIEW. REVIEW is an honest answer: the evidence at hand cannot decide,
and a person has to look or to ask. UNDETECTABLE is never an answer. It is what the catalogue of forgeries
declares of a forgery that no checker can find: these chips have no active authentication, so a perfect copy
is GENUINE to everybody who tells the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Verdict(StrEnum):
    """What is right to say of a card; UNDETECTABLE only in the catalogue (see `answer`)."""

    GENUINE = "GENUINE"
    FORGED = "FORGED"
    REVIEW = "REVIEW"
    UNDETECTABLE = "UNDETECTABLE"

    @property
    def answer(self) -> Verdict:
        """What a checker that tells the truth returns for it: GENUINE where nothing can be found."""
        return Verdict.GENUINE if self is Verdict.UNDETECTABLE else self


class Evidence(StrEnum):
    """What a checker may hold beside the card's number."""

    CHIP = "chip"
    FACE = "face"
    REGISTER = "register"
    REVOKED_NUMBERS = "revoked_numbers"


class Reason(StrEnum):
    """Why a checker doubts. The values are stable: reports and tests hold them."""

    SIGNATURE_INVALID = "signature_invalid"
    SIGNATURE_TRUNCATED = "signature_truncated"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_NOT_MADE = "signature_not_made"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    CHAIN_UNKNOWN_CA = "chain_unknown_ca"
    CHAIN_SIGNATURE_INVALID = "chain_signature_invalid"
    CHAIN_EXPIRED = "chain_expired"
    CHAIN_NOT_YET_VALID = "chain_not_yet_valid"
    CHAIN_WRONG_GENERATION = "chain_wrong_generation"
    FACE_DIFFERS = "face_differs"
    UNSIGNED_DIFFERS = "unsigned_differs"
    FACE_TO_COMPARE = "face_to_compare"
    PHOTO_DIFFERS = "photo_differs"
    PHOTO_MISSING = "photo_missing"
    PHOTO_UNEXPECTED = "photo_unexpected"
    IMAGE_UNREADABLE = "image_unreadable"
    ADDRESS_DIFFERS = "address_differs"
    REGISTER_DIFFERS = "register_differs"
    NUMBER_DIFFERS = "number_differs"
    NUMBER_REVOKED = "number_revoked"
    NUMBER_REFUSED = "number_refused"
    CARD_EXPIRED = "card_expired"
    TYPE_BYTE_WRONG = "type_byte_wrong"
    FILE_BLANK = "file_blank"
    FILE_MISSING = "file_missing"
    FILE_MALFORMED = "file_malformed"
    CHIP_UNREADABLE = "chip_unreadable"
    EVIDENCE_MISSING = "evidence_missing"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason weighs when it stands alone (FORGED or REVIEW), and how it is told."""

    weight: Verdict
    ja: str
    en: str


def _forged(ja: str, en: str) -> Meaning:
    return Meaning(Verdict.FORGED, ja, en)


def _review(ja: str, en: str) -> Meaning:
    return Meaning(Verdict.REVIEW, ja, en)


MEANINGS: Final[Mapping[Reason, Meaning]] = MappingProxyType(
    {
        Reason.SIGNATURE_INVALID: _forged(
            "署名が署名対象と一致しません。ICチップの内容が改変されています。",
            "The signature does not fit what it signs: the chip's content was changed.",
        ),
        Reason.SIGNATURE_TRUNCATED: _forged(
            "署名の長さが足りません。", "The signature is shorter than its kind allows."
        ),
        Reason.SIGNATURE_MISSING: _forged(
            "署名があるべきカードに署名がありません。", "A card that must bear a signature bears none."
        ),
        Reason.SIGNATURE_NOT_MADE: _review(
            "写真のない第１世代カードには署名がありません。券面と住民票で確認してください。",
            "A first-generation card without a photo bears no signature: compare face and register.",
        ),
        Reason.CERTIFICATE_MISSING: _forged(
            "公開鍵証明書がありません。", "The certificate is missing, so nothing vouches for the signature."
        ),
        Reason.CERTIFICATE_UNREADABLE: _forged(
            "公開鍵証明書を読み取れません。", "The certificate cannot be read as X.509, not even leniently."
        ),
        Reason.CHAIN_UNKNOWN_CA: _forged(
            "公開鍵証明書が信頼する認証局のものではありません。",
            "No trusted certification authority issued the certificate.",
        ),
        Reason.CHAIN_SIGNATURE_INVALID: _forged(
            "公開鍵証明書の認証局署名が正しくありません。",
            "The certificate names a trusted authority, but that authority did not sign it.",
        ),
        # An authority outlives the cards that it vouches for. Where the card too has expired, CARD_EXPIRED
        # alone is right: an old genuine card is no forgery.
        Reason.CHAIN_EXPIRED: _forged(
            "カードは有効期間内とされていますが、認証局証明書又は公開鍵証明書の有効期間が過ぎています。",
            "The card says that it is valid, but its certificate or the authority's has expired.",
        ),
        Reason.CHAIN_NOT_YET_VALID: _forged(
            "認証局証明書又は公開鍵証明書の有効期間が始まっていません。",
            "The certificate or the authority's is not valid yet on the day of the check.",
        ),
        Reason.CHAIN_WRONG_GENERATION: _forged(
            "カードの世代と認証局の世代が一致しません。",
            "The authority is trusted, but for cards of another generation.",
        ),
        Reason.FACE_DIFFERS: _forged(
            "券面の記載とICチップの記録が異なります。", "What is printed differs from what the chip holds."
        ),
        # Permissions and applications may stand on one side only: one made online leaves no stamp.
        Reason.UNSIGNED_DIFFERS: _review(
            "券面とICチップの署名対象外の記録が異なります。本人に確認してください。",
            "What is printed differs from what the chip holds outside its signature: ask the holder.",
        ),
        Reason.FACE_TO_COMPARE: _review(
            "画像でしか記録されていない項目です。目視で券面と比べてください。",
            "The chip holds this item as an image only: a person has to compare it with the face.",
        ),
        Reason.PHOTO_DIFFERS: _forged(
            "券面の写真とICチップの写真が異なります。", "The printed photo is not the chip's photo."
        ),
        Reason.PHOTO_MISSING: _review(
            "写真があるべき年齢のカードに写真がありません。",
            "The holder's age calls for a photo, and the card has none.",
        ),
        Reason.PHOTO_UNEXPECTED: _review(
            "写真のないはずの年齢のカードに写真があります。",
            "The holder's age calls for no photo, and the card has one.",
        ),
        Reason.IMAGE_UNREADABLE: _review(
            "ICチップの画像を復号できません。", "An image of the chip cannot be decoded."
        ),
        Reason.ADDRESS_DIFFERS: _review(
            "住居地が一致しません。ICチップの住居地は署名の対象外です。裏面と住民票で確認してください。",
            "The places of residence differ. The chip's is not signed: ask the card's back and the register.",
        ),
        # A register may wait for a notice of the agency, so a difference is a question, not yet a finding.
        Reason.REGISTER_DIFFERS: _review(
            "ICチップの記録と住民票の記載が異なります。",
            "What the chip holds differs from the resident record.",
        ),
        Reason.NUMBER_DIFFERS: _forged(
            "券面の番号とICチップの番号が異なります。", "The printed number is not the chip's number."
        ),
        # A lost card's number is revoked too: the card is not valid, which does not make it a forgery.
        Reason.NUMBER_REVOKED: _review(
            "失効した番号です。", "The number is on the list of numbers that are no longer valid."
        ),
        Reason.NUMBER_REFUSED: _forged(
            "券面の番号ではICチップを開けません。別人のICチップのおそれがあります。",
            "The chip does not open to the printed number: it may be another card's chip.",
        ),
        Reason.CARD_EXPIRED: _review(
            "カードの有効期間が過ぎています。", "The card's own validity has ended."
        ),
        Reason.TYPE_BYTE_WRONG: _forged(
            "カード種別がファイル構成又は券面と一致しません。",
            "The card type does not fit the chip's files or the face.",
        ),
        Reason.FILE_BLANK: _forged(
            "ICチップのファイルが空です。", "A file that must hold something is blank."
        ),
        Reason.FILE_MISSING: _forged(
            "ICチップに必要なファイルがありません。", "A file that this kind of card must have is not there."
        ),
        Reason.FILE_MALFORMED: _forged(
            "ICチップのファイルの構造が正しくありません。",
            "A file does not hold the data objects it must hold.",
        ),
        Reason.CHIP_UNREADABLE: _review(
            "ICチップを読み取れません。故障と偽造は区別できません。",
            "The chip cannot be read: a defect and a forgery look alike.",
        ),
        Reason.EVIDENCE_MISSING: _review(
            "判断に必要な資料が足りません。", "The evidence that would decide was not given."
        ),
    }
)


def combine(reasons: Iterable[Reason]) -> Verdict:
    """The verdict for all reasons together, each with the weight that it has alone."""
    return weigh(MEANINGS[reason].weight for reason in reasons)


def weigh(weights: Iterable[Verdict]) -> Verdict:
    """The verdict for all weights together: FORGED outweighs REVIEW, and none at all is GENUINE."""
    found = set(weights)
    if Verdict.FORGED in found:
        return Verdict.FORGED
    return Verdict.REVIEW if found else Verdict.GENUINE

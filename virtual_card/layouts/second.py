"""Second generation (from 2026-06-14): residence card (05), special permanent resident certificate (06).

Source: facts on the chip §2 (official specification Ver1.1, 001460711.pdf pp. 7-39, in the page-referenced
digest of a reader whose author reports reading more than sixty genuine cards).
"""

from __future__ import annotations

from typing import Final

from virtual_card.layouts.shapes import (
    MF,
    Access,
    CardProfile,
    CardType,
    Field,
    FileSpec,
    Generation,
    Kind,
    SignedPart,
)

_S: Final = "Ver1.1 (001460711.pdf); facts on the chip §2 [1]"

VERSION: Final = Field("spec_version", 0xC0, 4, Kind.CODE, _S, "仕様バージョン", "specification version")
TYPE: Final = Field("card_type", 0xC1, 2, Kind.CODE, _S, "カード種別", "card type")
NUMBER: Final = Field("number", 0xC2, 12, Kind.CODE, _S, "在留カード等番号", "card number")
CARD_EXPIRY: Final = Field(
    "card_expiry", 0xC5, 8, Kind.DATE, _S, "カード有効期間満了日", "expiry of the card"
)
BIRTH: Final = Field("birth", 0xC6, 8, Kind.DATE, _S, "生年月日", "date of birth")
SEX: Final = Field("sex", 0xC7, 1, Kind.CODE, _S, "性別", "sex: 1 male, 2 female, 3 unspecified")
NATIONALITY: Final = Field(
    "nationality", 0xC8, 3, Kind.CODE, _S, "国籍・地域", "nationality or region, three letters"
)
STATUS: Final = Field(
    "status_code", 0xC9, 10, Kind.CODE, _S, "在留資格期間コード", "code of status and period [code table ?]"
)
PERIOD: Final = Field(
    "period", 0xCE, 4, Kind.CODE, _S, "在留期間", "period of stay: YYMM, DDD, 0000 is indefinite"
)
PERMISSION: Final = Field("permission_type", 0xCA, 2, Kind.CODE, _S, "許可の種類", "kind of permission")
PERMITTED: Final = Field("permission_date", 0xCB, 8, Kind.DATE, _S, "許可年月日", "date of permission")
WORK: Final = Field(
    "work_restriction",
    0xCC,
    1,
    Kind.CODE,
    _S,
    "就労制限の有無",
    "work: 1 unrestricted, 2 by status only, 4 as designated in writing, 9 not permitted",
)
PERIOD_EXPIRY: Final = Field(
    "period_expiry", 0xCD, 8, Kind.DATE, _S, "在留期間満了日", "expiry of the period of stay"
)
NAME: Final = Field("name_image", 0xD0, 2500, Kind.TIFF, _S, "氏名イメージ", "image of the name, MMR TIFF")
PHOTO: Final = Field("photo", 0xD1, 3000, Kind.JPEG2000, _S, "顔写真", "photo, JPEG 2000")
ADDRESS: Final = Field(
    "address_image",
    0xDFD1,
    2500,
    Kind.TIFF,
    _S,
    "住居地イメージ",
    "image of the place of residence, MMR TIFF",
)
COMPREHENSIVE: Final = Field(
    "comprehensive_permission",
    0xD5,
    7,
    Kind.CODE,
    _S,
    "資格外活動包括許可",
    "comprehensive permission for other activity: 0, 1 or 2",
)
COMPREHENSIVE_EXPIRY: Final = Field(
    "comprehensive_expiry", 0xD6, 8, Kind.DATE, _S, "包括許可の期限", "expiry of the comprehensive permission"
)
INDIVIDUAL: Final = Field(
    "individual_permission",
    0xD7,
    1,
    Kind.FLAG,
    _S,
    "資格外活動個別許可",
    "individual permission for other activity",
)
PENDING: Final = Field(
    "application_pending",
    0xD8,
    1,
    Kind.FLAG,
    _S,
    "在留期間更新等許可申請",
    "application for extension or change",
)
NOTE: Final = Field("commissioner_note", 0xD9, 1, Kind.FLAG, _S, "長官記載", "entry by the commissioner")
RESERVED: Final = Field("reserved_text", 0xDE, 200, Kind.TEXT, _S, "予備", "reserved text")
SIGNATURE: Final = Field("signature", 0xDC, 96, Kind.SIGNATURE, _S, "チェックコード", "signature, r and s")
# The published read of DF3/EF01 shows the true length in the object and 00 at the end of the file.
CERTIFICATE: Final = Field(
    "certificate", 0xDD, 602, Kind.CERTIFICATE, _S, "公開鍵証明書", "certificate", fixed=False
)

RESIDENCE_ITEMS: Final = (
    CARD_EXPIRY,
    BIRTH,
    SEX,
    NATIONALITY,
    STATUS,
    PERIOD,
    PERMISSION,
    PERMITTED,
    WORK,
    PERIOD_EXPIRY,
)
# Derived: 34 bytes of values in six objects are the only way to fill the file's 46 bytes.
SPECIAL_ITEMS: Final = RESIDENCE_ITEMS[:6]


def holder_files(items: tuple[Field, ...], capacity: int) -> tuple[FileSpec, ...]:
    """The files of DF1."""
    return (
        FileSpec("DF1", "EF01", 0x01, (NUMBER,), 14, Access.NUMBER_SM),
        FileSpec("DF1", "EF02", 0x03, items, capacity, Access.NUMBER_SM),
        FileSpec("DF1", "EF03", 0x04, (NAME, PHOTO), 5508, Access.NUMBER_SM),
        FileSpec("DF1", "EF04", 0x06, (ADDRESS,), 2505, Access.NUMBER_SM),
    )


def signed_parts(items: tuple[Field, ...]) -> tuple[SignedPart, ...]:
    """What the signature covers; the items of either kind fill 53 bytes."""
    return (
        SignedPart(tuple(field.name for field in items), 53),
        SignedPart(("photo",), 3000),
        SignedPart(("name_image",), 2500),
    )


RESIDENCE_FILES: Final = (
    *holder_files(RESIDENCE_ITEMS, 73),
    FileSpec("DF2", "EF01", 0x01, (COMPREHENSIVE, COMPREHENSIVE_EXPIRY, INDIVIDUAL), 22, Access.NUMBER),
    FileSpec("DF2", "EF02", 0x02, (PENDING,), 3, Access.NUMBER),
    FileSpec("DF2", "EF03", 0x03, (NOTE, RESERVED), 207, Access.NUMBER),
    FileSpec("DF3", "EF01", 0x02, (SIGNATURE, CERTIFICATE), 704, Access.NUMBER),
)
SPECIAL_FILES: Final = (
    *holder_files(SPECIAL_ITEMS, 46),
    # The same file as EF03 of a residence card, short file id included; only its name differs.
    FileSpec("DF2", "EF01", 0x03, (NOTE, RESERVED), 207, Access.NUMBER),
    FileSpec("DF3", "EF01", 0x02, (SIGNATURE, CERTIFICATE), 704, Access.NUMBER),
)


def common_files(df: str) -> tuple[FileSpec, ...]:
    """The two files that anybody may read."""
    return (
        FileSpec(df, "EF01", 0x0B, (VERSION,), 6, Access.FREE),
        FileSpec(df, "EF02", 0x0A, (TYPE,), 4, Access.FREE),
    )


ASSUMED_VERSION: Final = "The value of C0 on a second-generation card is not public: 0002 is assumed [?]."
_ASSUMED: Final = (
    ASSUMED_VERSION,
    "D5 takes 7 bytes of which one is written: the other six are assumed to be 00 [D].",
    "All objects but the certificate are assumed to keep their full length, values filled up with 00 [D].",
)

RESIDENCE: Final = CardProfile(
    CardType.RESIDENCE_2,
    Generation.SECOND,
    "在留カード（第２世代）",
    "residence card, second generation",
    (*common_files(MF), *RESIDENCE_FILES),
    "aes",
    "ecdsa-p384",
    signed_parts(RESIDENCE_ITEMS),
    b"0002",
    b"05",
    _ASSUMED,
)
SPECIAL_PERMANENT: Final = CardProfile(
    CardType.SPECIAL_PERMANENT_2,
    Generation.SECOND,
    "特別永住者証明書（第２世代）",
    "special permanent resident certificate, second generation",
    (*common_files(MF), *SPECIAL_FILES),
    "aes",
    "ecdsa-p384",
    signed_parts(SPECIAL_ITEMS),
    b"0002",
    b"06",
    (
        *_ASSUMED,
        "The six items of DF1/EF02 follow from its capacity of 46 bytes: C5 to C9 and CE [D].",
    ),
)

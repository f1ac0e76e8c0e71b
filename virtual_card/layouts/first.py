"""First generation: residence card (type 1) and special permanent resident certificate (type 2).

Source: facts on the chip §1.2, §1.6 (official specification Ver1.5, 001414093.pdf, after independent readers
that agree; capacities also by arithmetic: the objects add up to them).
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

_S: Final = "Ver1.5 (001414093.pdf); facts on the chip §1.2 [2+]"

VERSION: Final = Field("spec_version", 0xC0, 4, Kind.CODE, _S, "仕様バージョン", "specification version")
TYPE: Final = Field("card_type", 0xC1, 1, Kind.CODE, _S, "カード種別", "card type")
FACE: Final = Field(
    "face_image", 0xD0, 7000, Kind.TIFF, _S, "券面（表）イメージ", "image of the front, MMR TIFF"
)
PHOTO: Final = Field("photo", 0xD1, 3000, Kind.JPEG2000, _S, "顔写真", "photo, JPEG 2000")
ADDRESS_DATE: Final = Field("address_date", 0xD2, 8, Kind.DATE, _S, "追記年月日", "date of the address entry")
MUNICIPALITY: Final = Field(
    "address_municipality", 0xD3, 6, Kind.CODE, _S, "市町村コード", "code of the municipality"
)
ADDRESS: Final = Field("address", 0xD4, 320, Kind.TEXT, _S, "住居地", "place of residence")
COMPREHENSIVE: Final = Field(
    "permission_comprehensive",
    0xD5,
    120,
    Kind.TEXT,
    _S,
    "裏面資格外活動包括許可欄",
    "comprehensive permission for other activity, as on the back",
)
INDIVIDUAL: Final = Field(
    "permission_individual",
    0xD6,
    120,
    Kind.TEXT,
    _S,
    "裏面資格外活動個別許可欄",
    "individual permission for other activity, as on the back",
)
PENDING: Final = Field(
    "application_pending",
    0xD7,
    1,
    Kind.FLAG,
    _S,
    "在留期間更新等許可申請",
    "application for extension or change",
)
SIGNATURE: Final = Field("signature", 0xDA, 256, Kind.SIGNATURE, _S, "チェックコード", "signature")
CERTIFICATE: Final = Field("certificate", 0xDB, 1200, Kind.CERTIFICATE, _S, "公開鍵証明書", "certificate")

_COMMON: Final = (
    FileSpec(MF, "EF01", 0x0B, (VERSION,), 6, Access.FREE),
    FileSpec(MF, "EF02", 0x0A, (TYPE,), 3, Access.FREE),
    FileSpec("DF1", "EF01", 0x05, (FACE,), 7004, Access.NUMBER_SM),
    FileSpec("DF1", "EF02", 0x06, (PHOTO,), 3004, Access.NUMBER_SM),
    FileSpec("DF2", "EF01", 0x01, (ADDRESS_DATE, MUNICIPALITY, ADDRESS), 342, Access.NUMBER),
)
_RESIDENCE_ONLY: Final = (
    FileSpec("DF2", "EF02", 0x02, (COMPREHENSIVE,), 122, Access.NUMBER),
    FileSpec("DF2", "EF03", 0x03, (INDIVIDUAL,), 122, Access.NUMBER),
    FileSpec("DF2", "EF04", 0x04, (PENDING,), 3, Access.NUMBER),
)
_CHECK: Final = (FileSpec("DF3", "EF01", 0x02, (SIGNATURE, CERTIFICATE), 1464, Access.NUMBER),)
_SIGNED: Final = (SignedPart(("face_image",), 7000), SignedPart(("photo",), 3000))

RESIDENCE: Final = CardProfile(
    CardType.RESIDENCE_1,
    Generation.FIRST,
    "在留カード（第１世代）",
    "residence card, first generation",
    (*_COMMON, *_RESIDENCE_ONLY, *_CHECK),
    "tdes",
    "rsa-2048",
    _SIGNED,
    b"0001",
    b"1",
)
SPECIAL_PERMANENT: Final = CardProfile(
    CardType.SPECIAL_PERMANENT_1,
    Generation.FIRST,
    "特別永住者証明書（第１世代）",
    "special permanent resident certificate, first generation",
    (*_COMMON, *_CHECK),
    "tdes",
    "rsa-2048",
    _SIGNED,
    b"0001",
    b"2",
)

"""The chip that the study group of 2011 pictured: seven items as text, ready for the resident register.

No such card was ever issued: the chips that came hold images. The seven items and their order are those of
the picture in the agency's material for the study group (requirements S0-062: nationality or region, name,
sex, date of birth, status of residence, period of stay, card number). Everything else here is assumed.
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
)

_S: Final = "material 1-1 of the study group (2011), requirement S0-062; tag and size assumed [G]"

VERSION: Final = Field("spec_version", 0xC0, 4, Kind.CODE, _S, "仕様バージョン", "specification version")
TYPE: Final = Field("card_type", 0xC1, 2, Kind.CODE, _S, "カード種別", "card type")
SEVEN: Final = (
    Field("nationality_text", 0xD1, 90, Kind.TEXT, _S, "国籍・地域", "nationality or region"),
    Field("name_text", 0xD2, 320, Kind.TEXT, _S, "氏名", "name"),
    Field("sex_text", 0xD3, 15, Kind.TEXT, _S, "性別", "sex"),
    Field("birth", 0xD4, 8, Kind.DATE, _S, "生年月日", "date of birth"),
    Field("status_text", 0xD5, 120, Kind.TEXT, _S, "在留資格", "status of residence"),
    Field("period_text", 0xD6, 60, Kind.TEXT, _S, "在留期間", "period of stay"),
    Field("number", 0xD7, 12, Kind.CODE, _S, "在留カード番号", "card number"),
)

ASSUMPTIONS: Final = (
    "Nobody issued this chip: it realises the picture in the material of 2011 [G].",
    "Cryptography, commands and application ids are those of the first generation [G].",
    "The seven items are UTF-8 text in DF1/EF01, short file id 05, tags D1 to D7 in the picture's order [G].",
    "C0 is 2011 and C1 is P1, so that a reader can tell it from every real card [G].",
    "Nothing is signed; the material says nothing of signatures [G].",
)

PROFILE: Final = CardProfile(
    CardType.PROPOSAL_2011,
    Generation.PROPOSAL_2011,
    "住民票作成支援の想定カード（平成23年資料）",
    "the seven-item chip pictured in 2011",
    (
        FileSpec(MF, "EF01", 0x0B, (VERSION,), 6, Access.FREE),
        FileSpec(MF, "EF02", 0x0A, (TYPE,), 4, Access.FREE),
        FileSpec("DF1", "EF01", 0x05, SEVEN, sum(field.room for field in SEVEN), Access.NUMBER_SM),
    ),
    "tdes",
    None,
    (),
    b"2011",
    b"P1",
    ASSUMPTIONS,
)

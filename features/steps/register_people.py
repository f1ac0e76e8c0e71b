"""Who and what the stories of register and exchange are about, in the words of the features.

Nobody is real. The tables put the words of a feature into those of the protocol; they hold no rule.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from conformance.protocol.base import PersonData
from features.steps.municipal import DAY, day_of

ELSEWHERE: Final = "東京都中野区中央1丁目1番1号"
HERE: Final = "東京都新宿区大久保1丁目1番1号"
WITHIN: Final = "東京都新宿区西新宿2丁目8番1号"
AWAY: Final = "東京都中野区中央2丁目2番2号"
HOTEL: Final = "東京都新宿区歌舞伎町1丁目1番1号ホテル101号室"

PEOPLE: Final = {
    "甲": PersonData(
        ref="KO",
        person_class="mid_long_term_resident",
        name="TEST KO",
        birth_date="1990-01-02",
        sex="F",
        nationality="VNM",
        address=ELSEWHERE,
        card_number="AB12345678CD",
        status="技術・人文知識・国際業務",
        period_until=date(2028, 3, 31),
    ),
    "乙": PersonData(
        ref="OTSU",
        person_class="special_permanent_resident",
        name="TEST OTSU",
        birth_date="1960-05-06",
        sex="M",
        nationality="KOR",
        address=ELSEWHERE,
        card_number="EF12345678GH",
        status="特別永住者",
    ),
    "丙": PersonData(
        ref="HEI",
        person_class="mid_long_term_resident",
        name="TEST HEI",
        birth_date="1985-00-00",
        sex="M",
        nationality="BRA",
        address=ELSEWHERE,
        card_number="KL12345678MN",
        status="永住者",
    ),
    "丁": PersonData(
        ref="TEI",
        person_class="temporary_refuge",
        name="TEST TEI",
        birth_date="1979-11-30",
        sex="M",
        nationality="MMR",
        address=ELSEWHERE,
        card_number="",
        period_until=date(2026, 9, 30),
    ),
    "戊": PersonData(
        ref="BO",
        person_class="provisional_stay",
        name="TEST BO",
        birth_date="2001-02-03",
        sex="F",
        nationality="AFG",
        address=ELSEWHERE,
        card_number="",
        period_until=date(2026, 8, 31),
    ),
    "己": PersonData(
        ref="KI",
        person_class="transitional_stay",
        name="TEST KI",
        birth_date="2026-05-20",
        sex="F",
        nationality="VNM",
        address=HERE,
        card_number="",
    ),
}

FILINGS: Final = {
    "転入": ("moving_in", HERE),
    "国外からの転入": ("entry_from_abroad", HERE),
    "転居": ("moving_within", WITHIN),
    "転出": ("moving_out", AWAY),
    "世帯の変更": ("household_change", ""),
    "続柄の変更": ("relationship_change", ""),
}
"""Each filing with the address that comes of it."""

KINDS: Final = {
    "市町村通知": "municipality_notice",
    "市町村伝達": "municipality_transmission",
    "証明書交付の情報": "certificate_issuance_notice",
}

ITEMS: Final = {
    "氏名": "name",
    "漢字氏名": "name_kanji",
    "通称": "alias",
    "生年月日": "birth_date",
    "性別": "sex",
    "国籍・地域": "nationality",
    "住所": "address",
    "従前の住所": "previous_address",
    "転出先の住所": "next_address",
    "住居地": "residence",
    "従前の住居地": "previous_residence",
    "居住地": "abode",
    "区分": "person_class",
    "在留資格": "status",
    "在留期間の満了の日": "period_until",
    "カードの番号": "card_number",
    "異動": "action",
    "事由": "reason",
    "異動の日": "event_date",
    "届出の日": "filed_date",
    "根拠": "article",
    "態様": "manner",
    "交付の事由": "ground",
    "交付の日": "issued_date",
    "従前の番号": "certificate_number_before",
    "番号": "certificate_number",
    "有効期間の満了の日": "valid_until",
}

VALUES: Final = {
    "なし": "",
    "記載": "made",
    "消除": "removed",
    "修正": "corrected",
    "転入": "moving_in",
    "転居": "moving_within",
    "転出": "moving_out",
    "国外転入": "entry_from_abroad",
    "帰化": "naturalized",
    "死亡": "death",
    "出生": "birth",
    "職権": "ex_officio",
    "通称の変更": "alias_changed",
    "取消し": "cancellation",
    "更新": "renewal",
    "女": "F",
    "男": "M",
    "ベトナム": "VNM",
    "ブラジル": "BRA",
    "みなし届出": "deemed",
    "単独の届出": "separate",
    "中長期在留者": "mid_long_term_resident",
    "特別永住者": "special_permanent_resident",
    "入管法第19条の7第1項": "immi.19-7-1",
    "入管法第19条の9第1項": "immi.19-9-1",
    "入管特例法第10条第1項": "special.10-1",
}
AS_WRITTEN: Final = frozenset({"status", "name", "alias", "name_kanji"})
"""Items whose texts are given as they stand."""

STATES: Final = {"ある": "present", "ない": "none", "除票になっている": "removed"}
HISTORY: Final = {
    "記載": "made",
    "修正": "corrected",
    "消除": "removed",
    "取消し": "cancelled",
    "住居地の届出": "notified",
}
NOTICE_STATES: Final = {
    "取り込まれ、確認を待っている": "imported",
    "取り込まれず、手動の取込みを待っている": "backlog",
    "住民票に反映されている": "applied",
    "該当者がいないとして扱われている": "refused",
}
LINKS: Final = {"回線": "line", "媒体": "media", "紙": "paper"}
CODES: Final = {
    "途中で切れている": ["TRUNCATED"],
    "ダイジェストが合わない": ["DIGEST_MISMATCH"],
    "宛先が違う": ["WRONG_RECIPIENT"],
    "一連番号が再使用されている": ["SEQUENCE_REUSED"],
    "版が不明である": ["UNKNOWN_PROFILE"],
    "XMLの実体が使われている": ["XML_DTD", "XML_ENTITY", "XML_EXPANSION"],
    "値が不明である": ["UNKNOWN_VALUE"],
}
TROUBLES: Final = {
    "失われる": "lost",
    "2回届く": "twice",
    "途中で切れて届く": "truncated",
    "改変されて届く": "altered",
    "XML形式で届く": "as_xml",
    "届く前に、他の市区町村あてのファイルが届く": "misaddressed",
    "届く前に、知らない版のファイルが届く": "other_version",
    "届いた後に、同じ一連番号で別の内容のファイルが届く": "numbered_again",
    "届く前に、実体を際限なく膨らませるXMLファイルが届く": "xml_bomb",
}
MEDIA: Final = {
    "他の市区町村の媒体": "foreign",
    "使用済みの媒体": "used",
    "偽造された媒体": "forged",
    "ラベルのない媒体": "unlabelled",
}


def value_of(item: str, text: str) -> str:
    """The text of an item as the protocol has it."""
    if re.fullmatch(DAY, text):
        return day_of(text).isoformat()
    return text if item in AS_WRITTEN and text != "なし" else VALUES.get(text, text)


def items_of(table: list[list[str]]) -> dict[str, str]:
    """A table with the columns 項目 and 値 as items."""
    return {ITEMS[name]: value_of(ITEMS[name], text) for name, text in table[1:]}


def kinds_of(text: str) -> list[str]:
    """The kinds of record in 市町村通知、市町村伝達."""
    return [KINDS[part] for part in text.split("、")]

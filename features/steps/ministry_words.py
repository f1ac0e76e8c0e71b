"""The words of the ministry server's features, put into those of the protocol; no rule stands here."""

from __future__ import annotations

from typing import Final

CITIES: Final = {
    "新宿区": "131041",
    "横浜市": "141003",
    "町田市": "132098",
    "千代田区": "131016",
}
"""Municipalities with their codes; which of them are listed, each feature says."""

CREDENTIAL: Final = "test-credential"
"""Of a line on demand in a test, and no secret of anybody's."""

NOTICES: Final = {
    "転入の市町村通知": ("made", "moving_in"),
    "国外からの転入の市町村通知": ("made", "entry_from_abroad"),
    "転居の市町村通知": ("corrected", "moving_within"),
    "転出の市町村通知": ("removed", "moving_out"),
    "死亡の市町村通知": ("removed", "death"),
    "職権修正の市町村通知": ("corrected", "ex_officio"),
    "取消しの市町村通知": ("made", "cancellation"),
}
"""Notices with what was done to the record, and why."""

TRANSMISSIONS: Final = {
    "上陸後の住居地の市町村伝達": "immi.19-7-1",
    "許可後の住居地の市町村伝達": "immi.19-8-1",
    "住居地変更の市町村伝達": "immi.19-9-1",
    "特別永住者の住居地の市町村伝達": "special.10-1",
    "特別永住者の住居地変更の市町村伝達": "special.10-2",
}
"""Transmissions with their articles."""

ISSUES: Final = ("証明書の交付の情報", "居住地での証明書の交付の情報")
"""What is told of the issue of a certificate."""

CARDS: Final = {
    "甲": ("CD23456789EF", "EF34567890GH"),
    "乙": ("GH45678901IJ", "IJ56789012KL"),
    "丙": ("MN67890123OP", "OP78901234QR"),
}
"""The cards that a person gets, one after the other."""

EXCUSES: Final = {
    "入院": "in_hospital",
    "配偶者からの暴力からの避難": "fled_violence",
    "住居の喪失": "lost_home",
    "再入国許可による出国中": "abroad",
    "頻繁な出張": "always_travelling",
}

FILE_FAULTS: Final = {
    "0バイトの": "empty_file",
    "途中で切れた": "truncated",
    "件数の合わない": "wrong_count",
    "ダイジェストの合わない": "altered",
    "宛先の違う": "wrong_recipient",
    "業務コードが未定義の": "unknown_business",
    "方向の違う": "wrong_direction",
    "版が不明の": "unknown_profile",
    "ヘッダーの形が違う": "bad_header",
    "UTF-8でない": "not_utf8",
    "BOMの付いた": "byte_order_mark",
    "NUL文字のある": "nul",
    "行が長すぎる": "long_line",
    "封筒のままの": "sealed",
    "実体を使うXMLの": "xml_entity",
    "実体が際限なく膨らむXMLの": "xml_expansion",
    "入れ子の深すぎるXMLの": "xml_depth",
    "属性のあるXMLの": "xml_attribute",
    "コメントのあるXMLの": "xml_comment",
    "XMLとして読めない": "not_xml",
}
"""What is wrong with a whole file."""

RECORD_FAULTS: Final = {
    "項目が足りない": "column_missing",
    "余分な項目がある": "column_extra",
    "種別が未定義の": "unknown_kind",
    "異動日の数字が全角の": "full_width",
    "異動日が実在しない": "no_such_day",
    "氏名が長すぎる": "too_long",
    "氏名のない": "no_name",
    "カードの番号のない": "no_card_number",
    "住居地のない": "no_residence",
    "根拠条項のない": "no_article",
    "性別の値が未定義の": "unknown_sex",
    "外字が私用領域の文字のままの": "private_character",
    "異動日が2012年7月8日の": "before_system",
    "異動日が翌々日の": "in_future",
    "届出日が翌々日の": "filed_in_future",
    "事由が区分と矛盾する": "contradiction",
}
"""What is wrong with one record."""

ENVELOPES: Final = {
    "封筒のない": "not_sealed",
    "ほかの市区町村あての封筒に入れた": "not_for_us",
    "信頼できない署名者の封筒に入れた": "unknown_signer",
    "壊れた封筒に入れた": "damaged",
    "ほかの市区町村が署名した封筒に入れた": "other_signer",
}
"""What is wrong with an envelope."""

OUTCOMES: Final = {"受理される": "accepted", "拒否される": "rejected"}

GROUNDS: Final = {
    "許可後に届け出ないこと": "not_notified",
    "退去後に届け出ないこと": "not_renewed",
}

STATES: Final = {
    "候補である": "candidate",
    "候補であるが正当な理由の有無の判断を要する": "excuse_to_assess",
    "候補であるが期間後に届出があった": "notified_late",
    "候補から外れている": "withdrawn",
}

ITEMS: Final = {
    "在留期間の満了の日": "period_until",
    "在留資格": "status",
    "カードの番号": "card_number",
    "従前のカードの番号": "card_number_before",
    "氏名": "name",
    "国籍・地域": "nationality",
    "処理の区分": "effect",
}

REASONS: Final = {
    "在留期間の更新": "period_extended",
    "在留資格の変更": "status_changed",
    "在留資格の取消し": "revoked",
    "氏名の変更": "name_changed",
    "国籍・地域の変更": "nationality_changed",
    "出国": "departed",
    "再入国許可の期限経過": "reentry_expired",
    "在留資格の喪失": "status_ended",
    "対象外の在留資格への変更": "out_of_scope",
}
"""Reasons of an agency notice."""

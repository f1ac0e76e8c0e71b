"""Records that the register hands to a terminal, and the words of the terminal's features for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from conformance.protocol.base import PersonData
from features.steps.register_people import AWAY, ELSEWHERE, HERE, WITHIN

RECORDS: Final = {
    "転入の市町村通知": "municipality_notice",
    "転居の市町村通知": "municipality_notice",
    "転出の市町村通知": "municipality_notice",
    "市町村伝達": "municipality_transmission",
    "証明書交付の情報": "certificate_issuance_notice",
}
CHANGES: Final[dict[str, dict[str, str]]] = {
    "転入の市町村通知": {
        "action": "made",
        "reason": "moving_in",
        "address": HERE,
        "previous_address": ELSEWHERE,
    },
    "転居の市町村通知": {
        "action": "corrected",
        "reason": "moving_within",
        "address": WITHIN,
        "previous_address": HERE,
    },
    "転出の市町村通知": {
        "action": "removed",
        "reason": "moving_out",
        "address": HERE,
        "next_address": AWAY,
    },
}
HOSTILE: Final = {
    "ウイルスの試験用の": "infected",
    "要素を際限なく入れ子にしたXMLの": "nested",
    "実体を際限なく膨らませるXMLの": "xml_bomb",
    "長すぎる行のある": "too_long",
    "業務が不明の": "unknown_business",
    "ダイジェストの合わない": "wrong_digest",
    "途中で切れた": "truncated",
    "他の市区町村あての": "misaddressed",
    "送信元の違う": "wrong_sender",
    "知らない版の": "other_version",
    "向きの違う": "wrong_direction",
    "一連番号の飛んだ": "gap",
    "空の": "empty",
}
"""Files that must not be taken in, in the words of the features."""
CODES: Final = {
    "ウイルスの疑い": "INFECTED",
    "XMLの入れ子が深すぎる": "XML_DEPTH",
    "XMLの実体が使われている": "XML_EXPANSION",
    "行が長すぎる": "LINE_TOO_LONG",
    "業務が不明である": "UNKNOWN_BUSINESS",
    "ダイジェストが合わない": "DIGEST_MISMATCH",
    "途中で切れている": "TRUNCATED",
    "宛先が違う": "WRONG_RECIPIENT",
    "送信元が違う": "WRONG_SENDER",
    "版が不明である": "UNKNOWN_PROFILE",
    "方向が違う": "WRONG_DIRECTION",
    "一連番号が飛んでいる": "SEQUENCE_GAP",
    "一連番号が再使用されている": "SEQUENCE_REUSED",
    "一連番号が古すぎる": "SEQUENCE_STALE",
    "ファイルが空である": "EMPTY",
    "封筒を開けない": "NOT_OPENED",
    "障害が宣言されていない": "no_declared_outage",
    "値が不明である": "UNKNOWN_VALUE",
}
WHATS: Final = {
    "ログオン": "log_on",
    "ログオフ": "log_off",
    "ログオンの失敗": "log_on_failed",
    "ロック": "locked",
    "ロックの解除": "unlocked",
    "時間切れ": "timed_out",
    "送信": "send",
    "受信": "receive",
    "閲覧": "view",
    "出力": "export",
    "暗証番号の変更": "pin_changed",
    "指導": "trained",
    "端末の交換": "replaced",
    "ソフトウェアの更新": "installed",
}
REASONS: Final = {
    "ログオンしていない": "no_session",
    "利用者IDか暗証番号が違う": "not_admitted",
    "指導の期限を過ぎている": "training_overdue",
    "他の者が使っている": "console_in_use",
    "管理者でない": "not_an_administrator",
    "登録されていない相手である": "not_listed",
    "媒体に証跡がある": "medium_used",
    "暗証番号の形が違う": "bad_pin",
    "暗証番号が今と同じである": "same_pin",
    "そのような画面はない": "nothing_to_view",
    "障害が宣言されていない": "no_declared_outage",
}
SCREENS: Final = {"送信待ち": "queue", "未回答": "unanswered", "隔離": "quarantine", "証跡": "log"}
NOTICES: Final = {"在留期間の更新": "period_extended", "在留資格の変更": "status_changed"}


def record_of(what: str, person: PersonData, today: date) -> tuple[str, Mapping[str, str]]:
    """The kind and the items of a record about a person, of this day; its number is the register's."""
    day = today.isoformat()
    items = {
        "person_ref": person.ref,
        "name": person.name,
        "name_kanji": person.name_kanji,
        "birth_date": person.birth_date,
        "sex": person.sex,
        "nationality": person.nationality,
    }
    if what in CHANGES:
        items |= {
            **CHANGES[what],
            "event_date": day,
            "filed_date": day,
            "person_class": person.person_class,
            "card_number": person.card_number,
            "status": person.status,
            "alias": person.alias,
        }
    elif what == "市町村伝達":
        special = person.person_class == "special_permanent_resident"
        items |= {
            "article": "special.10-2" if special else "immi.19-9-1",
            "manner": "deemed",
            "event_date": day,
            "filed_date": day,
            "residence": HERE,
            "card_number": person.card_number,
        }
    else:
        items |= {
            "ground": "renewal",
            "issued_date": day,
            "residence": HERE,
            "certificate_number_before": person.card_number,
            "certificate_number": "GH12345678KL",
            "valid_until": date(today.year + 7, 5, 6).isoformat(),
        }
    return RECORDS[what], {name: text for name, text in items.items() if text}

"""Names for readers: identifiers of measures on the left, (Japanese, English) on the right.

The Japanese terms are the glossary's. An identifier that is not listed is shown as it is.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sim.law.changes import AGENCY_FIRST_DAY

Pair = tuple[str, str]

FILINGS: Final[dict[str, Pair]] = {
    "moving_in": ("転入届", "Moving in"),
    "moving_within": ("転居届", "Moving within the municipality"),
    "moving_out": ("転出届", "Moving out"),
    "household_change": ("世帯変更届", "Household change"),
    "entry_from_abroad": ("国外からの転入（30条の46）", "Entry from abroad (art. 30-46)"),
    "became_resident_status": (
        "中長期在留者等となった場合の届出（30条の47）",
        "Became a mid-long-term resident or the like (art. 30-47)",
    ),
    "relationship_change": ("世帯主との続柄の変更（30条の48）", "Changed relationship (art. 30-48)"),
    "residence_notification": ("住居地届出", "Residence notification on its own"),
}

DEEMABLE: Final = ("moving_in", "moving_within", "entry_from_abroad", "became_resident_status")
"""The filings that the Acts can deem a residence notification."""

CARDS: Final[dict[str, Pair]] = {
    "presented": ("提出あり", "Presented"),
    "absent": ("持参なし", "Not brought"),
    "issued_later": ("後日交付", "To be issued later"),
    "expired": ("有効期間満了", "Expired"),
    "expired_pending": ("有効期間満了、申請中", "Expired, application pending"),
}

CLAUSES: Final[dict[str, Pair]] = {
    "immi.19-7-1": (
        "入管法第19条の7第1項（新規上陸後）",
        "Immigration Act art. 19-7(1): after landing",
    ),
    "immi.19-8-1": (
        "入管法第19条の8第1項（在留資格変更等）",
        "Immigration Act art. 19-8(1): after a change of status",
    ),
    "immi.19-9-1": (
        "入管法第19条の9第1項（住居地の変更）",
        "Immigration Act art. 19-9(1): changed residence",
    ),
    "special.10-1": (
        "入管特例法第10条第1項（住居地の記載なし）",
        "Special Act art. 10(1): no residence yet",
    ),
    "special.10-2": (
        "入管特例法第10条第2項（住居地の変更）",
        "Special Act art. 10(2): changed residence",
    ),
}

BUSINESSES: Final[dict[str, Pair]] = {
    "resident_register": ("住民基本台帳事務", "Basic resident register"),
    "residence": ("市区町村在留関連事務", "Residence-related municipal work"),
    "special_permanent": ("特別永住許可事務", "Special permanent residence"),
}

DIRECTIONS: Final[dict[str, Pair]] = {
    "up": ("上り（市区町村から）", "Up (from the municipality)"),
    "down": ("下り（市区町村へ）", "Down (to the municipality)"),
}

STATES: Final[dict[str, Pair]] = {
    "pending": ("処理待ち", "Pending"),
    "accepted": ("受理", "Accepted"),
    "rejected": ("拒否", "Rejected"),
}

FAULTS: Final[dict[str, Pair]] = {
    "LOST": ("結果なし", "Nothing became of it"),
    "LEFT_BEHIND": ("情報連携に載らず", "An exchange went without it"),
    "DOUBLED": ("二重判定", "Decided more than once"),
    "RAISED_TWICE": ("二重発生", "Raised twice"),
    "NEVER_SENT": ("送信記録なし", "Never sent"),
    "CONTRADICTED": ("結果の食い違い", "Told otherwise than decided"),
    "HOLE": ("記録の欠落", "A hole in a journal"),
    "DISPUTED": ("記録の食い違い", "Two lines of one number"),
}

CODES: Final[dict[str, Pair]] = {
    "EMPTY": ("ファイルが空", "The file is empty"),
    "NOT_UTF8": ("UTF-8として読めない", "Not readable as UTF-8"),
    "NOT_CSV": ("CSVとして読めない", "Not readable as CSV"),
    "TRUNCATED": ("途中で切れている", "Cut off before the end"),
    "BAD_HEADER": ("ヘッダーレコードの形が違う", "The header record has the wrong form"),
    "BAD_TRAILER": ("トレーラーレコードの形が違う", "The trailer record has the wrong form"),
    "UNKNOWN_PROFILE": ("受け付けていない仕様の版", "A version of the profile that is not served"),
    "UNKNOWN_BUSINESS": ("業務コードが未定義", "Unknown business"),
    "WRONG_DIRECTION": ("送受信の方向が違う", "The batch runs in the wrong direction"),
    "WRONG_RECIPIENT": ("宛先が違う", "The batch is for somebody else"),
    "WRONG_SENDER": (
        "送信元が方向、署名者又は回線と不一致",
        "The sender does not fit the direction, the signer or the line",
    ),
    "COUNT_MISMATCH": ("件数が不一致", "The number of records differs from the count"),
    "DIGEST_MISMATCH": ("ダイジェストが不一致", "The digest differs: the content was altered"),
    "SEQUENCE_GAP": ("一連番号が飛んでいる", "A sequence number was skipped"),
    "SEQUENCE_REUSED": ("一連番号の再使用", "A sequence number was used again"),
    "SEQUENCE_STALE": ("古すぎる一連番号", "A sequence number too old to be compared"),
    "NOT_OPENED": ("封筒を開けない", "The envelope cannot be opened"),
    "SEALED": ("封筒のまま", "Still sealed"),
    "INFECTED": ("不正プログラムの疑い", "Malicious content suspected"),
    "FILE_TOO_LARGE": ("ファイルが大きすぎる", "The file is too large"),
    "TOO_MANY_RECORDS": ("レコードが多すぎる", "Too many records in one batch"),
    "LINE_TOO_LONG": ("行が長すぎる", "The line is too long"),
    "BYTE_ORDER_MARK": ("先頭にバイト順マーク", "A byte-order mark at the beginning"),
    "NUL": ("NUL文字", "A NUL character"),
    "LONE_SURROGATE": ("対になっていないサロゲート", "A lone surrogate"),
    "NOT_XML": ("XMLとして読めない", "Not readable as XML"),
    "XML_DTD": ("文書型宣言", "A document type declaration"),
    "XML_ENTITY": ("実体の宣言又は参照", "An entity"),
    "XML_EXPANSION": ("実体の際限ない展開", "Entities that expand without end"),
    "XML_DEPTH": ("要素の入れ子が深すぎる", "Elements nested too deep"),
    "XML_ATTRIBUTE": ("属性", "An attribute"),
    "XML_TOO_LONG": ("タグ又は文字列が長すぎる", "A tag or text that is too long"),
    "XML_INSTRUCTION": ("処理命令、コメント又はCDATA", "An instruction, a comment or CDATA"),
    "XML_ELEMENT": ("置けない要素又は文字列", "An element or text out of place"),
    "UNKNOWN_KIND": ("レコード種別が未定義", "Unknown kind of record"),
    "COLUMN_COUNT": ("項目数が違う", "Wrong number of columns"),
    "COLUMN_MISSING": ("項目が足りない", "A column is missing"),
    "COLUMN_EXTRA": ("余分な項目", "A column too many"),
    "COLUMN_ORDER": ("項目の順序が違う", "Columns in another order"),
    "LINE_ENDING": ("行末がCRLFでない", "The line does not end with CRLF"),
    "LINE_BREAK": ("項目の中の改行", "A line break within an item"),
    "FULL_WIDTH": ("全角の英数字", "Full-width letters or digits"),
    "PRIVATE_CHARACTER": ("私用領域の文字", "A character of the private area"),
    "BAD_GAIJI": ("外字の印の形が違う", "A wrong mark for a character without code point"),
    "MISSING_ITEM": ("必須項目がない", "A mandatory item is missing"),
    "BAD_FORM": ("項目の形式が違う", "The item has the wrong form"),
    "TOO_LONG": ("項目が長すぎる", "The item is too long"),
    "UNKNOWN_VALUE": ("項目の値が未定義", "The item has an unknown value"),
    "CONTRADICTION": ("他の項目との矛盾", "The item contradicts another item"),
    "DUPLICATE_RECORD": ("同じレコード番号が既にある", "A record with this number came before"),
    "WRONG_BUSINESS": ("この業務のレコード種別でない", "The kind does not belong to the business"),
    "DATE_BEFORE_SYSTEM": ("制度開始日より前の日付", "A date before the system's first day"),
    "DATE_IN_FUTURE": ("未来の日付", "A date in the future"),
    "UNKNOWN_ANSWER": ("送っていないレコードへの結果", "A result for a record that was never sent"),
    "NO_SUCH_RESIDENT": ("該当する住民票がない", "No resident record matches"),
}

REVISION_REASONS: Final[dict[str, Pair]] = {
    "already_cancelled": ("既に取り消されている", "it was taken back already"),
    "already_registered": ("既に住民票がある", "a resident record exists already"),
    "card_number_used_before": ("番号が既に使われている", "the number was used before"),
    "event_in_future": ("異動日が将来の日付", "the day of the change lies in the future"),
    "filed_in_future": ("届出日が将来の日付", "the day of the filing lies in the future"),
    "item_missing": ("必要な記載事項がない", "an item that the record must bear is missing"),
    "later_change": ("後の異動が先に取り消されていない", "a later change has to be taken back first"),
    "not_registered": ("住民票がない", "there is no resident record"),
    "not_special_permanent": ("特別永住者でない", "the person is no special permanent resident"),
    "not_transitional": ("経過滞在者でない", "the person is not in transitional stay"),
    "nothing_to_cancel": ("取り消す異動がない", "there is nothing to take back"),
    "unknown_ground": ("事由が未定義", "unknown ground"),
    "unknown_item": ("記載事項の名が未定義", "unknown item of a record"),
}


def agency(on: date) -> Pair:
    """The national side as it was named on a day: the Ministry of Justice before 2019-04-01."""
    if on < AGENCY_FIRST_DAY:
        return ("法務省", "Ministry of Justice")
    return ("出入国在留管理庁", "Immigration Services Agency")


def record_kind(kind: str, on: date) -> Pair:
    """A kind of record. The notice that comes down is named after its sender on the day."""
    kinds: dict[str, Pair] = {
        "municipality_notice": ("市町村通知", "Municipality notice"),
        "municipality_transmission": ("市町村伝達", "Municipality transmission"),
        "agency_notice": (f"{agency(on)[0]}通知", "Agency notice"),
        "certificate_issuance_notice": (
            "特別永住者証明書の交付に関する情報",
            "Certificate issuance notice",
        ),
        "result": ("処理結果", "Result"),
        "unreadable": ("種別を読めないレコード", "Record of an unreadable kind"),
    }
    return kinds.get(kind, (kind, kind))


def renamed(first: date, last: date) -> Pair:
    """What a run says of the notice that bore two names in its days; nothing where it bore one."""
    if not first < AGENCY_FIRST_DAY <= last:
        return ("", "")
    before, after = agency(first), agency(last)
    return (
        f"{after[0]}通知は、2019年3月31日までは{before[0]}通知という。",
        f"Agency notices were those of the {before[1]} until 31 March 2019.",
    )


def named(table: dict[str, Pair], identifier: str) -> Pair:
    """The names of an identifier, or the identifier itself twice."""
    return table.get(identifier, (identifier, identifier))


def in_order(table: dict[str, Pair], found: set[str]) -> list[str]:
    """The identifiers found, in the table's order, then the unlisted ones by name."""
    return [key for key in table if key in found] + sorted(found - set(table))

"""Why a batch or a record is rejected: one code a reason, each with the sentence that explains it.

The codes are renkei-open/1's own; the agency's are not public.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from sim.law.changes import SYSTEM_FIRST_DAY


class Code(StrEnum):
    """Reasons, first those that concern a whole batch, then those that concern one record."""

    EMPTY = "EMPTY"
    NOT_UTF8 = "NOT_UTF8"
    NOT_CSV = "NOT_CSV"
    TRUNCATED = "TRUNCATED"
    BAD_HEADER = "BAD_HEADER"
    BAD_TRAILER = "BAD_TRAILER"
    UNKNOWN_PROFILE = "UNKNOWN_PROFILE"
    UNKNOWN_BUSINESS = "UNKNOWN_BUSINESS"
    WRONG_DIRECTION = "WRONG_DIRECTION"
    WRONG_RECIPIENT = "WRONG_RECIPIENT"
    WRONG_SENDER = "WRONG_SENDER"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    SEQUENCE_GAP = "SEQUENCE_GAP"
    SEQUENCE_REUSED = "SEQUENCE_REUSED"
    SEQUENCE_STALE = "SEQUENCE_STALE"
    NOT_OPENED = "NOT_OPENED"
    SEALED = "SEALED"
    INFECTED = "INFECTED"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    TOO_MANY_RECORDS = "TOO_MANY_RECORDS"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    BYTE_ORDER_MARK = "BYTE_ORDER_MARK"
    NUL = "NUL"
    LONE_SURROGATE = "LONE_SURROGATE"
    NOT_XML = "NOT_XML"
    XML_DTD = "XML_DTD"
    XML_ENTITY = "XML_ENTITY"
    XML_EXPANSION = "XML_EXPANSION"
    XML_DEPTH = "XML_DEPTH"
    XML_ATTRIBUTE = "XML_ATTRIBUTE"
    XML_TOO_LONG = "XML_TOO_LONG"
    XML_INSTRUCTION = "XML_INSTRUCTION"
    XML_ELEMENT = "XML_ELEMENT"

    UNKNOWN_KIND = "UNKNOWN_KIND"
    COLUMN_COUNT = "COLUMN_COUNT"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_EXTRA = "COLUMN_EXTRA"
    COLUMN_ORDER = "COLUMN_ORDER"
    LINE_ENDING = "LINE_ENDING"
    LINE_BREAK = "LINE_BREAK"
    FULL_WIDTH = "FULL_WIDTH"
    PRIVATE_CHARACTER = "PRIVATE_CHARACTER"
    BAD_GAIJI = "BAD_GAIJI"
    MISSING_ITEM = "MISSING_ITEM"
    BAD_FORM = "BAD_FORM"
    TOO_LONG = "TOO_LONG"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    CONTRADICTION = "CONTRADICTION"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"
    WRONG_BUSINESS = "WRONG_BUSINESS"
    DATE_BEFORE_SYSTEM = "DATE_BEFORE_SYSTEM"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    UNKNOWN_ANSWER = "UNKNOWN_ANSWER"
    NO_SUCH_RESIDENT = "NO_SUCH_RESIDENT"


EXPLAINED: Final[dict[Code, tuple[str, str]]] = {
    Code.EMPTY: ("ファイルが空です", "the file is empty"),
    Code.NOT_UTF8: ("UTF-8として読めません", "not readable as UTF-8"),
    Code.NOT_CSV: ("CSVとして読めません", "not readable as CSV"),
    Code.TRUNCATED: ("トレーラーレコードがなく、途中で切れています", "cut off: there is no trailer record"),
    Code.BAD_HEADER: ("ヘッダーレコードの形が違います", "the header record has the wrong form"),
    Code.BAD_TRAILER: ("トレーラーレコードの形が違います", "the trailer record has the wrong form"),
    Code.UNKNOWN_PROFILE: (
        "この仕様の版は受け付けていません",
        "this version of the profile is not served here",
    ),
    Code.UNKNOWN_BUSINESS: ("業務コードが未定義です", "unknown business"),
    Code.WRONG_DIRECTION: ("送受信の方向が違います", "the batch runs in the wrong direction"),
    Code.WRONG_RECIPIENT: ("宛先が違います", "the batch is for somebody else"),
    Code.WRONG_SENDER: (
        "送信元が方向、署名者又は回線と一致しません",
        "the sender does not fit the direction, the signer or the line",
    ),
    Code.COUNT_MISMATCH: ("件数が一致しません", "the number of records differs from the count"),
    Code.DIGEST_MISMATCH: ("ダイジェストが一致しません", "the digest differs: the content was altered"),
    Code.SEQUENCE_GAP: ("一連番号が飛んでいます", "a sequence number was skipped"),
    Code.SEQUENCE_REUSED: ("一連番号が別の内容で再使用されました", "a sequence number was used again"),
    Code.SEQUENCE_STALE: (
        "古すぎる一連番号です。受信済みの内容と照合できません",
        "the sequence number is too old to be compared with what was taken in",
    ),
    Code.NOT_OPENED: ("封筒を開けません", "the envelope cannot be opened"),
    Code.INFECTED: ("不正プログラムの疑いがあり、隔離しました", "the scanner found malicious content"),
    Code.SEALED: ("封筒のままです。先に開いてください", "the file is still sealed: open it first"),
    Code.FILE_TOO_LARGE: ("ファイルが大きすぎます", "the file is too large"),
    Code.TOO_MANY_RECORDS: ("レコードが多すぎます", "there are too many records in one batch"),
    Code.LINE_TOO_LONG: ("行が長すぎます", "the line is too long"),
    Code.BYTE_ORDER_MARK: (
        "先頭にバイト順マーク(BOM)があります",
        "the file begins with a byte-order mark",
    ),
    Code.NUL: ("NUL文字があります", "there is a NUL character"),
    Code.LONE_SURROGATE: ("対になっていないサロゲートがあります", "there is a lone surrogate"),
    Code.NOT_XML: ("XMLとして読めません", "not readable as XML"),
    Code.XML_DTD: ("文書型宣言(DTD)は使えません", "a document type declaration is not allowed"),
    Code.XML_ENTITY: ("実体の宣言と参照は使えません", "entities are not allowed"),
    Code.XML_EXPANSION: (
        "実体が実体を参照し、展開が際限なく膨らみます",
        "entities refer to entities: the expansion would not end",
    ),
    Code.XML_DEPTH: ("要素の入れ子が深すぎます", "the elements are nested too deep"),
    Code.XML_ATTRIBUTE: ("属性は使えません", "attributes are not allowed"),
    Code.XML_TOO_LONG: (
        "タグ又は文字列が長すぎます",
        "a tag or a text is longer than any item can be",
    ),
    Code.XML_INSTRUCTION: (
        "処理命令、コメント及びCDATAは使えません",
        "processing instructions, comments and CDATA are not allowed",
    ),
    Code.XML_ELEMENT: ("ここに置けない要素又は文字列です", "an element or a text that may not stand here"),
    Code.UNKNOWN_KIND: ("レコード種別が未定義です", "unknown kind of record"),
    Code.COLUMN_COUNT: ("項目数が違います", "wrong number of columns"),
    Code.COLUMN_MISSING: ("項目が足りません", "a column is missing"),
    Code.COLUMN_EXTRA: ("余分な項目があります", "there is a column too many"),
    Code.COLUMN_ORDER: ("項目の順序が違います", "the columns stand in another order"),
    Code.LINE_ENDING: ("行末がCRLFではありません", "the line does not end with CRLF"),
    Code.LINE_BREAK: ("項目の中に改行があります", "there is a line break within the item"),
    Code.FULL_WIDTH: (
        "半角で書くべき英数字が全角です",
        "full-width letters or digits where plain ones belong",
    ),
    Code.PRIVATE_CHARACTER: (
        "私用領域の文字(外字)がそのまま入っています",
        "a character of the private area, which means something else elsewhere",
    ),
    Code.BAD_GAIJI: (
        "外字の印の形が違います",
        "the mark of a character without code point has the wrong form",
    ),
    Code.MISSING_ITEM: ("必須項目がありません", "a mandatory item is missing"),
    Code.BAD_FORM: ("項目の形式が違います", "the item has the wrong form"),
    Code.TOO_LONG: ("項目が長すぎます", "the item is too long"),
    Code.UNKNOWN_VALUE: ("項目の値が未定義です", "the item has an unknown value"),
    Code.CONTRADICTION: (
        "項目の値が他の項目と矛盾しています",
        "the item contradicts another item of the record",
    ),
    Code.DUPLICATE_RECORD: ("同じレコード番号が既にあります", "a record with this number came before"),
    Code.WRONG_BUSINESS: ("この業務のレコード種別ではありません", "the kind does not belong to the business"),
    Code.DATE_BEFORE_SYSTEM: (
        f"制度開始日({SYSTEM_FIRST_DAY})より前の日付です",
        f"before the system's first day, {SYSTEM_FIRST_DAY}",
    ),
    Code.DATE_IN_FUTURE: ("未来の日付です", "the date lies in the future"),
    Code.UNKNOWN_ANSWER: ("送っていないレコードへの結果です", "a result for a record that was never sent"),
    Code.NO_SUCH_RESIDENT: ("該当する住民票がありません", "no resident record matches"),
}


# What was received may be told to anybody only where it cannot be a person's: numbers, dates, codes.
TELLABLE: Final = frozenset(
    {
        Code.EMPTY,
        Code.NOT_UTF8,
        Code.TRUNCATED,
        Code.COUNT_MISMATCH,
        Code.DIGEST_MISMATCH,
        Code.SEQUENCE_GAP,
        Code.SEQUENCE_REUSED,
        Code.SEQUENCE_STALE,
        Code.NOT_OPENED,
        Code.SEALED,
        Code.FILE_TOO_LARGE,
        Code.TOO_MANY_RECORDS,
        Code.LINE_TOO_LONG,
        Code.BYTE_ORDER_MARK,
        Code.NUL,
        Code.LONE_SURROGATE,
        Code.XML_DEPTH,
        Code.COLUMN_COUNT,
        Code.COLUMN_MISSING,
        Code.COLUMN_EXTRA,
        Code.CONTRADICTION,
        Code.WRONG_BUSINESS,
        Code.DATE_BEFORE_SYSTEM,
        Code.DATE_IN_FUTURE,
    }
)


class Finding(msgspec.Struct, frozen=True):
    """One fault, exactly placed. `line` counts from 1; `column` is the item's name or empty.

    In XML, a record stands on the line on which it ends. `position` is the first wrong character (a Unicode
    code point) of the item, from 1; 0 where no single one is wrong. `byte` is the first wrong byte of the
    file, from 1, where its bytes are wrong, else 0.

    `received` is the file's own text and may be personal: it is for whoever holds the file. Journals,
    results and reports take `as_data` and `told`, which leave it out unless it cannot be.
    """

    code: Code
    line: int
    column: str
    expected: str
    received: str
    position: int = 0
    byte: int = 0

    @property
    def told(self) -> str:
        """What was received, as far as anybody may be told."""
        return self.received if self.code in TELLABLE else ""

    def as_data(self) -> dict[str, str | int]:
        """The fault as a journal keeps it: a report puts it into words."""
        return {
            "code": self.code,
            "line": self.line,
            "field": self.column,
            "expected": self.expected,
            "received": self.told,
        }

    def explain(self, english: bool = False) -> str:
        """The fault as one sentence with its place, for whoever holds the file."""
        return self._sentence(self.received, english)

    def reason(self) -> str:
        """The fault as one sentence for the other side: none of the file's own text, at most 200 letters."""
        return self._sentence(self.told, english=True)[:200]

    def _sentence(self, received: str, english: bool) -> str:
        place = f"{self.line}:{self.column}" if self.column else str(self.line)
        labels = ("expected ", "received ") if english else ("期待 ", "受信 ")
        told = [label + text for label, text in zip(labels, (self.expected, received), strict=True) if text]
        ending = f" ({', '.join(told)})" if english else f"({'、'.join(told)})"
        return f"{place} {self.code}: {EXPLAINED[self.code][english]}{ending}"

"""Commands and answers of ISO/IEC 7816-4, short and extended, and what the status words mean.

The shapes of a command (ISO/IEC 7816-4 §5.1): header only; with Le; with data; with data and Le; the last
three short (lengths of one byte) or extended (a byte 00, then lengths of two bytes).
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, NamedTuple, Self

from virtual_card.errors import CardUsageError

SHORT_MAX: Final = 256
EXTENDED_MAX: Final = 65536
_FIVE: Final = Struct("5B").unpack_from


class Command(NamedTuple):
    """A command. `ne`: how many bytes of answer the sender takes at most, None when it said nothing."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int | None = None
    extended: bool = False

    @classmethod
    def parse(cls, raw: bytes) -> Self | None:
        """The command in these bytes; None when their lengths do not fit together."""
        size = len(raw)
        if size < 5:
            return cls(raw[0], raw[1], raw[2], raw[3]) if size == 4 else None
        cla, ins, p1, p2, third = _FIVE(raw)
        data, ne, extended = b"", None, third == 0 and size > 5
        if size == 5:
            ne = third or SHORT_MAX
        elif third:
            data = raw[5 : 5 + third]
            if size == 6 + third:
                ne = raw[-1] or SHORT_MAX
            elif size != 5 + third:
                return None
        elif size < 7:
            return None
        else:
            length = raw[5] << 8 | raw[6]
            if size == 7:
                ne = length or EXTENDED_MAX
            elif length:
                data = raw[7 : 7 + length]
                if size == 9 + length:
                    ne = (raw[-2] << 8 | raw[-1]) or EXTENDED_MAX
                elif size != 7 + length:
                    return None
            else:
                return None
        return tuple.__new__(cls, (cla, ins, p1, p2, data, ne, extended))  # half the time of cls(...)

    def encode(self) -> bytes:
        """The bytes to send; extended when asked for or when a length demands it.

        Raises:
            CardUsageError: the data or `ne` are longer than the standard can say.
        """
        data, ne = self.data, self.ne
        if len(data) > 0xFFFF or (ne is not None and not 1 <= ne <= EXTENDED_MAX):
            raise CardUsageError(
                "no command can say these lengths",
                expected="at most 65,535 bytes of data and 1 to 65,536 of answer",
                received=f"{len(data)} and {ne}",
            )
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        if not data and ne is None:
            return head
        if self.extended or len(data) > 0xFF or (ne or 0) > SHORT_MAX:
            tail = b"" if ne is None else (ne & 0xFFFF).to_bytes(2)
            return head + b"\0" + (len(data).to_bytes(2) + data if data else b"") + tail
        tail = b"" if ne is None else bytes([ne & 0xFF])
        return head + (bytes([len(data)]) + data if data else b"") + tail

    def template(self) -> Callable[[bytes], bytes]:
        """P1 and P2 to the bytes to send: for a command that is said at many places.

        Raises:
            CardUsageError: as `encode`.
        """
        raw = self.encode()
        before, behind = raw[:2], raw[4:]
        return lambda place: before + place + behind


class Response(NamedTuple):
    """An answer: data and status word."""

    data: bytes
    sw: int

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The answer in these bytes.

        Raises:
            CardUsageError: fewer than two bytes, so there is no status word.
        """
        if len(raw) < 2:
            raise CardUsageError(
                "an answer without a status word", expected="at least 2 bytes", received=raw.hex().upper()
            )
        return tuple.__new__(cls, (raw[:-2], raw[-2] << 8 | raw[-1]))  # half the time of cls(...)

    def encode(self) -> bytes:
        """The bytes to send."""
        return self.data + self.sw.to_bytes(2)

    @property
    def ok(self) -> bool:
        """Whether the status word is 9000."""
        return self.sw == OK


# --- status words (ISO/IEC 7816-4 §5.1.3); which of them our chip gives when stands in chip/behaviour.py ---
OK: Final = 0x9000
END_OF_FILE: Final = 0x6282
AUTHENTICATION_FAILED: Final = 0x6300
WRONG_LENGTH: Final = 0x6700
CHANNEL_NOT_SUPPORTED: Final = 0x6881
SM_NOT_SUPPORTED: Final = 0x6882
CHAINING_NOT_SUPPORTED: Final = 0x6884
SECURITY_NOT_SATISFIED: Final = 0x6982
CONDITIONS_NOT_SATISFIED: Final = 0x6985
NO_CURRENT_EF: Final = 0x6986
SM_OBJECTS_MISSING: Final = 0x6987
SM_OBJECTS_INCORRECT: Final = 0x6988
WRONG_DATA: Final = 0x6A80
FUNCTION_NOT_SUPPORTED: Final = 0x6A81
FILE_NOT_FOUND: Final = 0x6A82
NOT_ENOUGH_SPACE: Final = 0x6A84
WRONG_P1_P2: Final = 0x6A86
WRONG_OFFSET: Final = 0x6B00
CORRECT_LE: Final = 0x6C00
INS_NOT_SUPPORTED: Final = 0x6D00
CLA_NOT_SUPPORTED: Final = 0x6E00
NO_DIAGNOSIS: Final = 0x6F00

MEANINGS: Final[dict[int, tuple[str, str]]] = {
    OK: ("正常終了", "done"),
    END_OF_FILE: ("読み出す前にファイルの終わりに達した", "end of file before so many bytes were read"),
    AUTHENTICATION_FAILED: ("認証に失敗した", "authentication failed"),
    WRONG_LENGTH: ("長さが正しくない", "wrong length"),
    CHANNEL_NOT_SUPPORTED: ("論理チャネルは使えない", "logical channels are not supported"),
    SM_NOT_SUPPORTED: ("セキュアメッセージングは使えない", "secure messaging is not supported here"),
    CHAINING_NOT_SUPPORTED: ("コマンドの連鎖は使えない", "command chaining is not supported"),
    SECURITY_NOT_SATISFIED: ("セキュリティ条件を満たしていない", "security status not satisfied"),
    CONDITIONS_NOT_SATISFIED: ("使用条件を満たしていない", "conditions of use not satisfied"),
    NO_CURRENT_EF: ("カレントEFがない", "no current file"),
    SM_OBJECTS_MISSING: ("SMデータオブジェクトがない", "secure messaging objects are missing"),
    SM_OBJECTS_INCORRECT: ("SMデータオブジェクトが正しくない", "secure messaging objects are incorrect"),
    WRONG_DATA: ("データが正しくない", "wrong data"),
    FUNCTION_NOT_SUPPORTED: ("機能がない", "function not supported"),
    FILE_NOT_FOUND: ("ファイルがない", "file or application not found"),
    NOT_ENOUGH_SPACE: ("ファイルに収まらない", "does not fit the file"),
    WRONG_P1_P2: ("P1・P2が正しくない", "wrong P1 or P2"),
    WRONG_OFFSET: ("オフセットがファイルの外にある", "offset outside the file"),
    INS_NOT_SUPPORTED: ("命令がない", "instruction not supported"),
    CLA_NOT_SUPPORTED: ("クラスがない", "class not supported"),
    NO_DIAGNOSIS: ("原因不明", "no precise diagnosis"),
}


def meaning(sw: int, language: str = "en") -> str:
    """What a status word says, in `ja` or `en`."""
    if sw >> 8 == CORRECT_LE >> 8:
        exact = (sw & 0xFF) or SHORT_MAX
        return f"Leは{exact}が正しい" if language == "ja" else f"the right Le is {exact}"
    known = MEANINGS.get(sw)
    if known is None:
        return "不明なステータスワード" if language == "ja" else "unknown status word"
    return known[0] if language == "ja" else known[1]

"""One damaged file for each code that a file alone can earn: minimal, and otherwise good.

The document shows these, the tests of `check` walk through them, and a code without one is a code that nobody
can get, unless `ELSEWHERE` says who earns it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from sim.exchange.birth import PartialDate
from sim.exchange.codes import Code
from tests.exchange.samples import (
    encoded,
    encoded_xml,
    notice,
    resealed_xml,
    result,
    row,
    transmission,
    with_rows,
)

_GOOD: Final = encoded(notice())
_XML: Final = encoded_xml(notice()).decode()
_ROOT: Final = '<batch xmlns="urn:renkei:open:1">'


def _in_xml(old: str, new: str) -> bytes:
    """The XML batch with a change before its trailer, and a digest that is right again."""
    assert old in _XML
    return resealed_xml(_XML[: _XML.index("<trailer>")].replace(old, new, 1))


DAMAGED: Final[dict[Code, Callable[[], bytes]]] = {
    Code.EMPTY: lambda: b"",
    Code.NOT_UTF8: lambda: _GOOD.decode().encode("cp932"),
    Code.NOT_CSV: lambda: with_rows(row(name='"A"B')),
    Code.TRUNCATED: lambda: _GOOD[: _GOOD.index(b"\r\nT,") + 2],
    Code.BAD_HEADER: lambda: _GOOD.replace(b",up,1,", b",up,one,"),
    Code.BAD_TRAILER: lambda: _GOOD[:-4] + b"\r\n",
    Code.UNKNOWN_PROFILE: lambda: _GOOD.replace(b"renkei-open/1", b"renkei-open/9"),
    Code.UNKNOWN_BUSINESS: lambda: _GOOD.replace(b",ISA,01,", b",ISA,77,"),
    Code.WRONG_DIRECTION: lambda: _GOOD.replace(b",up,", b",sideways,"),
    Code.WRONG_RECIPIENT: lambda: encoded(notice(), recipient="131130"),
    Code.WRONG_SENDER: lambda: encoded(notice(), sender="ISA"),
    Code.COUNT_MISMATCH: lambda: _GOOD.replace(b"\r\nT,1,", b"\r\nT,2,"),
    Code.DIGEST_MISMATCH: lambda: _GOOD.replace(b"VAN AN", b"VAN ON"),
    Code.SEALED: lambda: bytes.fromhex("308203e8") + bytes(1000),
    Code.LINE_TOO_LONG: lambda: with_rows(row(name="A" * 20_000)),
    Code.BYTE_ORDER_MARK: lambda: b"\xef\xbb\xbf" + _GOOD,
    Code.NUL: lambda: _GOOD.replace(b"VAN AN", b"VAN\x00AN"),
    Code.LONE_SURROGATE: lambda: _GOOD.replace(b"VAN AN", b"VAN\xed\xa0\x80AN"),
    Code.NOT_XML: lambda: _in_xml("</name>", "</nome>"),
    Code.XML_DTD: lambda: _in_xml(_ROOT, f"<!DOCTYPE batch>\n{_ROOT}"),
    Code.XML_ENTITY: lambda: _in_xml("VAN AN", "&secret;"),
    Code.XML_EXPANSION: lambda: _in_xml(
        _ROOT,
        '<!DOCTYPE batch [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>' + _ROOT,
    ),
    Code.XML_DEPTH: lambda: _in_xml("VAN AN", "<b>" * 200 + "</b>" * 200),
    Code.XML_ATTRIBUTE: lambda: _in_xml("<name>", '<name lang="vi">'),
    Code.XML_TOO_LONG: lambda: _in_xml("<name>", f'<name lang="{"v" * 1_000_000}">'),
    Code.XML_INSTRUCTION: lambda: _in_xml("VAN AN", "VAN <?xml-stylesheet href='http://127.0.0.1:9/'?>AN"),
    Code.XML_ELEMENT: lambda: _in_xml(
        "<municipality_notice>",
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude"/><municipality_notice>',
    ),
    Code.UNKNOWN_KIND: lambda: with_rows(row().replace("D,MN", "D,ZZ")),
    Code.COLUMN_COUNT: lambda: with_rows("X"),
    Code.COLUMN_MISSING: lambda: with_rows(row().rsplit(",", 1)[0]),
    Code.COLUMN_EXTRA: lambda: with_rows(row() + ",more"),
    Code.COLUMN_ORDER: lambda: with_rows(row(sex="VNM", nationality="M")),
    Code.LINE_ENDING: lambda: _GOOD.replace(b"\r\n", b"\n"),
    Code.LINE_BREAK: lambda: with_rows(row(card_number='"AB12345678CD\n"')),
    Code.FULL_WIDTH: lambda: with_rows(row(event_date="２０１９-04-01")),
    Code.PRIVATE_CHARACTER: lambda: with_rows(row(name_kanji="黃\ue000")),
    Code.BAD_GAIJI: lambda: with_rows(row(name_kanji="黃{gaiji}")),
    Code.MISSING_ITEM: lambda: with_rows(row(birth_date="")),
    Code.BAD_FORM: lambda: with_rows(row(card_number="AB1234567CD")),
    Code.TOO_LONG: lambda: with_rows(row(name="A" * 161)),
    Code.UNKNOWN_VALUE: lambda: with_rows(row(action="vanished")),
    Code.CONTRADICTION: lambda: with_rows(row(reason="moving_out")),
    Code.DUPLICATE_RECORD: lambda: with_rows(row(record_id="131041-00000001")),
    Code.WRONG_BUSINESS: lambda: encoded(transmission()),
    Code.DATE_BEFORE_SYSTEM: lambda: encoded(notice(event_date=date(2012, 7, 8))),
    Code.DATE_IN_FUTURE: lambda: encoded(notice(event_date=date(2019, 4, 3))),
}

ELSEWHERE: Final[dict[Code, str]] = {
    Code.SEQUENCE_GAP: "only who receives knows the number that is due: tests/exchange/test_sequence.py",
    Code.SEQUENCE_REUSED: "as SEQUENCE_GAP",
    Code.SEQUENCE_STALE: "as SEQUENCE_GAP",
    Code.NOT_OPENED: "the envelope's: tests/exchange/test_envelope.py",
    Code.INFECTED: "a scanner's: tests/nodes/terminal/test_quarantine.py",
    Code.FILE_TOO_LARGE: "a gigabyte is not made for every run: test_check.py lowers the limit",
    Code.TOO_MANY_RECORDS: "as FILE_TOO_LARGE",
    Code.UNKNOWN_ANSWER: "only who sent knows what was sent: tests/nodes",
    Code.NO_SUCH_RESIDENT: "only the register knows: tests/nodes",
}

# Not one of them, but near: they must stay good.
GOOD: Final[dict[str, Callable[[], bytes]]] = {
    "a notice": lambda: _GOOD,
    "a notice as XML": _XML.encode,
    "an empty batch": encoded,
    "a planned moving-out": lambda: encoded(
        notice(action="removed", reason="moving_out", event_date=date(2019, 4, 30))
    ),
    "an old birth and a far expiry": lambda: encoded(
        notice(birth_date=date(1899, 1, 1), period_until=date(2031, 1, 1))
    ),
    "a long Latin name": lambda: encoded(notice(name=("PHRA NAKHON SI AYUTTHAYA " * 7)[:160])),
    "a day of birth that nobody knows": lambda: encoded(notice(birth_date=PartialDate(1961, 5))),
    "a month of birth that nobody knows, as XML": lambda: encoded_xml(notice(birth_date=PartialDate(1961))),
    "an alias and a marked character": lambda: encoded(
        notice(name_kanji="黃{gaiji:mj:MJ012345}", alias="大久保 安")
    ),
    "results of any business": lambda: encoded(result(), business="02"),
}

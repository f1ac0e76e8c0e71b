"""Reads batches in XML piece by piece: by lxml, without entities, network and huge documents.

It goes record by record; each element is dropped once it is read. What may not reach a parser is refused on
its bytes (`xml_markup`), and lines in canonical form go the way of whole columns (`xml_columns`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from msgspec import structs

from sim.exchange.codes import Code, Finding
from sim.exchange.columns import WORTH_A_TABLE
from sim.exchange.csv_codec import BOM, MARKED, UTF_16
from sim.exchange.heading import DIGEST, HEADER_ITEMS, SHOWN, number, read_header
from sim.exchange.model import ROWS_AT_ONCE, Block, Header, Part, Row
from sim.exchange.profile import Layout, Profile
from sim.exchange.rows import not_utf8, read_cells
from sim.exchange.xml_columns import canonical
from sim.exchange.xml_markup import MARKUP, hostile

TRAILER: Final = b"<trailer>"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_DEEPEST: Final = 3
_BLANK: Final = " \t\r\n"
_HEX = re.compile(DIGEST)
_PARSER_LINES = re.compile(r",? line [0-9]+(, column [0-9]+)?( \(.*\))?")


class XmlReader:
    """Takes a file in pieces of any size and hands out its parts; never raises on any bytes.

    `worth_a_table`: from how many bytes on canonical lines become a table; 0 for never.
    """

    def __init__(self, profile: Profile, worth_a_table: int = WORTH_A_TABLE) -> None:
        from lxml import etree

        self._syntax_error = etree.XMLSyntaxError
        self._parser = etree.XMLPullParser(
            events=("end",),
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            recover=False,
        )
        self._profile = profile
        self._worth_a_table = worth_a_table
        # Bytes of one record, and of what lies between two: all of it is held until it ends.
        self._longest = 4 * profile.limits.line_bytes
        self._prefix = f"{{{profile.namespace}}}"
        self._tags = {
            kind: [self._prefix + item for item in layout.items] for kind, layout in profile.layouts.items()
        }
        self._hash = hashlib.sha256()
        # With the byte-order mark, where there is one: whoever wrote it may have hashed it or not.
        self._marked: hashlib._Hash | None = None
        self._begun = False
        self._pending = b""
        self._line = 1
        self._read = 0
        self._between = False
        self._quiet = 0
        self._rows = 0
        self._row_line = self._nth = 0
        self._root: Any = None
        self._header: Header | None = None
        self._headed = False
        self._trailer: tuple[int, str] | None = None
        self._trailer_seen = False
        self._closed = False
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether a fault makes reading on senseless."""
        return self._stopped

    def feed(self, piece: bytes) -> Iterator[Part]:
        """The parts that `piece` completes."""
        if self._stopped:
            return
        pending = self._pending + piece if self._pending else piece
        if self._read == 0:
            if len(pending) < len(BOM):
                self._pending = pending
                return
            if pending.startswith(_WIDE):
                yield from self._stop(UTF_16)
                return
            if pending.startswith(BOM):
                yield MARKED
                self._marked = hashlib.sha256(BOM)
                self._read = len(BOM)
                pending = pending[len(BOM) :]
        cut = pending.rfind(b"\n") + 1
        limit = self._profile.limits.line_bytes
        if len(pending) - cut > limit:
            # A document may be one line; a tag may not be longer than any item.
            cut = max(cut, pending.rfind(b">") + 1)
        rest = pending[cut:]
        self._pending = rest[: limit + 1]
        if cut:
            yield from self._run(pending[:cut])
        if len(rest) > limit and not self._halted():
            yield from self._hostile(rest) or self._stop(self._too_long())

    def close(self) -> Iterator[Part]:
        """The parts that only the end of the file completes: what is wrong with the trailer."""
        if self._stopped:
            return
        if self._pending:
            yield from self._run(self._pending)
        elif self._read == 0:
            yield Finding(Code.EMPTY, 1, "", "a batch", "no bytes")
            return
        if self._halted():
            return
        self._stopped = True
        if not self._closed:
            received = f"{self._read} bytes without it"
            yield Finding(Code.TRUNCATED, self._line, "", "</batch> at the end", received)
            return
        try:
            self._parser.close()
        except self._syntax_error as error:
            yield self._not_xml(error)
            return
        yield from self._ending()

    def _ending(self) -> list[Part]:
        if self._trailer is None:
            expected = "<trailer><count>…</count><digest>…</digest></trailer>"
            return [Finding(Code.BAD_TRAILER, self._line, "", expected, "none")]
        count, digest = self._trailer
        said = self._header.count if self._header is not None else count
        digests = [one.hexdigest() for one in (self._hash, self._marked) if one is not None]
        findings: list[Part] = []
        if count != self._rows or said != count:
            received = f"header {said}, trailer {count}, rows {self._rows}"
            findings.append(Finding(Code.COUNT_MISMATCH, self._line, "", "three equal counts", received))
        if digest not in digests:
            findings.append(Finding(Code.DIGEST_MISMATCH, self._line, "digest", digests[0], digest))
        return findings

    # --- pieces --------------------------------------------------------------------------------------
    def _run(self, content: bytes) -> Iterator[Part]:
        """Whole lines, or a piece that ends with a tag."""
        rows: list[Row] = []
        start = 0
        while start < len(content) and not self._halted():
            if self._headed and self._between and self._trailer is None:
                end = content.find(TRAILER, start)
                end = len(content) if end < 0 else content.rfind(b"\n", 0, end) + 1
                if found := canonical(content[start:end], self._line, self._profile, self._worth_a_table):
                    block, count = found
                    yield from _blocks(rows, 1)
                    yield block
                    self._taken(content[start:end])
                    self._line += count
                    self._rows += count
                    start = end
                    continue
                stop = end if end > start else len(content)
            else:
                stop = len(content)
            headed = self._headed
            while start < stop and not self._halted() and self._headed == headed:
                following = content.find(b"\n", start, stop) + 1 or stop
                if following - start > self._longest:
                    # What the parser holds at once is bounded, however long the line is.
                    following = content.rfind(b">", start, start + self._longest) + 1 or following
                raw = content[start:following]
                start = following
                parts = self._line_of(raw, content, start, rows)
                yield from _blocks(rows, 1 if parts else ROWS_AT_ONCE)
                yield from parts
        yield from _blocks(rows, 1)

    def _line_of(self, raw: bytes, content: bytes, end: int, rows: list[Row]) -> list[Part]:
        """One line through lxml; what follows it in `content` tells what a document type holds."""
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            return self._stop(not_utf8(raw, error, self._read, self._line))
        if found := self._hostile(raw, content[end : end + MARKUP] if b"<!" in raw else b""):
            return found
        self._begun = True
        limit = self._profile.limits.line_bytes
        if len(raw) > limit and max(map(len, raw.split(b">"))) > limit:
            return self._stop(self._too_long())
        self._quiet += len(raw)
        fault: Finding | None = None
        try:
            self._parser.feed(raw)
        except self._syntax_error as error:
            fault = self._unparsed(error)
        parts = self._events(raw, rows)
        self._taken(raw)
        self._line += raw.count(b"\n")
        if fault is not None and not self._stopped:
            parts += self._stop(fault)
        if self._quiet > self._longest and not self._stopped:
            parts += self._stop(self._too_long())
        return parts

    def _taken(self, raw: bytes) -> None:
        """Counts bytes, and hashes those before the trailer."""
        self._read += len(raw)
        if self._trailer_seen:
            return
        at = raw.find(TRAILER)
        self._trailer_seen = at >= 0
        self._hash.update(raw if at < 0 else raw[:at])
        if self._marked is not None:
            self._marked.update(raw if at < 0 else raw[:at])

    def _hostile(self, raw: bytes, following: bytes = b"") -> list[Part]:
        found = hostile(raw, following, self._line, self._read, first=not self._begun)
        return [] if found is None else self._stop(found)

    def _stop(self, finding: Finding) -> list[Part]:
        self._stopped = True
        return [finding]

    def _halted(self) -> bool:
        return self._stopped

    def _too_long(self) -> Finding:
        limit = self._profile.limits.line_bytes
        return Finding(Code.XML_TOO_LONG, self._line, "", f"at most {limit} bytes", "more")

    def _unparsed(self, error: Exception) -> Finding:
        """Why lxml gave up: too deep, or not well-formed."""
        if "depth" not in str(error):
            return self._not_xml(error)
        return Finding(
            Code.XML_DEPTH, self._line, "", f"at most {_DEEPEST} deep", "deeper than any parser goes"
        )

    def _not_xml(self, error: Exception) -> Finding:
        # The parser counts only the lines that it was given; ours is the finding's.
        received = _PARSER_LINES.sub("", str(error))
        return Finding(Code.NOT_XML, self._line, "", "well-formed XML", received[: 2 * SHOWN])

    # --- elements ------------------------------------------------------------------------------------
    def _events(self, raw: bytes, rows: list[Row]) -> list[Part]:
        """What the parser has completed. Every element ends once; those right below the root are records."""
        parts: list[Part] = []
        self._between = False
        for _, found in self._parser.read_events():
            parent = found.getparent()
            if self._root is None:
                root = found if parent is None else found.getroottree().getroot()
                if fault := self._fault_of_root(root):
                    return [*parts, *self._stop(fault)]
                self._root = root
            if parent is None:
                self._closed = True
                if fault := self._stray_text(found[-1].tail if len(found) else found.text):
                    return [*parts, *self._stop(fault)]
            elif parent is self._root:
                self._quiet = 0
                fault = self._fault_of_record(found)
                parts += self._ended(found, rows) if fault is None else self._stop(fault)
                if self._stopped:
                    return parts
                self._between = raw.endswith(b"</%s>\n" % self._local(found).encode())
        return parts

    def _local(self, found: Any) -> str:
        return str(found.tag).removeprefix(self._prefix)

    def _fault_of_root(self, root: Any) -> Finding | None:
        if root.tag != f"{self._prefix}batch":
            expected = f'<batch xmlns="{self._profile.namespace}">'
            return Finding(Code.XML_ELEMENT, self._line, "", expected, str(root.tag)[:SHOWN])
        return self._attribute(root)

    def _fault_of_record(self, found: Any) -> Finding | None:
        """What may not be in a header, record or trailer: attributes, or elements within its items."""
        if not str(found.tag).startswith(self._prefix):
            expected = f"elements of {self._profile.namespace}"
            return Finding(Code.XML_ELEMENT, self._line, "", expected, str(found.tag)[:SHOWN])
        for child in found:
            if len(child):
                expected = f"at most {_DEEPEST} deep"
                return Finding(Code.XML_DEPTH, self._line, "", expected, f"{_DEEPEST + 1} deep or more")
            if fault := self._attribute(child):
                return fault
        return self._attribute(found)

    def _attribute(self, found: Any) -> Finding | None:
        names = found.keys()
        if not names:
            return None
        name = str(names[0])[:SHOWN]
        return Finding(Code.XML_ATTRIBUTE, self._line, "", "elements without attributes", name)

    def _stray_text(self, text: str | None) -> Finding | None:
        if text is None or not text.strip(_BLANK):
            return None
        expected = "nothing between the elements"
        return Finding(Code.XML_ELEMENT, self._line, "", expected, text.strip()[:SHOWN])

    def _ended(self, found: Any, rows: list[Row]) -> list[Part]:
        """The header, a record or the trailer is complete; what came before it is dropped."""
        root = self._root
        before = root.text if found.getprevious() is None else found.getprevious().tail
        if fault := self._stray_text(before):
            return self._stop(fault)
        if found.getprevious() is not None:
            root.remove(found.getprevious())
        name = self._local(found)
        parts: list[Part] = []
        if not self._headed:
            parts += self._head(found, name)
        elif self._trailer is not None or name == "header":
            expected = "nothing after the trailer" if self._trailer is not None else "one header"
            parts += self._stop(Finding(Code.XML_ELEMENT, self._line, "", expected, name[:SHOWN]))
        elif name == "trailer":
            parts += self._trail(found)
        else:
            rows.append(self._placed(self._row(found, name)))
            self._rows += 1
        found.clear(keep_tail=True)  # what stays until its successor comes is the empty shell
        return parts

    def _head(self, found: Any, name: str) -> list[Part]:
        self._headed = True
        texts = [child.text or "" for child in found]
        names = [str(child.tag) for child in found]
        read: Header | tuple[Finding, ...]
        if name != "header" or names != [self._prefix + item for item in HEADER_ITEMS]:
            expected = "<header> with " + ", ".join(HEADER_ITEMS)
            received = ", ".join([name, *(text.removeprefix(self._prefix) for text in names)])
            read = (Finding(Code.BAD_HEADER, self._line, "", expected, received[:SHOWN]),)
        else:
            read = read_header(texts, self._profile, self._line)
        if isinstance(read, Header):
            self._header = read
            return [read]
        if name != "header" or read[0].code == Code.UNKNOWN_PROFILE:
            self._stopped = True
        return [*read]

    def _trail(self, found: Any) -> list[Part]:
        given = [(str(child.tag).removeprefix(self._prefix), child.text or "") for child in found]
        count = number(given[0][1]) if [name for name, _ in given] == ["count", "digest"] else None
        if count is None or _HEX.fullmatch(given[1][1]) is None or not self._trailer_in_bytes(found):
            expected = "<trailer><count>…</count><digest>64 small hexadecimal digits</digest></trailer>"
            received = ", ".join(f"{name} {text}" for name, text in given)[:SHOWN]
            return self._stop(Finding(Code.BAD_TRAILER, self._line, "", expected, received))
        self._trailer = (count, given[1][1])
        return []

    def _trailer_in_bytes(self, found: Any) -> bool:
        """A trailer with a prefix would hide from the digest."""
        return found.prefix is None

    def _row(self, found: Any, name: str) -> Row:
        layout = self._profile.layouts.get(name)
        if layout is None:
            known = ", ".join(self._profile.layouts)
            fault = Finding(Code.UNKNOWN_KIND, self._line, "kind", known, name[:SHOWN])
            return Row(self._line, "", finding=fault)
        tags = [child.tag for child in found]
        cells = [child.text or "" for child in found]
        blank = not found.text or not found.text.strip(_BLANK)
        if tags == self._tags[name] and blank and all(not c.tail or not c.tail.strip(_BLANK) for c in found):
            return read_cells(cells, self._line, layout)
        return self._odd_row(found, layout)

    def _placed(self, row: Row) -> Row:
        """The row, and of those that end on its line which one it is."""
        self._nth = self._nth + 1 if self._row_line == self._line else 1
        self._row_line = self._line
        return row if self._nth == 1 or row.record is not None else structs.replace(row, nth=self._nth)

    def _odd_row(self, found: Any, layout: Layout) -> Row:
        """A record that leaves something out, or is not laid out as it should be."""
        given: dict[str, str] = {}
        faults: list[Finding] = []
        order: list[int] = []
        for text in (found.text, *(child.tail for child in found)):
            if stray := self._stray_text(text):
                faults.append(stray)
        for child in found:
            item = self._local(child)
            if item not in layout.items or item in given:
                once = "each item once" if item in given else f"the items of {layout.kind}"
                faults.append(Finding(Code.COLUMN_EXTRA, self._line, item[:SHOWN], once, item[:SHOWN]))
                continue
            given[item] = child.text or ""
            order.append(layout.items.index(item))
        if order != sorted(order):
            place = next(i for i, (a, b) in enumerate(pairwise(order)) if a > b)
            after, item = layout.items[order[place]], layout.items[order[place + 1]]
            expected = f"{item} before {after}"
            faults.append(Finding(Code.COLUMN_ORDER, self._line, item, expected, f"{item} after {after}"))
        for column in layout.columns:
            if column.item not in given and not column.optional:
                expected = f"<{column.item}>"
                faults.append(Finding(Code.COLUMN_MISSING, self._line, column.item, expected, "no element"))
        row = read_cells([given.get(item, "") for item in layout.items], self._line, layout)
        if not faults:
            return row
        missing = {fault.column for fault in faults if fault.code == Code.COLUMN_MISSING}
        # What is not there is told once: not as an empty item, too.
        faults += (one for one in row.findings if one.code != Code.MISSING_ITEM or one.column not in missing)
        values = row.values if row.record is None else structs.asdict(row.record)
        return structs.replace(row, record=None, finding=faults[0], more=tuple(faults[1:]), values=values)


def _blocks(rows: list[Row], least: int) -> Iterator[Block]:
    """Rows that have gathered, when there are enough of them."""
    if len(rows) >= least:
        yield Block(tuple(rows))
        rows.clear()

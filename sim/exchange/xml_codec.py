"""Batches as XML: the same model as the CSV, one element an item, read and written piece by piece.

    <?xml version="1.0" encoding="UTF-8"?>
    <batch xmlns="urn:renkei:open:1">
    <header><profile>…</profile>…</header>
    <municipality_notice><record_id>…</record_id>…</municipality_notice>
    <trailer><count>…</count><digest>…</digest></trailer>
    </batch>

The digest is SHA-256 (hex) of every byte before `<trailer>`. An optional item that is not given is an empty
element or none at all; in canonical form, which `encode` writes, it is an empty one, and every record is a
line. Nothing but elements and text is allowed: no document type, entity, attribute, comment, CDATA section or
instruction. So nothing can be included, expanded or fetched.

What comes in is read by lxml, without entities, network and huge documents, record by record; each element is
dropped once it is read. Lines that are records in canonical form, to the letter, go the way of `columns`
instead: they are cut at `>`, every piece is compared, and whatever is not exactly as we would have written it
is left to lxml.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sim.base.instant import iso
from sim.exchange.codes import Code, Finding
from sim.exchange.columns import LINE, WORTH_A_TABLE, Table, judged, text_is_plain
from sim.exchange.model import Block, Header, Part, Row
from sim.exchange.profile import Layout, Profile
from sim.exchange.records import AnyRecord, kind_of
from sim.exchange.rows import HEADER_ITEMS, SHOWN, not_utf8, number, read_cells, read_header, texts_of

if TYPE_CHECKING:
    import polars as pl

BOM: Final = b"\xef\xbb\xbf"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
TRAILER: Final = b"<trailer>"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_DEEPEST: Final = 3
_BLANK: Final = " \t\r\n"
_MARKUP: Final = 1 << 16
_DECLARED = re.compile(
    rb"""<\?xml version=["']1\.0["'](?: encoding=["']([A-Za-z0-9._-]{1,40})["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>"""
)
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NESTED_ENTITY = re.compile(rb"<!ENTITY[^>]*&[^>]*;")
_HEX = re.compile(r"[0-9a-f]{64}")
_NON_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


# --- writing -----------------------------------------------------------------------------------------
def escaped(text: str) -> str:
    """Text as it stands between tags."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def element(name: str, items: list[tuple[str, str]]) -> str:
    """One line: an element with an element for each item."""
    inner = "".join(f"<{item}>{escaped(text)}</{item}>" for item, text in items)
    return f"<{name}>{inner}</{name}>\n"


def opening(header: Header, profile: Profile) -> str:
    """Everything before the first record."""
    texts = (
        header.profile,
        header.sender,
        header.recipient,
        header.business,
        header.direction,
        str(header.sequence),
        iso(header.created_at),
        str(header.count),
    )
    items = list(zip(HEADER_ITEMS, texts, strict=True))
    return f'{DECLARATION}<batch xmlns="{profile.namespace}">\n{element("header", items)}'


def closing(count: int, digest: str) -> str:
    """Everything from the trailer on."""
    return element("trailer", [("count", str(count)), ("digest", digest)]) + "</batch>\n"


def record_line(record: AnyRecord, profile: Profile) -> str:
    """One record, every item present."""
    layout = profile.layouts[kind_of(record)]
    return element(layout.kind, list(zip(layout.items, texts_of(record, layout), strict=True)))


def encode(header: Header, records: tuple[AnyRecord, ...], profile: Profile) -> bytes:
    """The canonical bytes of a batch."""
    body = (opening(header, profile) + "".join(record_line(record, profile) for record in records)).encode()
    return body + closing(header.count, hashlib.sha256(body).hexdigest()).encode()


# --- reading -----------------------------------------------------------------------------------------
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
        self._prefix = f"{{{profile.namespace}}}"
        self._tags = {
            kind: [self._prefix + item for item in layout.items] for kind, layout in profile.layouts.items()
        }
        self._hash = hashlib.sha256()
        self._pending = b""
        self._line = 1
        self._read = 0
        self._between = False
        self._quiet = 0
        self._rows = 0
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

    def feed(self, piece: bytes) -> list[Part]:
        """The parts that `piece` completes."""
        if self._stopped:
            return []
        parts: list[Part] = []
        pending = self._pending + piece if self._pending else piece
        if self._read == 0:
            if len(pending) < len(BOM):
                self._pending = pending
                return []
            if pending.startswith(_WIDE):
                return self._stop(Finding(Code.NOT_UTF8, 1, "", "UTF-8", "UTF-16, by its first bytes", 1))
            if pending.startswith(BOM):
                parts.append(Finding(Code.BYTE_ORDER_MARK, 1, "", "UTF-8 without a mark", "EF BB BF", 1))
                self._taken(BOM)
                pending = pending[len(BOM) :]
        cut = pending.rfind(b"\n") + 1
        if len(pending) - cut > self._profile.limits.line_bytes:
            # A document may be one line; a tag may not be longer than any item.
            cut = max(cut, pending.rfind(b">") + 1)
            if len(pending) - cut > self._profile.limits.line_bytes:
                parts += self._hostile(pending[cut:]) or [self._too_long()]
                self._stopped = True
        self._pending = b"" if self._stopped else pending[cut:]
        return [*self._run(pending[:cut]), *parts] if cut else parts

    def close(self) -> list[Part]:
        """The parts that only the end of the file completes: what is wrong with the trailer."""
        if self._stopped:
            return []
        parts: list[Part] = []
        if self._pending:
            parts += self._run(self._pending)
        elif self._read == 0:
            parts.append(Finding(Code.EMPTY, 1, "", "a batch", "no bytes"))
            return parts
        if self._halted():
            return parts
        self._stopped = True
        if not self._closed:
            received = f"{self._read} bytes without it"
            parts.append(Finding(Code.TRUNCATED, self._line, "", "</batch> at the end", received))
            return parts
        try:
            self._parser.close()
        except self._syntax_error as error:
            parts.append(self._not_xml(error))
            return parts
        return [*parts, *self._ending()]

    def _ending(self) -> list[Part]:
        if self._trailer is None:
            expected = "<trailer><count>…</count><digest>…</digest></trailer>"
            return [Finding(Code.BAD_TRAILER, self._line, "", expected, "none")]
        count, digest = self._trailer
        said = self._header.count if self._header is not None else count
        findings: list[Part] = []
        if count != self._rows or said != count:
            received = f"header {said}, trailer {count}, rows {self._rows}"
            findings.append(Finding(Code.COUNT_MISMATCH, self._line, "", "three equal counts", received))
        if digest != self._hash.hexdigest():
            expected = self._hash.hexdigest()
            findings.append(Finding(Code.DIGEST_MISMATCH, self._line, "digest", expected, digest))
        return findings

    # --- pieces --------------------------------------------------------------------------------------
    def _run(self, content: bytes) -> list[Part]:
        """Whole lines, or a piece that ends with a tag."""
        parts: list[Part] = []
        rows: list[Row] = []
        start = 0
        while start < len(content) and not self._halted():
            if self._headed and self._between and self._trailer is None:
                end = content.find(TRAILER, start)
                end = len(content) if end < 0 else content.rfind(b"\n", 0, end) + 1
                if found := self._canonical(content[start:end]):
                    table_parts, count = found
                    parts += table_parts
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
                raw = content[start:following]
                start = following
                parts += self._line_of(raw, content, start, rows)
        if rows:
            parts.append(Block(tuple(rows)))
        return parts

    def _line_of(self, raw: bytes, content: bytes, end: int, rows: list[Row]) -> list[Part]:
        """One line through lxml; what follows it in `content` tells what a document type holds."""
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            return self._stop(not_utf8(raw, error, self._read, self._line))
        if hostile := self._hostile(raw, content, end):
            return hostile
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
        if self._quiet > 4 * self._profile.limits.line_bytes and not self._stopped:
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

    def _hostile(self, raw: bytes, content: bytes = b"", end: int = 0) -> list[Part]:
        """Markup that is not to reach the parser."""
        if self._read == 0 and raw.startswith(b"<?xml"):
            declared = _DECLARED.match(raw)
            if declared is None:
                received = raw[:SHOWN].decode("utf-8", "replace").strip()
                return self._stop(Finding(Code.NOT_XML, 1, "", DECLARATION.strip(), received))
            encoding = declared[1] or b"UTF-8"
            if encoding.upper() != b"UTF-8":
                return self._stop(Finding(Code.NOT_UTF8, 1, "", "UTF-8", encoding.decode()))
            raw = raw[declared.end() :]
        if b"\x00" in raw:
            at = self._read + raw.index(b"\x00") + 1
            return self._stop(Finding(Code.NUL, self._line, "", "text", f"NUL at byte {at}", at))
        place = raw.find(b"<!")
        if place >= 0 and raw[place + 2 : place + 4] != b"--" and raw[place + 2 : place + 3] != b"[":
            markup = raw[place:] + content[end : end + _MARKUP]
            return self._stop(_document_type(markup[:_MARKUP], self._line))
        if place >= 0 or b"<?" in raw:
            received = raw[place if place >= 0 else raw.index(b"<?") :][:SHOWN].decode("utf-8", "replace")
            return self._stop(Finding(Code.XML_INSTRUCTION, self._line, "", "elements and text", received))
        if b"&" in raw and (found := _REFERENCE.search(raw)):
            received = raw[found.start() :][:SHOWN].decode("utf-8", "replace")
            expected = "&amp; &lt; &gt; &quot; &apos; or a character's number"
            return self._stop(Finding(Code.XML_ENTITY, self._line, "", expected, received))
        return []

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
        return Finding(Code.NOT_XML, self._line, "", "well-formed XML", str(error)[: 2 * SHOWN])

    # --- elements ------------------------------------------------------------------------------------
    def _events(self, raw: bytes, rows: list[Row]) -> list[Part]:
        """What the parser has completed. Every element ends once; those right below the root are records."""
        parts: list[Part] = []
        self._between = False
        for _, found in self._parser.read_events():
            self._quiet = 0
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
            rows.append(self._row(found, name))
            self._rows += 1
        found.clear(keep_tail=True)  # what stays until its successor comes is the empty shell
        return parts

    def _head(self, found: Any, name: str) -> list[Part]:
        self._headed = True
        texts = [child.text or "" for child in found]
        names = [str(child.tag) for child in found]
        read: Header | Finding
        if name != "header" or names != [self._prefix + item for item in HEADER_ITEMS]:
            expected = "<header> with " + ", ".join(HEADER_ITEMS)
            received = ", ".join([name, *(text.removeprefix(self._prefix) for text in names)])
            read = Finding(Code.BAD_HEADER, self._line, "", expected, received[:SHOWN])
        else:
            read = read_header(texts, self._profile, self._line)
        if isinstance(read, Header):
            self._header = read
        elif name != "header" or read.code == Code.UNKNOWN_PROFILE:
            self._stopped = True
        return [read]

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
        return self._odd_row(found, dict(zip(tags, cells, strict=False)), layout)

    def _odd_row(self, found: Any, texts: dict[str, str], layout: Layout) -> Row:
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
            given[item] = texts[child.tag]
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
        return Row(self._line, row.record_id, layout.kind, finding=faults[0], more=tuple(faults[1:]))

    # --- lines in canonical form ---------------------------------------------------------------------
    def _canonical(self, lines: bytes) -> tuple[list[Part], int] | None:
        """Records as we would have written them, as tables; None when lxml has to look."""
        if not self._worth_a_table or len(lines) < self._worth_a_table or not lines.endswith(b"\n"):
            return None
        import numpy as np

        signs = np.frombuffer(lines, np.uint8)
        ends = np.flatnonzero(signs == 10)
        if np.count_nonzero(signs < 32) != len(ends) or any(sign in lines for sign in _NON_CHARACTERS):
            return None
        if int(np.diff(ends, prepend=-1).max()) > 4 * self._profile.limits.line_bytes:
            return None
        texts: dict[str, tuple[Any, bytes]] = {}
        name = lines[1 : lines.find(b">")].decode("utf-8", "replace")
        if name in self._profile.layouts and lines.count(b"</%s>\n<%s>" % (name.encode(), name.encode())) == (
            len(ends) - 1
        ):
            texts[name] = (np.arange(self._line, self._line + len(ends), dtype=np.uint32), lines)
        else:
            groups: dict[str, tuple[list[int], list[bytes]]] = {}
            for line, raw in enumerate(lines.splitlines(keepends=True), start=self._line):
                group = groups.setdefault(raw[1 : raw.find(b">")].decode("utf-8", "replace"), ([], []))
                group[0].append(line)
                group[1].append(raw)
            if not set(groups) <= set(self._profile.layouts):
                return None
            texts = {kind: (numbers, b"".join(raws)) for kind, (numbers, raws) in groups.items()}
        tables: list[Table] = []
        failed: list[tuple[int, list[str], Layout]] = []
        for kind, (numbers, content) in texts.items():
            layout = self._profile.layouts[kind]
            raw_frame = _cut_at_tags(content, layout, len(numbers))
            if raw_frame is None:
                return None
            import polars as pl

            series = pl.Series(LINE, numbers, dtype=pl.UInt32)
            plain = text_is_plain(content, np.frombuffer(content, np.uint8))
            made, cells = judged(raw_frame, series, layout, plain)
            tables += made
            failed += cells
        rows = tuple(read_cells(cells, line, layout) for line, cells, layout in failed)
        return [Block(rows, tuple(tables))], len(ends)


def _document_type(markup: bytes, line: int) -> Finding:
    """Which of the three a document type declaration is: none is ever read."""
    received = markup[:SHOWN].decode("utf-8", "replace")
    if _NESTED_ENTITY.search(markup) is not None:
        return Finding(Code.XML_EXPANSION, line, "", "elements and text", received)
    if b"<!ENTITY" in markup:
        return Finding(Code.XML_ENTITY, line, "", "elements and text", received)
    return Finding(Code.XML_DTD, line, "", "elements and text", received)


def _cut_at_tags(content: bytes, layout: Layout, count: int) -> pl.DataFrame | None:
    """The texts of records of one kind, each a line in canonical form; None when one is not."""
    import polars as pl

    items = layout.items
    tags = [f"<{layout.kind}", *(sign for item in items for sign in (f"<{item}", f" {item}")), "end", "rest"]
    try:
        cut = pl.read_csv(
            content,
            has_header=False,
            separator=">",
            quote_char=None,
            schema=dict.fromkeys(tags, pl.String()),
        )
    except pl.exceptions.PolarsError:
        return None
    marks = [pl.col(tag) == tag for tag in tags if tag.startswith("<")]
    marks += [pl.col(f" {item}").str.ends_with(f"</{item}") for item in items]
    marks += [pl.col("end") == f"</{layout.kind}", pl.col("rest").is_null()]
    texts = [pl.col(f" {item}").str.strip_suffix(f"</{item}").alias(item) for item in items]
    frame = cut.lazy().select(*texts, pl.all_horizontal(marks).fill_null(False).alias("<")).collect()
    if frame.height != count or not frame["<"].all():
        return None
    frame = frame.select(items)
    if content.count(b"<") != count * (2 * len(items) + 2):
        return None  # a sign that should have been written &lt;
    if b"&" in content:
        counts = [
            pl.col(item).str.count_matches("&", literal=True)
            == pl.sum_horizontal(
                pl.col(item).str.count_matches(mark, literal=True) for mark in ("&amp;", "&lt;", "&gt;")
            )
            for item in items
        ]
        if not frame.select(pl.all_horizontal(counts)).to_series().all():
            return None
        frame = frame.with_columns(
            pl.col(item)
            .str.replace_all("&lt;", "<", literal=True)
            .str.replace_all("&gt;", ">", literal=True)
            .str.replace_all("&amp;", "&", literal=True)
            for item in items
        )
    return frame.with_columns(
        pl.when(pl.col(item).str.len_bytes() > 0).then(pl.col(item)).alias(item) for item in items
    )

"""The fast path: whole columns are judged at once, and only rows that fail are looked at one by one.

Rows of one kind become a table of strings; each column's form, as a rule over the column, gives a mask, and
the row is good where all masks are. A column of which all texts fit at a glance (`settled`) needs none.
A row that is not good goes back as cells, to be explained by `rows.read_cells`, which alone decides: the two
must agree on every text, and a property test sees to it.

Whatever is not plain (quotation marks, wrong numbers of columns, control characters) never reaches a table.
So the tables are cut by commas and line ends alone, and no reader's leniency can come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sim.exchange import forms
from sim.exchange.birth import PARTIAL, birth_date
from sim.exchange.model import Row
from sim.exchange.profile import Column, Layout, Profile, When
from sim.exchange.settled import Glance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl
    from polars.lazyframe.in_process import InProcessQuery

    Bytes = npt.NDArray[np.uint8]

# Bytes below which a table costs more than it saves; the import of polars alone takes a tenth of a second.
WORTH_A_TABLE: Final = 1 << 16
# Bytes that are looked at together.
AT_A_TIME: Final = 1 << 18
# How many line ends a piece has at most: several times those of a piece of usual records.
LINES: Final = 1 << 17
LINE: Final = "line"
_LF, _CR, _T = b"\n\rT"
_FIRST_CONTROL: Final = 32


@dataclass(frozen=True, slots=True)
class Table:
    """Good rows of one kind: a column an item, dates as dates, null where nothing is given, and `line`.

    Dates of birth stay texts: a part of one may be unknown, and no column of dates can say that.
    """

    layout: Layout
    frame: pl.DataFrame

    def rows(self) -> Iterator[Row]:
        """The rows as records."""
        layout, struct = self.layout, self.layout.struct
        items = [column.item for column in layout.columns]
        empty = {column.item: column.empty for column in layout.columns}
        births = [column.item for column in layout.columns if column.form == "birth_date"]
        place = items.index("record_id")
        for line, *values in self.frame.select(LINE, *items).iter_rows():
            given = {
                item: empty[item] if value is None else value
                for item, value in zip(items, values, strict=True)
            }
            for item in births:
                if given[item] is not None:
                    given[item] = birth_date(given[item])
            yield Row(line, values[place], layout.kind, struct(**given))


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a run of lines: tables, cells that failed their masks, and lines that are not plain."""

    count: int
    tables: tuple[Table, ...]
    cells: tuple[tuple[int, list[str], Layout], ...]
    lines: tuple[tuple[int, str], ...]


class Background:
    """A query that polars works on in the background.

    Its result must be taken, even when nobody wants it any more: where it has nobody to give it to, polars
    ends the whole process.
    """

    def __init__(self, query: pl.LazyFrame) -> None:
        self._query: InProcessQuery | None = query.collect(background=True)

    def result(self) -> pl.DataFrame:
        """Waits for it; once.

        Raises:
            polars.exceptions.PolarsError: the query failed.
        """
        if self._query is None:
            raise RuntimeError("the result was taken before")
        query, self._query = self._query, None
        return query.fetch_blocking()

    def __del__(self) -> None:
        if self._query is not None:
            with suppress(Exception):
                self.result()


class Run:
    """A run of detail lines, each with its CRLF, on its way to tables.

    What must be known beforehand is seen on the bytes. Lines that look like rows of one kind are then read in
    the background (`begin`), while whoever holds the run does something else; `found` waits, and judges them.
    """

    def __init__(self, lines: bytes, profile: Profile, worth: int) -> None:
        """Looks at line ends alone.

        Args:
            worth: from how many bytes on a table is made; 0 for never.
        """
        self.lines = lines
        self._profile = profile
        self._first = 1
        self.is_plain = False
        self._reading: tuple[Layout, Background] | None = None
        self._worth_a_table = bool(worth) and len(lines) >= worth
        if not self._worth_a_table:
            self.count = lines.count(b"\r\n")
            self.may_hold_trailer = lines.startswith(b"T,") or b"\nT," in lines
            return
        import numpy as np

        self._signs = np.frombuffer(lines, np.uint8)
        ends = _places_of(_LF, self._signs)
        self._line_feeds = len(ends)
        self._longest = int(np.diff(ends, prepend=-1).max())
        self.count = int(np.count_nonzero(self._signs[ends - 1] == _CR))
        self.may_hold_trailer = lines.startswith(b"T,") or bool((self._signs[ends[:-1] + 1] == _T).any())

    def begin(self, first: int) -> None:
        """Begins to read, where that is worth it. `first`: the number of the first line in its file."""
        import numpy as np

        self._first = first
        if not self._worth_a_table or self._longest > self._profile.limits.line_bytes:
            return
        controls = sum(np.count_nonzero(part < _FIRST_CONTROL) for part in in_parts(self._signs))
        self.is_plain = self._line_feeds == self.count and controls == 2 * self.count
        if not self.is_plain or b'"' in self.lines:
            return
        head = self.lines[: self.lines.index(b"\r")].split(b",", 2)
        layout = self._profile.by_code.get(head[1].decode("utf-8", "replace")) if len(head) == 3 else None
        # A row that is cut short would look like one that ends in empty items.
        if layout is not None and count_of(b",", self.lines) == self.count * (len(layout.columns) + 1):
            self._reading = layout, Background(_scan(self.lines, layout))

    def found(self) -> Found | None:
        """What became of the lines. None: too few for a table, or not UTF-8."""
        if not self._worth_a_table or self._longest > self._profile.limits.line_bytes:
            return None
        found = self._of_one_kind()
        return found or _of_mixed_lines(self.lines, self._first, self._profile, self.is_plain)

    def _of_one_kind(self) -> Found | None:
        """The whole run as one table; None when it is not plainly rows of one kind."""
        import numpy as np
        import polars as pl

        if self._reading is None:
            return None
        (layout, query), self._reading = self._reading, None
        plain = text_is_plain(self.lines, self._signs)
        try:
            raw = query.result()
        except pl.exceptions.PolarsError:
            return None  # not UTF-8, or a row with too many columns
        same = (raw["D"] == "D").all(ignore_nulls=False) and (raw["kind"] == layout.code).all(
            ignore_nulls=False
        )
        if raw.height != self.count or not same:
            return None
        numbers = pl.Series(LINE, np.arange(self._first, self._first + self.count, dtype=np.uint32))
        tables, cells = judged(raw[layout.items], numbers, layout, plain)
        return Found(self.count, tables, cells, ())


def _of_mixed_lines(lines: bytes, first: int, profile: Profile, plain: bool) -> Found | None:
    """Rows of several kinds, and whatever else there is."""
    import numpy as np
    import polars as pl

    try:
        texts = lines[:-2].decode().split("\r\n")
    except UnicodeDecodeError:
        return None
    commas = {f"D,{code},": len(layout.columns) + 1 for code, layout in profile.by_code.items()}
    groups: dict[str, tuple[list[int], list[str]]] = {prefix: ([], []) for prefix in commas}
    odd: list[tuple[int, str]] = []
    for line, text in enumerate(texts, start=first):
        kind = text[: text.find(",", 2) + 1]
        if (
            text.count(",") == commas.get(kind)
            and '"' not in text
            and (plain or min(text) >= " ")  # a control character is smaller than any other
        ):
            numbers, rows = groups[kind]
            numbers.append(line)
            rows.append(text)
        else:
            odd.append((line, text))
    tables: list[Table] = []
    cells: list[tuple[int, list[str], Layout]] = []
    for kind, (numbers, rows) in groups.items():
        if not rows:
            continue
        layout = profile.by_code[kind[2:-1]]
        content = ("\n".join(rows) + "\n").encode()
        raw = _scan(content, layout).collect().select(layout.items)
        signs = np.frombuffer(content, np.uint8)
        series = pl.Series(LINE, numbers, dtype=pl.UInt32)
        made, failed = judged(raw, series, layout, text_is_plain(content, signs))
        tables += made
        cells += failed
    return Found(len(texts), tuple(tables), tuple(cells), tuple(odd))


def _scan(content: bytes, layout: Layout) -> pl.LazyFrame:
    """Rows as texts, `D` and kind before them. No column may be left out: then nobody counts them, either."""
    import polars as pl

    return pl.scan_csv(
        content,
        has_header=False,
        schema=dict.fromkeys(["D", "kind", *layout.items], pl.String()),
        quote_char=None,
    )


# --- the rule table ----------------------------------------------------------------------------------
def judged(
    raw: pl.DataFrame, lines: pl.Series, layout: Layout, plain: bool
) -> tuple[tuple[Table, ...], tuple[tuple[int, list[str], Layout], ...]]:
    """Rows of strings, null where nothing is given, as a table of the good ones and the cells of the others.

    Args:
        lines: the number of each row's line.
        plain: no text among them holds a character that needs a second look.
    """
    import polars as pl

    seen = Glance(raw, layout.columns, plain)
    masks = [rule(column, plain) for column in layout.columns if not seen.settles(column)]
    masks += [_with_others(column) for column in layout.bound if not seen.settles_with_others(column)]
    frame = pl.DataFrame([lines, *(_values(raw, column, seen) for column in layout.columns)])
    if not masks:
        return (Table(layout, frame),), ()
    ok = raw.lazy().select(pl.all_horizontal(masks)).collect().to_series()
    if ok.all():
        return (Table(layout, frame),), ()
    bad = raw.insert_column(0, lines).filter(~ok)
    cells = tuple((line, ["" if c is None else c for c in row], layout) for line, *row in bad.iter_rows())
    good = frame.filter(ok)
    return ((Table(layout, good),) if good.height else ()), cells


def _values(raw: pl.DataFrame, column: Column, seen: Glance) -> pl.Series:
    """A column as it goes into a table: dates are days there, or null where a text is none."""
    import polars as pl

    texts = raw[column.item]
    if column.form != "date":
        return texts
    days = seen.days(column.item)
    return texts.to_frame().select(_day(pl.col(column.item))).to_series() if days is None else days


def _day(item: pl.Expr) -> pl.Expr:
    # Without its cache of texts seen, the parser is twice as fast.
    return item.str.to_date("%Y-%m-%d", strict=False, cache=False)


def _is_day(item: pl.Expr) -> pl.Expr:
    # Of ten ASCII characters the parser takes but YYYY-MM-DD, or a sign or a blank for a digit.
    ten = (item.str.len_bytes() == 10) & (item.str.len_chars() == 10)
    return ten & ~item.str.contains_any([" ", "+"]) & (_day(item) >= date.min).fill_null(False)


def rule(column: Column, plain: bool) -> pl.Expr:
    """A column's form as a mask: true where `Column.parse` takes the text.

    `plain`: no text holds a character that needs a second look.
    Regular expressions here end with `\\z`: `$` would take a trailing line feed, `\\d` a full-width digit.
    """
    import polars as pl

    item = pl.col(column.item)
    fits: pl.Expr
    match column.form:
        case "choice":
            fits = item.is_in(list(column.values))
        case "date":
            fits = _is_day(item)
        case "birth_date":
            fits = _is_day(item) | item.str.contains(rf"\A{PARTIAL}\z")
        case "country":
            fits = item.str.contains(rf"\A{forms.COUNTRY}\z")
        case "card_number":
            fits = item.str.contains(rf"\A{forms.CARD}\z")
        case "code":
            fits = item.str.contains(rf"\A{forms.CODE}\z") & (item.str.len_bytes() <= column.max)
        case "reason_code":
            fits = item.is_in(list(forms.REASONS))
        case _:
            fits = item.str.len_chars() <= column.max
            if not plain:
                rest = item.str.replace_all(forms.GAIJI, "*")
                fits &= ~rest.str.contains(f"[{forms.CONTROL}{forms.PRIVATE}{{}}]")
    # A date that does not exist is null and must not pass for one that is not given.
    return fits.fill_null(False) | item.is_null() if column.optional else fits.fill_null(False)


def _with_others(column: Column) -> pl.Expr:
    """True where the record's other items have nothing against what the column says, or leaves out."""
    import polars as pl

    item = pl.col(column.item)
    fits = pl.lit(True)
    if column.required_when:
        fits &= item.is_not_null() | ~_any_of(column.required_when)
    if column.empty_when:
        fits &= item.is_null() | ~_any_of(column.empty_when)
    for value, when in column.never_with:
        fits &= ~((item == value).fill_null(False) & _any_of(when))
    if column.other_than:
        fits &= (item != pl.col(column.other_than)).fill_null(True)
    return fits


def _any_of(when: When) -> pl.Expr:
    """True where one of the items has one of its values."""
    import polars as pl

    return pl.any_horizontal(pl.col(item).is_in(list(values)).fill_null(False) for item, values in when)


def in_parts(signs: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """The same, part by part: what is made of a part stays in a cache, and costs no fresh memory."""
    for start in range(0, len(signs), AT_A_TIME):
        yield signs[start : start + AT_A_TIME]


def count_of(sign: bytes, content: bytes) -> int:
    """How often a byte comes: as `bytes.count` says, and several times faster where it comes often."""
    import numpy as np

    signs = np.frombuffer(content, np.uint8)
    return sum(int(np.count_nonzero(part == sign[0])) for part in in_parts(signs))


def _places_of(sign: int, signs: Bytes) -> npt.NDArray[np.intp]:
    """Where a byte comes."""
    import numpy as np

    starts = range(0, len(signs), AT_A_TIME)
    found = [
        np.flatnonzero(part == sign) + start for part, start in zip(in_parts(signs), starts, strict=True)
    ]
    return np.concatenate(found)


def text_is_plain(content: bytes, signs: Bytes) -> bool:
    """Whether UTF-8 bytes hold no character that a text may not hold, line ends aside.

    False says only that somebody must look: the lead bytes of those characters begin others, too.
    """
    if any(sign in content for sign in (b"\x7f", b"{", b"}", b"\xc2", b"\xee", b"\xf3", b"\xf4")):
        return False
    if b"\xe2" in content:  # U+2028, U+2029: E2 80 A8, E2 80 A9
        second, third = _after(signs, 0xE2)
        if bool(((second == 0x80) & ((third == 0xA8) | (third == 0xA9))).any()):
            return False
    if b"\xef" in content:  # to U+F8FF: EF 80..A3; U+FEFF: EF BB BF; U+FFFE, U+FFFF: EF BF BE, EF BF BF
        second, third = _after(signs, 0xEF)
        last = (second == 0xBF) & (third >= 0xBE)
        if bool(((second <= 0xA3) | ((second == 0xBB) & (third == 0xBF)) | last).any()):
            return False
    return True


def _after(signs: Bytes, lead: int) -> tuple[Any, Any]:
    """The second and third byte of every character that begins with `lead`."""
    import numpy as np

    places = np.flatnonzero(signs == lead)
    return signs[places + 1], signs[places + 2]

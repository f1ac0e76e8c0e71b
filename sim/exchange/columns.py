"""The fast path: whole columns are judged at once, and only rows that fail are looked at one by one.

Rows of one kind become a table of strings; each column's form, as a rule over the column, gives a mask, and
the row is good where all masks are. A column of which all texts fit at a glance (`settled`) needs none.
A row that is not good goes back as cells, to be explained by `rows.read_cells`, which alone decides: the two
must agree on every text, and a property test sees to it.

Whatever is not plain (quotation marks, wrong numbers of columns, control characters) never reaches a table.
So the tables are cut by commas and line ends alone, and no reader's leniency can come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sim.exchange import forms
from sim.exchange.birth import PARTIAL, birth_date
from sim.exchange.model import Row
from sim.exchange.profile import Column, Layout, Profile, When
from sim.exchange.settled import days_of, is_settled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    Bytes = npt.NDArray[np.uint8]

# Bytes below which a table costs more than it saves; the import of polars alone takes a tenth of a second.
WORTH_A_TABLE: Final = 1 << 16
# Bytes that are looked at together.
AT_A_TIME: Final = 1 << 18
LINE: Final = "line"
_LF, _CR = 10, 13
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


def tables_of_lines(lines: bytes, first: int, profile: Profile, worth: int) -> Found | None:
    """Detail lines, each with its CRLF, as tables. None: too few for a table, or not UTF-8.

    Args:
        first: the number of the first line in its file.
        worth: from how many bytes on; 0 for never.
    """
    if not worth or len(lines) < worth:
        return None
    import numpy as np

    signs = np.frombuffer(lines, np.uint8)
    starts = range(0, len(signs), AT_A_TIME)
    ends = np.concatenate(
        [np.flatnonzero(part == _LF) + start for part, start in zip(in_parts(signs), starts, strict=True)]
    )
    if int(np.diff(ends, prepend=-1).max()) > profile.limits.line_bytes:
        return None
    controls = sum(np.count_nonzero(part < _FIRST_CONTROL) for part in in_parts(signs))
    plain = bool(controls == 2 * len(ends) and (signs[ends - 1] == _CR).all())
    if plain and b'"' not in lines:
        found = _of_one_kind(lines, first, signs, len(ends), profile)
        if found is not None:
            return found
    return _of_mixed_lines(lines, first, profile, plain)


def _of_one_kind(lines: bytes, first: int, signs: Bytes, count: int, profile: Profile) -> Found | None:
    """The whole run as one table; None when it is not plainly rows of one kind."""
    import numpy as np
    import polars as pl

    head = lines[: lines.index(b"\r")].split(b",", 2)
    layout = profile.by_code.get(head[1].decode("utf-8", "replace")) if len(head) == 3 else None
    if layout is None:
        return None
    if count_of(b",", lines) != count * (len(layout.columns) + 1):
        return None  # a row that is cut short would look like one that ends in empty items
    try:
        raw = _read(lines, ["D", "kind", *layout.items])
    except pl.exceptions.PolarsError:
        return None  # not UTF-8, or a row with too many columns
    same = (raw["D"] == "D").all(ignore_nulls=False) and (raw["kind"] == layout.code).all(ignore_nulls=False)
    if raw.height != count or not same:
        return None
    numbers = pl.Series(LINE, np.arange(first, first + count, dtype=np.uint32))
    found = judged(raw.select(layout.items), numbers, layout, text_is_plain(lines, signs))
    return Found(count, found[0], found[1], ())


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
        raw = _read(content, ["D", "kind", *layout.items]).select(layout.items)
        signs = np.frombuffer(content, np.uint8)
        series = pl.Series(LINE, numbers, dtype=pl.UInt32)
        made, failed = judged(raw, series, layout, text_is_plain(content, signs))
        tables += made
        cells += failed
    return Found(len(texts), tuple(tables), tuple(cells), tuple(odd))


def _read(content: bytes, names: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    return pl.read_csv(
        content,
        has_header=False,
        schema=dict.fromkeys(names, pl.String()),
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

    days = {column.item: days_of(raw[column.item]) for column in layout.columns if column.form in forms.DATES}
    unsettled = [
        column
        for column in layout.columns
        if (raw[column.item].has_nulls() and not column.optional)
        or (days.get(column.item) is None and not is_settled(column, raw[column.item], plain))
    ]
    masks = [rule(column, plain) for column in unsettled] + [_with_others(column) for column in layout.bound]
    ok = raw.lazy().select(pl.all_horizontal(pl.lit(True), *masks)).collect().to_series()
    dates = {column.item: days[column.item] for column in layout.columns if column.form == "date"}
    frame = raw.with_columns(
        _day(pl.col(item)) if known is None else known for item, known in dates.items()
    ).insert_column(0, lines)
    if ok.all():
        return (Table(layout, frame),), ()
    bad = raw.insert_column(0, lines).filter(~ok)
    cells = tuple((line, ["" if c is None else c for c in row], layout) for line, *row in bad.iter_rows())
    good = frame.filter(ok)
    return ((Table(layout, good),) if good.height else ()), cells


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


def may_hold(pair: bytes, content: bytes) -> bool:
    """Whether two bytes come one after the other: as `in` says, and faster where each of them comes often."""
    import numpy as np

    wanted = np.frombuffer(pair, np.uint16)[0]
    counts = {start: (len(content) - start) // 2 for start in (0, 1)}
    pairs = (np.frombuffer(content, np.uint16, count, start) for start, count in counts.items() if count > 0)
    return any(bool((part == wanted).any()) for signs in pairs for part in in_parts(signs))


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

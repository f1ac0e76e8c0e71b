"""The fast path of XML: lines that are records in canonical form, to the letter, become tables.

They are cut at `>`, every piece is compared, and whatever is not exactly as we would have written it is left
to lxml. So no parser of our own ever reads hostile input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sim.exchange.columns import LINE, Table, judged, text_is_plain
from sim.exchange.model import Block
from sim.exchange.profile import Layout, Profile
from sim.exchange.rows import read_cells

if TYPE_CHECKING:
    import polars as pl

_NON_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def canonical(lines: bytes, line: int, profile: Profile, worth: int) -> tuple[Block, int] | None:
    """Records as we would have written them, as tables, and how many; None when lxml has to look.

    Args:
        line: the number of the first line in its file.
        worth: from how many bytes on; 0 for never.
    """
    if not worth or len(lines) < worth or not lines.endswith(b"\n"):
        return None
    import numpy as np

    signs = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(signs == 10)
    if np.count_nonzero(signs < 32) != len(ends) or any(sign in lines for sign in _NON_CHARACTERS):
        return None
    if int(np.diff(ends, prepend=-1).max()) > 4 * profile.limits.line_bytes:
        return None
    texts: dict[str, tuple[Any, bytes]] = {}
    name = lines[1 : lines.find(b">")].decode("utf-8", "replace")
    if name in profile.layouts and lines.count(b"</%s>\n<%s>" % (name.encode(), name.encode())) == (
        len(ends) - 1
    ):
        texts[name] = (np.arange(line, line + len(ends), dtype=np.uint32), lines)
    else:
        groups: dict[str, tuple[list[int], list[bytes]]] = {}
        for place, raw in enumerate(lines.splitlines(keepends=True), start=line):
            group = groups.setdefault(raw[1 : raw.find(b">")].decode("utf-8", "replace"), ([], []))
            group[0].append(place)
            group[1].append(raw)
        if not set(groups) <= set(profile.layouts):
            return None
        texts = {kind: (numbers, b"".join(raws)) for kind, (numbers, raws) in groups.items()}
    tables: list[Table] = []
    failed: list[tuple[int, list[str], Layout]] = []
    for kind, (numbers, content) in texts.items():
        layout = profile.layouts[kind]
        raw_frame = _cut_at_tags(content, layout, len(numbers))
        if raw_frame is None:
            return None
        import polars as pl

        series = pl.Series(LINE, numbers, dtype=pl.UInt32)
        plain = text_is_plain(content, np.frombuffer(content, np.uint8))
        made, cells = judged(raw_frame, series, layout, plain)
        tables += made
        failed += cells
    rows = tuple(read_cells(cells, place, layout) for place, cells, layout in failed)
    return Block(rows, tuple(tables)), len(ends)


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

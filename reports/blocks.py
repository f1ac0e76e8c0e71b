"""What a page is made of: sections of blocks, as plain values that the template lays out.

A section builds blocks from measures in one language; it knows no HTML. The template knows no measures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `empty`: it stands where figures would be, had there been data."""

    block: ClassVar[str] = "text"
    text: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    block: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure. `second` is a second value of nearly the same weight, `note` says of what it is."""

    label: str
    value: str
    second: str = ""
    note: str = ""
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Tiles:
    """The key figures."""

    block: ClassVar[str] = "tiles"
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading. Numbers stand at the right, codes in a fixed-width face, words and times break at
    spaces only.

    `wrap`: several codes, one below the other where there is little room. `badge`: verdicts of a check.
    """

    label: str
    kind: Literal["text", "number", "code", "wrap", "time", "prose", "badge"] = "number"


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; the first is the row's heading. `key` names the row for programs."""

    cells: tuple[str, ...]
    key: str = ""
    total: bool = False
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption. `key` is unique within a language."""

    block: ClassVar[str] = "table"
    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Legend:
    """A glyph (SVG) and what it stands for."""

    glyph: Markup
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One plot, or the months of a calendar, with the same numbers as a table behind a fold."""

    block: ClassVar[str] = "figure"
    key: str
    title: str
    plots: tuple[Markup, ...]
    shape: Literal["half", "wide", "months"] = "half"
    legend: tuple[Legend, ...] = ()
    note: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one sentence that a reader must not miss."""

    block: ClassVar[str] = "verdict"
    good: bool
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Item:
    """A statement with the small print that belongs to it."""

    text: str
    small: str = ""
    key: str = ""
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of statements."""

    block: ClassVar[str] = "items"
    items: tuple[Item, ...]


Part = Text | Heading | Tiles | Table | Figure | Verdict | Items


@dataclass(frozen=True, slots=True)
class Stack:
    """Blocks below one another that count as one in a pair."""

    block: ClassVar[str] = "stack"
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two blocks side by side, below one another where there is no room."""

    block: ClassVar[str] = "pair"
    parts: tuple[Part | Stack, ...]


Block = Part | Stack | Pair


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `key` names it in links; `lead` says in a sentence or two how to read it."""

    key: str
    title: str
    lead: str = ""
    blocks: tuple[Block, ...] = field(default=())

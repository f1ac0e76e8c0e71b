"""A profile: the layouts of all kinds, read from one TOML file and checked against the model.

The owner of a closed specification writes another file with other codes, columns and limits; the code
stays. What a key of the file means stands at its top; what a form means, in `sim.exchange.forms`. One file
holds all versions of a profile: a column says since which version it is there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from sim.base.errors import HarnessError, nearest
from sim.exchange.birth import BirthDate
from sim.exchange.forms import DATES, Explain, Parse, explainer, parser
from sim.exchange.records import KINDS, AnyRecord

FOLDER: Final = Path(__file__).parent / "profiles"
OPEN_1: Final = "renkei-open-1"
EVENT: Final = "event"
PAST: Final = "past"

When = tuple[tuple[str, tuple[str, ...]], ...]
"""A condition on a record: one of these items has one of these values."""


@dataclass(frozen=True, slots=True)
class Column:
    """One item of a layout. `max` counts characters; `parse` gives the value or raises `Wrong`.

    `values`: the only ones, when there are such. `day`: empty, or which rule the date keeps (`EVENT`,
    `PAST`). What items of one record say together: `required_when`, `empty_when`; `never_with` lists values
    that other items contradict; `other_than` names an item with another value.
    `explain`: all faults of a text.
    """

    item: str
    ja: str
    en: str
    form: str
    max: int
    values: tuple[str, ...]
    assumed_values: tuple[str, ...]
    optional: bool
    assumed: bool
    day: str
    required_when: When
    empty_when: When
    never_with: tuple[tuple[str, When], ...]
    other_than: str
    planned_when: When
    since: str
    note: str
    parse: Parse
    explain: Explain
    empty: Any

    @property
    def is_bound(self) -> bool:
        """Whether other items of the record have a say in what this one may be."""
        return bool(self.required_when or self.empty_when or self.never_with or self.other_than)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of record travels.

    `items`: the names of the columns, in order. `bound`: the columns in which other columns have a say.
    `dated`: those that keep a rule for days.
    """

    kind: str
    code: str
    ja: str
    en: str
    direction: str
    business: str
    source: str
    columns: tuple[Column, ...]
    struct: type[AnyRecord]
    # Every row asks for these, so they are found once.
    items: tuple[str, ...] = field(init=False)
    bound: tuple[Column, ...] = field(init=False)
    dated: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(column.item for column in self.columns))
        object.__setattr__(self, "bound", tuple(column for column in self.columns if column.is_bound))
        object.__setattr__(self, "dated", tuple(column for column in self.columns if column.day))

    def csv_column(self, item: str) -> int:
        """The number of an item's column in CSV, from 1; 0 when it has none."""
        if item == "kind":
            return 2
        return next((n for n, column in enumerate(self.columns, start=3) if column.item == item), 0)


@dataclass(frozen=True, slots=True)
class Business:
    """One of the three registered businesses (seed 003, line 179)."""

    name: str
    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a batch may be: bytes of the file, bytes of one line or XML text, records.

    `payload_bytes`: of a batch in a folder or on a medium, which is held whole to be sealed, opened and
    scanned.
    """

    file_bytes: int
    payload_bytes: int
    line_bytes: int
    records: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile in one version.

    `name` is that version and stands in each header; `agency` is the agency's code as an address;
    `namespace` is that of the XML; `first_day`: no event lies before it; `meanings`: what the values of
    choices mean, in Japanese and English.
    """

    name: str
    agency: str
    namespace: str
    first_day: date
    limits: Limits
    meanings: dict[str, tuple[str, str]]
    businesses: dict[str, Business]
    layouts: dict[str, Layout]
    by_code: dict[str, Layout]

    def business_of_code(self, code: str) -> Business | None:
        """The business that a header's code names."""
        return next((b for b in self.businesses.values() if b.code == code), None)


def _when(table: dict[str, Any]) -> When:
    return tuple((item, tuple(values)) for item, values in table.items())


def _column(row: dict[str, Any]) -> Column:
    values = tuple(row.get("values", ()))
    limit = int(row.get("max", 0))
    day = row.get("day", "")
    if day not in ("", EVENT, PAST):
        raise ValueError(f"unknown rule for a day {day!r}")
    if day and row["form"] != "date":
        raise ValueError(f"{row['item']!r} keeps a rule for days and is no date")
    return Column(
        item=row["item"],
        ja=row["ja"],
        en=row.get("en", row["item"]),
        form=row["form"],
        max=limit,
        values=values,
        assumed_values=tuple(row.get("assumed_values", ())),
        optional=bool(row.get("optional", False)),
        assumed=bool(row.get("assumed", False)),
        day=day,
        required_when=_when(row.get("required_when", {})),
        empty_when=_when(row.get("empty_when", {})),
        never_with=tuple((value, _when(table)) for value, table in row.get("never_with", {}).items()),
        other_than=row.get("other_than", ""),
        planned_when=_when(row.get("planned_when", {})),
        since=row.get("since", ""),
        note=row.get("note", ""),
        parse=parser(row["form"], limit, values),
        explain=explainer(row["form"], limit, values),
        empty=None if row["form"] in DATES else "",
    )


def read_versions(path: Path) -> tuple[Profile, ...]:
    """Reads a profile in all its versions, oldest first, and holds it against the model.

    Raises:
        HarnessError: the file is no profile: a kind or an item is unknown, missing or twice.
    """

    def fail(message: str, remedy: str) -> HarnessError:
        return HarnessError(message, where=str(path), remedy=remedy)

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        name, agency, namespace = str(raw["profile"]), str(raw["agency"]), str(raw["namespace"])
        names = [name, *(str(version) for version in raw.get("newer", []))]
        first_day = raw["first_day"]
        if type(first_day) is not date:
            raise TypeError("first_day is no date")
        limits = Limits(**{key: int(value) for key, value in raw["limits"].items()})
        meanings = {value: (str(ja), str(en)) for value, (ja, en) in raw.get("meaning", {}).items()}
        businesses = {n: Business(n, b["code"], b["ja"], b["en"]) for n, b in raw["business"].items()}
        layouts: dict[str, Layout] = {}
        for kind, body in raw["kind"].items():
            if kind not in KINDS:
                raise fail(f"unknown kind {kind!r}", f"did you mean {nearest(kind, KINDS)!r}?")
            columns = tuple(_column(row) for row in body["columns"])
            layouts[kind] = Layout(
                kind=kind,
                code=body["code"],
                ja=body["ja"],
                en=body["en"],
                direction=body["direction"],
                business=body["business"],
                source=body.get("source", ""),
                columns=columns,
                struct=KINDS[kind],
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail(f"not a profile: {error!r}", "compare it with renkei-open-1.toml") from error
    for kind, struct in KINDS.items():
        if kind not in layouts:
            raise fail(f"kind {kind!r} has no layout", "add a table for it")
        if fault := _misfit(layouts[kind], struct, names):
            raise fail(f"kind {kind!r}: {fault[0]}", fault[1])
    versions = []
    for version in names:
        own = {kind: _in_version(layout, version, names) for kind, layout in layouts.items()}
        by_code = {layout.code: layout for layout in own.values()}
        versions.append(
            Profile(version, agency, namespace, first_day, limits, meanings, businesses, own, by_code)
        )
    return tuple(versions)


def _misfit(layout: Layout, struct: type[AnyRecord], versions: list[str]) -> tuple[str, str] | None:
    """Why a layout cannot carry the model's records, and what to do; None when it can."""
    wanted = list(struct.__struct_fields__)
    given = list(layout.items)
    if sorted(wanted) != sorted(given):
        odd = sorted(set(wanted) ^ set(given)) or given
        return f"items differ from the model's: {odd}", f"name each of {wanted} once"
    hints = get_type_hints(struct)
    for column in layout.columns:
        if fault := _misfit_of(column, hints[column.item], layout, versions):
            return fault
    return None


def _misfit_of(column: Column, hint: object, layout: Layout, versions: list[str]) -> tuple[str, str] | None:
    name = f"item {column.item!r}"
    whole, partial = date in (hint, *get_args(hint)), hint in (BirthDate, BirthDate | None)
    if (column.form in DATES) != (whole or partial):
        return f"{name} is a date on one side only", "give it the model's type"
    if column.form in DATES and (column.form == "birth_date") != partial:
        return f"{name} may be known in part on one side only", "give it the model's type"
    if column.since and (column.since not in versions or not column.optional):
        return f"{name} came later", "name a version of the file and make it optional"
    contradicted = [one for _, when in column.never_with for one in when]
    for item, values in (*column.required_when, *column.empty_when, *column.planned_when, *contradicted):
        known = next((other.values for other in layout.columns if other.item == item), ())
        if not set(values) <= set(known):
            return f"{name} depends on {item!r}", f"name values among {list(known)}"
    if column.empty_when and not column.optional:
        return f"{name} is sometimes empty", "make it optional"
    if not {value for value, _ in column.never_with} <= set(column.values):
        return f"{name} lacks a value of its own rule", f"name values among {list(column.values)}"
    if column.other_than and column.other_than not in layout.items:
        return f"{name} differs from {column.other_than!r}", f"name one of {list(layout.items)}"
    return None


def _in_version(layout: Layout, version: str, versions: list[str]) -> Layout:
    """The layout without the columns that came later."""
    known = versions[: versions.index(version) + 1]
    columns = tuple(column for column in layout.columns if not column.since or column.since in known)
    return replace(layout, columns=columns)


def read_profile(path: Path) -> Profile:
    """The oldest version of the profile in a file: what everybody can read.

    Raises:
        HarnessError: the file is no profile.
    """
    return read_versions(path)[0]


@cache
def open_profiles() -> tuple[Profile, ...]:
    """All versions of the profile that the harness publishes itself, newest first."""
    return tuple(reversed(read_versions(FOLDER / f"{OPEN_1}.toml")))


def open_profile() -> Profile:
    """The profile that the harness publishes itself, `renkei-open/1`."""
    return open_profiles()[-1]

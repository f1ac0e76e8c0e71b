"""A scenario: everything a run needs beside its seed, read from one TOML file.

Outside data, so it is checked completely before anything runs: a wrong key names the nearest right one,
a wrong value says what was expected. The schema is published (`renkei sim scenarios --schema`).
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sim.base.errors import UsageError, nearest

FOLDER: Final = Path(__file__).parent / "scenarios"

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=10)]
_Weight = Annotated[float, Field(ge=0)]
_DaysAfter = Annotated[int, Field(ge=0, le=365)]
_DaysAround = Annotated[int, Field(ge=-365, le=365)]


class _Part(BaseModel):
    """Nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Municipality(_Part):
    """Where it happens. `code`: six digits with the check digit of local government codes."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    ja: str
    en: str
    residents: Annotated[int, Field(ge=0, le=2_000_000)]
    address_prefix: str
    towns: Annotated[list[str], Field(min_length=1)]
    elsewhere: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_digit(self) -> Self:
        weighted = sum(int(digit) * weight for digit, weight in zip(self.code, (6, 5, 4, 3, 2), strict=False))
        expected = (11 - weighted % 11) % 10
        if int(self.code[5]) != expected:
            raise ValueError(f"code {self.code}: the check digit should be {expected}")
        return self


class PopulationShares(_Part):
    """Who lives there. Shares of nationalities are scaled to add up to one."""

    special_permanent_share: Share
    nationalities: Annotated[dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Share], Field(min_length=1)]

    @model_validator(mode="after")
    def _share_something(self) -> Self:
        if not any(self.nationalities.values()):
            raise ValueError("nationalities: at least one share must be above zero")
        return self


class Rates(_Part):
    """Events a resident and year; `months` scales January to December."""

    entry_from_abroad: Rate
    moving_in: Rate
    moving_within: Rate
    moving_out: Rate
    period_extended: Rate
    months: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=12, max_length=12)]


class FilingHabits(_Part):
    """How people file. Lists are (days, weight); negative lead days are moving-outs filed late."""

    delay_days: Annotated[list[tuple[_DaysAfter, _Weight]], Field(min_length=1)]
    lead_days: Annotated[list[tuple[_DaysAround, _Weight]], Field(min_length=1)]
    card_absent: Share
    comes_back_with_card: Share
    back_after_days: Annotated[list[tuple[_DaysAfter, _Weight]], Field(min_length=1)]

    @model_validator(mode="after")
    def _weigh_something(self) -> Self:
        for name in ("delay_days", "lead_days", "back_after_days"):
            if not any(weight for _, weight in getattr(self, name)):
                raise ValueError(f"{name}: at least one weight must be above zero")
        return self


class CounterHours(_Part):
    """When the counter is open on an open day, and when a clerk goes through imported notices."""

    opens: time
    closes: time
    confirms_notices_at: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.opens < self.closes:
            raise ValueError("opens must come before closes")
        return self


class Exchange(_Part):
    """The daily exchange, by the clock in Japan."""

    at: time


class OutageWindow(_Part):
    """An outage of the network, by the clock in Japan."""

    ja: str
    en: str
    from_: Annotated[datetime, Field(alias="from")]
    until: datetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.from_ < self.until:
            raise ValueError("from must come before until")
        return self


class Network(_Part):
    """The municipality's access line. `rate_kbps` 0: no limit."""

    rate_kbps: Annotated[int, Field(ge=0)]
    latency_ms: Annotated[int, Field(ge=0)]
    outages: list[OutageWindow] = []


class BadBatch(_Part):
    """A batch that must be refused, put on the line at an instant."""

    kind: Literal["truncated", "altered", "foreign"]
    at: datetime


class Assumption(_Part):
    """Something a figure of the report rests on, in both languages, with its source."""

    ja: str
    en: str
    source_ja: str
    source_en: str


class Scenario(_Part):
    """One study. Dates and clock times are those of Japan."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title_ja: str
    title_en: str
    start: Annotated[date, Field(ge=date(2012, 7, 9))]
    days: Annotated[int, Field(ge=1, le=3660)]
    municipality: Municipality
    population: PopulationShares
    rates: Rates
    filing: FilingHabits
    counter: CounterHours
    exchange: Exchange
    lgwan: Network
    bad_batches: list[BadBatch] = []
    assumptions: list[Assumption] = []


def names() -> list[str]:
    """The scenarios that come with the harness."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name_or_path: str) -> Scenario:
    """The scenario of that name, or of that file when it ends in `.toml`.

    Raises:
        UsageError: no such scenario, not TOML, a wrong key or value; each with its place.
    """
    path = Path(name_or_path) if name_or_path.endswith(".toml") else FOLDER / f"{name_or_path}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = nearest(name_or_path, names())
        raise UsageError(
            f"there is no scenario {name_or_path!r}",
            expected=", ".join(names()) + ", or a file that ends in .toml",
            received=str(error.strerror),
            remedy=f"did you mean `renkei sim run {hint}`?" if hint else "`renkei sim scenarios` lists them",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("the scenario is not TOML", where=str(path), received=str(error)) from error
    try:
        return Scenario.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, path) from error


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario, for editors and for other programs."""
    return Scenario.model_json_schema()


def _explained(error: ValidationError, path: Path) -> UsageError:
    """The first fault with its place; a wrong key with the nearest right one."""
    faults = error.errors(include_url=False)
    # A misspelt key shows twice, as unknown and as missing: the first of the two says more.
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = _keys_at(first["loc"][:-1])
        hint = nearest(key, known)
        return UsageError(
            f"unknown key {place!r}{more}",
            where=str(path),
            expected=", ".join(known),
            received=key,
            remedy=f"did you mean {hint!r}?" if hint else "remove it",
        )
    return UsageError(
        f"{place or 'the scenario'}: {first['msg']}{more}",
        where=str(path),
        received=repr(first.get("input"))[:120],
        remedy="`renkei sim scenarios --schema` prints what is allowed",
    )


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the scenario at `place` knows, as TOML spells them."""
    model: Any = Scenario
    for part in place:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        model = next(iter(getattr(annotation, "__args__", ())), annotation)
    return sorted(field.alias or name for name, field in model.model_fields.items())

"""A scenario: everything a run needs beside its seed, read from one TOML file.

Outside data, so it is checked completely before anything runs: a wrong key names the nearest right one,
a wrong value says what was expected. The schema is published (`renkei sim scenarios --schema`).
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    ValidationError,
    model_validator,
)

from sim.base.errors import UsageError, nearest
from sim.law.changes import SYSTEM_FIRST_DAY

FOLDER: Final = Path(__file__).parent / "scenarios"

# Certificates and calendars of a run hold until then.
END_OF_TIME: Final = date(2049, 1, 1)


def _naive(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("clock times are those of Japan and bear no offset")
    return clock


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
_Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
_Factor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
_Place = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
_Clock = Annotated[time, AfterValidator(_naive)]
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
    address_prefix: _Place
    towns: Annotated[list[_Place], Field(min_length=1)]
    elsewhere: Annotated[list[_Place], Field(min_length=1)]

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
    months: Annotated[list[_Factor], Field(min_length=12, max_length=12)]


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

    opens: _Clock
    closes: _Clock
    confirms_notices_at: _Clock

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.opens < self.closes:
            raise ValueError("opens must come before closes")
        return self


class Exchange(_Part):
    """The daily exchange, by the clock in Japan."""

    at: _Clock


class OutageWindow(_Part):
    """An outage of the network, by the clock in Japan."""

    ja: str
    en: str
    from_: Annotated[NaiveDatetime, Field(alias="from")]
    until: NaiveDatetime

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
    at: NaiveDatetime


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
    start: Annotated[date, Field(ge=SYSTEM_FIRST_DAY)]
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

    @model_validator(mode="after")
    def _in_period(self) -> Self:
        """A file copied with another start must not lose its outages and bad batches without a word."""
        if self.start > END_OF_TIME - timedelta(days=self.days):
            raise ValueError(f"start and days: the last day must lie before {END_OF_TIME}")
        begin = datetime.combine(self.start, time())
        end = begin + timedelta(days=self.days)
        planned = [(f"lgwan.outages.{i}", o.from_, o.until) for i, o in enumerate(self.lgwan.outages)]
        planned += [(f"bad_batches.{i}", bad.at, bad.at) for i, bad in enumerate(self.bad_batches)]
        for place, first, last in planned:
            wrong = first if not begin <= first < end else last if last > end else None
            if wrong is not None:
                period = f"{begin:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}"
                raise ValueError(
                    f"{place}: {wrong:%Y-%m-%d %H:%M} lies outside the scenario's period, {period}"
                )
        return self


def names() -> list[str]:
    """The scenarios that come with the harness."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def text(name: str) -> str:
    """The file of a scenario that comes with the harness, as a starting point for one's own.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise _unknown(name, "renkei sim scenarios --show")
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def lasting(scenario: Scenario, days: int) -> Scenario:
    """The scenario with another number of days; its outages and bad batches stay where they are.

    Raises:
        UsageError: it would run beyond the last day that can be simulated.
    """
    if scenario.start > END_OF_TIME - timedelta(days=days):
        raise UsageError(
            f"{days} days from {scenario.start} are too many",
            where="--days",
            expected=f"a last day before {END_OF_TIME}",
            remedy=f"give at most --days {(END_OF_TIME - scenario.start).days}",
        )
    return scenario.model_copy(update={"days": days})


def _unknown(name: str, command: str, why: str | None = None) -> UsageError:
    hint = nearest(name, names())
    return UsageError(
        f"there is no scenario {name!r}",
        expected=", ".join(names()) + (", or a file that ends in .toml" if why else ""),
        received=why,
        remedy=f"did you mean `{command} {hint}`?" if hint else "`renkei sim scenarios` lists them",
    )


def load(name_or_path: str) -> Scenario:
    """The scenario of that name, or of that file when it ends in `.toml`.

    Raises:
        UsageError: no such scenario, not TOML, a wrong key or value; each with its place.
    """
    path = Path(name_or_path) if name_or_path.endswith(".toml") else FOLDER / f"{name_or_path}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unknown(name_or_path, "renkei sim run", str(error.strerror)) from error
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

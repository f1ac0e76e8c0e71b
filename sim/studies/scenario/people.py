"""Who lives in a scenario's municipalities, what happens to them and how they file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from sim.studies.public_figures import JAPAN_2024
from sim.studies.scenario.parts import DaysAfter, DaysAround, Months, Part, Rate, Share, Weight

SeasonalEvent = Literal[
    "entry_from_abroad",
    "moving_in",
    "moving_within",
    "moving_out",
    "period_extended",
    "birth",
    "departure",
    "record_copy",
]


Persons = Annotated[int, Field(ge=1, le=6)]
Served = Annotated[int, Field(ge=1, le=240)]


class PopulationShares(Part):
    """Who lives there. Shares of nationalities are scaled to add up to one.

    `households`: (persons, weight) of those who move together; by default everybody moves alone.
    """

    special_permanent_share: Share
    nationalities: Annotated[dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Share], Field(min_length=1)]
    households: Annotated[tuple[tuple[Persons, Weight], ...], Field(min_length=1)] = ((1, 1.0),)

    @model_validator(mode="after")
    def _share_something(self) -> Self:
        if not any(self.nationalities.values()):
            raise ValueError("nationalities: at least one share must be above zero")
        if not any(weight for _, weight in self.households):
            raise ValueError("households: at least one weight must be above zero")
        return self


def _or_base(schema: dict[str, Any]) -> None:
    """In the JSON Schema: with a `base`, no rate has to be given."""
    given = {"required": schema.pop("required")}
    based = {"required": ["base"], "properties": {"base": {"const": JAPAN_2024.name}}}
    schema["anyOf"] = [given, based]


class Rates(Part):
    """Events a resident and year; `months` scales January to December, `seasons` single kinds of events.

    `base`: take what is not given from public figures (`sim.studies.public_figures`). `departure`: leaves
    Japan without a filing, so that the agency tells the municipality. `certificate`: certificates of special
    permanent residents that municipalities hand out. `between`: share of the moves inside Japan whose other
    end is a municipality of the scenario too. `same_day`: share of those who move in from elsewhere and leave
    for another municipality of the scenario on the day of their visit.
    """

    model_config = ConfigDict(json_schema_extra=_or_base)

    base: Literal["", "japan-2024"] = ""
    entry_from_abroad: Rate
    moving_in: Rate
    moving_within: Rate
    moving_out: Rate
    period_extended: Rate
    birth: Rate = 0.0
    departure: Rate = 0.0
    record_copy: Rate = 0.0
    certificate: Rate = 0.0
    between: Share = 0.0
    same_day: Share = 0.0
    months: Months
    seasons: Annotated[dict[SeasonalEvent, Months], Field(default={})]

    @model_validator(mode="before")
    @classmethod
    def _from_public_figures(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("base") == JAPAN_2024.name:
            return {**JAPAN_2024.rates(), **given}
        return given

    def factor(self, event: str, month: int) -> float:
        """How much more often than on average the event occurs in the month (1 to 12)."""
        own = next((months for kind, months in self.seasons.items() if kind == event), self.months)
        return own[month - 1]


class FilingHabits(Part):
    """How people file. Lists are (days, weight); negative lead days are moving-outs filed late.

    `service_minutes`: (minutes, weight) at the window, where offices have a queue. `copy_after_days`: how
    soon after an extension somebody asks for a record copy, and `copy_share` how many do. `by_other_share`:
    how many filings another person makes. `forged_share`: cards whose face the chip contradicts;
    `broken_share`: dead chips.
    """

    delay_days: Annotated[list[tuple[DaysAfter, Weight]], Field(min_length=1)]
    lead_days: Annotated[list[tuple[DaysAround, Weight]], Field(min_length=1)]
    card_absent: Share
    comes_back_with_card: Share
    back_after_days: Annotated[list[tuple[DaysAfter, Weight]], Field(min_length=1)]
    service_minutes: Annotated[tuple[tuple[Served, Weight], ...], Field(min_length=1)] = (
        (15, 0.4),
        (25, 0.4),
        (40, 0.2),
    )
    by_other_share: Share = 0.0
    copy_share: Share = 0.0
    copy_after_days: Annotated[tuple[tuple[DaysAfter, Weight], ...], Field(min_length=1)] = (
        (0, 0.5),
        (1, 0.3),
        (3, 0.2),
    )
    forged_share: Share = 0.0
    broken_share: Share = 0.0

    @model_validator(mode="after")
    def _weigh_something(self) -> Self:
        for name in ("delay_days", "lead_days", "back_after_days", "service_minutes", "copy_after_days"):
            if not any(weight for _, weight in getattr(self, name)):
                raise ValueError(f"{name}: at least one weight must be above zero")
        return self

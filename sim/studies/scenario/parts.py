"""What every part of a scenario is made of: bounded numbers, clock times, names."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _naive(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("clock times are those of Japan and bear no offset")
    return clock


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Factor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Months = Annotated[list[Factor], Field(min_length=12, max_length=12)]
Place = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
Clock = Annotated[time, AfterValidator(_naive)]
DaysAfter = Annotated[int, Field(ge=0, le=365)]
DaysAround = Annotated[int, Field(ge=-365, le=365)]
Minutes = Annotated[int, Field(ge=0, le=24 * 60)]


class Part(BaseModel):
    """Nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

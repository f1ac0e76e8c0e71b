"""What a load test is: a shape, read from a TOML file that comes along or is one's own.

A shape says who takes part, how many records a night brings, in which window, how the terminals' starts lie
in it, what the lines are like, and what must hold in the end. The night's clock may run faster than the wall
clock (`window.factor`): then the same exchanges come closer together, which is harder on the server and no
easier on the lines. Who has how much follows from it in `load.volumes`, who begins when in `load.plan`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from load.results import PHASES, Kind, Threshold
from sim.base.errors import UsageError, nearest
from sim.base.outside import toml_of, validated
from sim.exchange.municipality import is_municipality

FOLDER: Final = Path(__file__).parent
REMEDY: Final = "`renkei load list nightly` prints a shape with a word on each key: change that"
DAY: Final = 86_400

Name = Annotated[str, StringConstraints(pattern=r"\A[a-z][a-z0-9-]{0,39}\z")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Share = Annotated[float, Field(ge=0, le=1)]
Code = Annotated[str, StringConstraints(pattern=r"\A[0-9]{6}\z")]


class Table(BaseModel):
    """A table of a shape's file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Giant(Table):
    """A municipality with so many records of its own, above what falls to it."""

    code: Annotated[Code, Field(description="its municipality code")]
    records: Annotated[int, Field(ge=1, le=1_000_000, description="a night, beside its share of the total")]

    @field_validator("code")
    @classmethod
    def _exists(cls, code: str) -> str:
        return _checked(code)


class Endpoints(Table):
    """Who takes part: everybody; or those of `only`; or the `per_class` largest of each size."""

    only: Annotated[tuple[Code, ...], Field(description="municipality codes; none: everybody")] = ()
    per_class: Annotated[
        int, Field(ge=0, le=2_000, description="so many largest of each size of municipality; 0: all")
    ] = 0

    @field_validator("only")
    @classmethod
    def _exist(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(codes)) < len(codes):
            raise ValueError("a municipality is listed twice")
        return tuple(_checked(code) for code in codes)


class Records(Table):
    """How many records a night brings: `total`, `times` over, and the giants' beside them."""

    total: Annotated[int, Field(ge=0, le=1_000_000, description="records of a night")] = 8_000
    times: Annotated[int, Field(ge=1, le=100, description="the total so many times over")] = 1
    among: Annotated[
        Literal["country", "endpoints"],
        Field(description="whose total it is: the country's, or of those alone who take part (endpoints)"),
    ] = "country"
    giants: tuple[Giant, ...] = ()


class WindowSettings(Table):
    """The window, and how much faster its clock runs."""

    begins: Annotated[time, Field(description="when the first terminals exchange")] = time(22)
    opens: Annotated[time, Field(description="when offices open, the next time after that")] = time(8, 30)
    factor: Annotated[float, Field(ge=1, le=10_000, description="how much faster the night's clock runs")] = (
        1.0
    )
    nights: Annotated[int, Field(ge=1, le=1_000, description="one after the other")] = 1

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.begins == self.opens:
            raise ValueError("the window begins and ends at the same time")
        return self

    @property
    def length(self) -> int:
        """Seconds of the night from its begin to the opening."""
        return (_seconds(self.opens) - _seconds(self.begins)) % DAY

    @property
    def lasts(self) -> int:
        """How long one window lasts in the run, in microseconds."""
        return self.run(self.length)

    def run(self, seconds: float) -> int:
        """Seconds of the night as microseconds of the run."""
        return round(seconds * 1_000_000 / self.factor)

    def after_begin(self, clock: time) -> int:
        """Seconds of the night from the window's begin to a clock time."""
        return (_seconds(clock) - _seconds(self.begins)) % DAY


class Arrivals(Table):
    """How the intended starts lie in the window.

    `schedules`: each terminal has its quarter of an hour from the begin to `last`, and the early ones are
    taken more often than the late ones; it starts within `jitter` seconds of it. `even`: spread evenly from
    the begin to `last`, and `jitter`. `at_once`: all within `jitter` seconds of the begin.
    """

    spread: Annotated[
        Literal["schedules", "even", "at_once"],
        Field(description="of the starts: in quarters of an hour (schedules), even, at_once"),
    ] = "schedules"
    last: Annotated[time, Field(description="of the starts; not for at_once")] = time(4)
    jitter: Annotated[
        float, Field(ge=0, le=7_200, description="seconds of the night by which starts are drawn apart")
    ] = 840.0


class Cut(Table):
    """Nothing passes between two clock times of the night."""

    ja: Annotated[Line, Field(description="what the report calls it")]
    en: Line
    start: Annotated[time, Field(alias="from", description="by the night's clock")]
    until: time
    declared: Annotated[bool, Field(description="it was announced: terminals wait for its end")] = False


class Lines(Table):
    """The line of each municipality; as it is, whatever the night's clock does."""

    rate_kbps: Annotated[
        int, Field(ge=0, le=10_000_000, description="kbit/s, both directions together; 0: no limit")
    ] = 1_500
    latency_ms: Annotated[int, Field(ge=0, le=10_000, description="one way")] = 25
    loss: Annotated[float, Field(ge=0, le=0.5, description="how probably a segment is lost; 0 to 0.5")] = 0.0
    rates_kbps: Annotated[
        tuple[Annotated[int, Field(ge=1, le=10_000_000)], ...],
        Field(description="instead of rate_kbps several, rising: the run is made once for each"),
    ] = ()
    outages: tuple[Cut, ...] = ()

    @field_validator("rates_kbps")
    @classmethod
    def _rising(cls, rates: tuple[int, ...]) -> tuple[int, ...]:
        if list(rates) != sorted(set(rates)):
            raise ValueError("rates rise, each given once")
        return rates


class Limit(Table):
    """A threshold: see `load.results.Threshold`."""

    id: Annotated[Name, Field(description="a name of your own")]
    kind: Annotated[Kind, Field(description=f"one of {', '.join(get_args(Kind))}")]
    limit: Annotated[
        float,
        Field(
            ge=0,
            description="at most this; of margin and rates_found at least this."
            " Counts; shares from 0 to 1; times in microseconds",
        ),
    ]
    requirement: Annotated[
        str, StringConstraints(max_length=40), Field(description="row of the register that it answers")
    ] = ""
    phase: Annotated[
        str,
        StringConstraints(max_length=40),
        Field(description=f"of kind percentile, what is timed: one of {', '.join(PHASES)}"),
    ] = ""
    percentile: Annotated[float, Field(ge=0, le=100, description="of kind percentile: which one")] = 0.0
    corrected: Annotated[bool, Field(description="timed from the intended start, not from the real one")] = (
        True
    )

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if (self.kind == "percentile") != bool(self.phase and self.percentile):
            raise ValueError('phase and percentile belong to kind = "percentile", and it needs both')
        return self

    @property
    def threshold(self) -> Threshold:
        return Threshold(**self.model_dump())


class Shape(Table):
    """A whole shape."""

    name: Annotated[Name, Field(description="small letters, digits, -")]
    title_ja: Line
    title_en: Line
    shows_ja: Annotated[Line, Field(description="what one learns from it")]
    shows_en: Line
    answers: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=40)], ...],
        Field(description="rows of the register of requirements"),
    ] = ()
    endpoints: Endpoints = Endpoints()
    records: Records = Records()
    window: WindowSettings = WindowSettings()
    arrivals: Arrivals = Arrivals()
    lines: Lines = Lines()
    late_after_ms: Annotated[
        int,
        Field(ge=1, le=60_000, description="behind its intended start, from which a start counts as late"),
    ] = 100
    thresholds: tuple[Limit, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        ids = [limit.id for limit in self.thresholds]
        if len(set(ids)) < len(ids):
            raise ValueError("two thresholds have the same id")
        if self.arrivals.spread != "at_once":
            last = self.window.after_begin(self.arrivals.last) + self.arrivals.jitter
            if last > self.window.length:
                raise ValueError("arrivals.last and its jitter lie inside the window")
        elif self.arrivals.jitter > self.window.length:
            raise ValueError("arrivals.jitter is no longer than the window")
        for cut in self.lines.outages:
            start, until = self.window.after_begin(cut.start), self.window.after_begin(cut.until)
            if not start < until <= self.window.length:
                raise ValueError("an outage lies inside the window")
        return self

    @property
    def limits(self) -> tuple[Threshold, ...]:
        """What must hold in the end."""
        return tuple(limit.threshold for limit in self.thresholds)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all that the shape says, defaults included."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


def names() -> list[str]:
    """The shapes that come along."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.toml"))


def load(name_or_path: str) -> Shape:
    """The shape of that name, or of that file when it ends in `.toml`.

    Raises:
        UsageError: no such shape, not TOML, a wrong key or value; each with its place.
    """
    own = name_or_path.endswith(".toml")
    if not own and name_or_path not in names():
        hint = nearest(name_or_path, names())
        raise UsageError(
            f"there is no load test {name_or_path!r}",
            expected=", ".join(names()) + ", or a file that ends in .toml",
            remedy=f"did you mean `renkei load run {hint}`?" if hint else "`renkei load list` tells them",
        )
    path = Path(name_or_path) if own else FOLDER / f"{name_or_path}.toml"
    return validated(Shape, toml_of(path, "the load test", REMEDY)[1], str(path), REMEDY)


def text(shape: Shape) -> str:
    """All that a shape says, defaults included, in the form of its file, with a word on each key."""
    return "\n".join(_rows("", shape))


def _rows(name: str, table: Table, explained: bool = True) -> list[str]:
    """A table's own keys, and then the tables under it; of tables of one kind the first is explained."""
    own: list[str] = []
    under: list[str] = []
    for attribute, field in type(table).model_fields.items():
        key, value = field.alias or attribute, getattr(table, attribute)
        place = f"{name}.{key}" if name else key
        if isinstance(value, Table):
            under += ["", f"[{place}]", *_rows(place, value)]
        elif isinstance(value, tuple) and value and isinstance(value[0], Table):
            for i, one in enumerate(value):
                under += ["", f"[[{place}]]", *_rows(place, one, i == 0)]
        else:
            if explained and field.description:
                own.append(f"# {field.description}")
            own.append(f"{key} = {_toml(value)}")
    return own + under


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # What JSON writes for text and numbers is TOML.
    return value.isoformat() if isinstance(value, time) else json.dumps(value, ensure_ascii=False)


def changed(shape: Shape, **parts: dict[str, Any]) -> Shape:
    """The shape with some values of some tables set otherwise: `changed(shape, records={"total": 100})`.

    Raises:
        UsageError: no such key, or a value that the shape cannot have.
    """
    raw = shape.model_dump(by_alias=True)
    for table, values in parts.items():
        raw[table] = {**raw[table], **values}
    return validated(Shape, raw, f"a change of {shape.name}", REMEDY)


def _seconds(clock: time) -> int:
    return clock.hour * 3_600 + clock.minute * 60 + clock.second


def _checked(code: str) -> str:
    if not is_municipality(code):
        raise ValueError(f"the last digit of {code} is not the check digit of the others")
    return code

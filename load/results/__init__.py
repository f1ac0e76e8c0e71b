"""What a load test measured, as values: the file `load.json`.

Reports read this module and nothing else of the package. The file explains itself: what was asked, on which
machine, with which data, what came of each record, how long each exchange took, and what was judged of it.

Times are whole microseconds from the beginning of the run, spans too; sizes are bytes, rates bits a second.
A night's clock runs faster than the wall clock when its window is compressed; everything here is what the
wall clock showed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from load.results.asked import Machine, Night, Plan, Run, SizeClass, Window
from load.results.found import Balance, Completion, Generator, Moment, Network, Outage, Series, Server, Worker
from load.results.judged import OF_GENERATOR, Found, Judged, Kind, Outcome, RateAnswer, Threshold, Trial, Unit
from load.results.parts import Part, Words
from load.results.spans import (
    DIGITS,
    LONGEST,
    PERCENTS,
    PHASES,
    Histogram,
    Phase,
    Quantile,
    packed,
    quantiles,
    unpacked,
)
from sim.base.errors import UsageError

__all__ = [
    "DIGITS",
    "LONGEST",
    "OF_GENERATOR",
    "PERCENTS",
    "PHASES",
    "REPORT_FILE",
    "RESULTS_FILE",
    "VERSION",
    "Balance",
    "Completion",
    "Found",
    "Generator",
    "Histogram",
    "Judged",
    "Kind",
    "Machine",
    "Moment",
    "Network",
    "Night",
    "Outage",
    "Outcome",
    "Part",
    "Phase",
    "Plan",
    "Quantile",
    "RateAnswer",
    "Results",
    "Run",
    "Series",
    "Server",
    "SizeClass",
    "Threshold",
    "Trial",
    "Unit",
    "Window",
    "Words",
    "Worker",
    "packed",
    "quantiles",
    "read",
    "schema",
    "schema_text",
    "unpacked",
    "write",
]

VERSION: Final = 1
RESULTS_FILE: Final = "load.json"
REPORT_FILE: Final = "load.html"
"""Names in the folder of a run."""


class Results(Part, frozen=True, kw_only=True):
    """A whole run: the content of `load.json`."""

    version: Literal[1] = 1
    run: Run
    window: Window
    plan: Plan
    batches: Balance
    records: Balance
    phases: tuple[Phase, ...]
    series: Series
    completion: tuple[Completion, ...]
    generator: Generator
    server: Server
    network: Network
    trials: tuple[Trial, ...] = ()
    rates: tuple[RateAnswer, ...] = ()
    judged: tuple[Judged, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Of the whole run. It passes when all that it was planned large enough for was judged and held. A
        fault of the generator alone says nothing of what was tested: then the run is not judged."""
        counted = [one for one in self.judged if one.outcome != "too_few"]
        found = {one.outcome for one in counted if one.threshold.kind not in OF_GENERATOR}
        if "fail" in found:
            return "fail"
        sound = all(one.outcome == "pass" for one in counted if one.threshold.kind in OF_GENERATOR)
        return "pass" if found == {"pass"} and sound and not self.run.stopped else "not_judged"

    @property
    def text(self) -> bytes:
        """The file, the same bytes for the same results."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


def write(results: Results, directory: Path) -> Path:
    """Writes `load.json` into the folder of the run, whole or not at all, and says where it is."""
    target = directory / RESULTS_FILE
    part = target.with_suffix(".part")
    part.write_bytes(results.text)
    part.replace(target)
    return target


def read(directory: Path) -> Results:
    """The results in the folder of a run.

    Raises:
        UsageError: there are none, or they are of another form or version.
    """
    path = directory / RESULTS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            "there are no results of a load test here",
            where=str(path),
            received=str(error.strerror),
            remedy="give the folder that `renkei load run NAME --out DIR` wrote",
        ) from error
    try:
        return msgspec.json.decode(data, type=Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            "the results of the load test cannot be read",
            where=str(path),
            expected=f"docs/load.schema.json, version {VERSION}",
            received=str(error),
            remedy="run it again, or read it with the release that wrote it",
        ) from error


def schema() -> dict[str, Any]:
    """The JSON Schema of `load.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"renkei {RESULTS_FILE}",
    } | msgspec.json.schema(Results)


def schema_text() -> str:
    """The same as text: docs/load.schema.json is this text."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=2).decode() + "\n"

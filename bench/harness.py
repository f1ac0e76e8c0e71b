"""What every benchmark shares: fresh processes, pairs of measurements, the equality check, one table.

Machines drift by a quarter from run to run, so a comparison is a ratio of two measurements taken one after
the other, several times, and the median of these ratios. Each measurement has a process of its own: only so
is the peak of its memory its own. This module imports nothing heavy, because the parent must stay small.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = (
    "simpy",
    "pydantic",
    "msgspec",
    "numpy",
    "polars",
    "pyarrow",
    "lxml",
    "cryptography",
    "typer",
    "uvicorn",
    "starlette",
    "fastapi",
    "sqlalchemy",
)

Say = Callable[[str], None]


class Unequal(Exception):
    """The two sides did not give the same results, so their speeds cannot be compared."""


class CannotRun(Exception):
    """Something that the benchmark needs is missing or broke."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for. `full` is the row as it stands in the table of targets."""

    days: int = 365
    residents: int = 42_157
    repeats: int = 5

    @property
    def full(self) -> bool:
        """Whether a figure of this run may be held against an absolute target."""
        return self.days == Options.days and self.residents == Options.residents


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: at least, or at most, `limit`."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the value reaches the target."""
        return value >= self.limit if self.at_least else value <= self.limit

    def text(self, unit: str) -> str:
        """The target for people."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {unit}"


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the ends of repeated measurements."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, smallest and largest of at least one value."""
    return Spread(median(values), min(values), max(values))


def ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    """How many times longer the first took, pair by pair: only measurements of one pair belong together."""
    return [a / b for a, b in zip(slow, fast, strict=True)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. A goal that does not apply to this run is left out."""

    row: str
    measure: str
    unit: str
    spread: Spread
    goal: Goal | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the goal; None when there is none."""
        return None if self.goal is None else self.goal.met(self.spread.median)


# --- measuring ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one side, taken in a process of its own. `cpu`: seconds that the process worked."""

    seconds: float
    cpu: float
    peak_mb: float
    outcome: dict[str, Any] = field(default_factory=dict)


def report(work: Callable[[], dict[str, Any]]) -> None:
    """In the child: does the work and prints its sample as the last line."""
    begun, worked = time.perf_counter(), time.process_time()
    outcome = work()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    print(json.dumps(asdict(Sample(seconds, cpu, peak_mb(), outcome))))


def sample(script: Path, *arguments: str) -> Sample:
    """In the parent: the sample of a fresh process that runs `script`.

    Raises:
        CannotRun: it failed, or printed no sample.
    """
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise CannotRun(
            f"{script.name} {' '.join(arguments)}: {_last(done.stderr) or f'exit {done.returncode}'}"
        )
    return Sample(**json.loads(lines[-1]))


def peak_mb() -> float:
    """The most memory that this process held at once, in MB (10⁶ bytes).

    Linux hands the parent's peak on to `ru_maxrss` when a process starts a program; its own is VmHWM.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        rows = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return int(rows["VmHWM"].split()[0]) * 1024 / 1e6
    except (OSError, KeyError):
        import resource

        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def wall(command: Sequence[str], cwd: Path) -> float:
    """How many seconds a whole process takes.

    Raises:
        CannotRun: it did not end with exit code 0.
    """
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        raise CannotRun(f"{Path(command[0]).name}: {_last(done.stderr) or f'exit {done.returncode}'}")
    return seconds


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


# --- equal results first -----------------------------------------------------------------------------
def assert_equal(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Both sides did the same work.

    Raises:
        Unequal: they did not; the message names each place with both values.
    """
    found = differences(ours, theirs)
    if found:
        raise Unequal("the two sides differ: " + "; ".join(found))


def differences(ours: Any, theirs: Any, place: str = "") -> list[str]:
    """Every place at which two nested results differ, as `place: ours ≠ theirs`."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return [
            line
            for key in sorted({*ours, *theirs})
            for line in differences(ours.get(key), theirs.get(key), f"{place}.{key}" if place else key)
        ]
    return [] if ours == theirs else [f"{place}: {ours!r} ≠ {theirs!r}"]


# --- the table ---------------------------------------------------------------------------------------
_HEAD: Final = ("row", "measure", "median", "min", "max", "to reach", "reached")


def versions() -> dict[str, str]:
    """Python and the packages that the figures depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def machine() -> dict[str, Any]:
    """The little about the machine that belongs beside a figure."""
    return {"system": platform.system(), "processor": platform.machine(), "cpus": os.cpu_count()}


def cells(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """The table as text, head first."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for figure in figures:
        unit, seen = figure.unit, figure.spread
        goal = figure.goal.text(unit) if figure.goal is not None else "–"
        reached = {True: "yes", False: "no", None: "–"}[figure.reached]
        shown = (f"{_short(value)} {unit}" for value in (seen.median, seen.low, seen.high))
        rows.append((figure.row, figure.measure, *shown, goal, reached))
    return rows


def plain(figures: Sequence[Figure]) -> str:
    """The table for a terminal."""
    rows = cells(figures)
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def markdown(figures: Sequence[Figure], foot: Sequence[str]) -> str:
    """The table for a page, with what stands below it."""
    rows = ["| " + " | ".join(row) + " |" for row in cells(figures)]
    rows.insert(1, "|" + "---|" * len(_HEAD))
    return "\n".join(["# Speed", "", *rows, "", *(f"- {line}" for line in foot), ""])


def document(
    figures: Sequence[Figure], options: Options, notes: Sequence[str], problems: Sequence[str]
) -> str:
    """The table for a program."""
    rows = [
        {
            "row": figure.row,
            "measure": figure.measure,
            "unit": figure.unit,
            **asdict(figure.spread),
            "goal": None if figure.goal is None else asdict(figure.goal),
            "reached": figure.reached,
        }
        for figure in figures
    ]
    whole = {
        "v": 1,
        "versions": versions(),
        "machine": machine(),
        "options": asdict(options),
        "figures": rows,
        "notes": list(notes),
        "problems": list(problems),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _short(value: float) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"

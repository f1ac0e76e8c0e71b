"""All benchmarks, one table: `make bench`, or `python bench/run.py --days 30 --repeats 1` for a quick look.

Speed is reported, never asserted. Exit codes: 0 measured; 1 the two sides of a comparison gave different
results; 2 a benchmark could not run. Whatever was measured before is written in every case.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import (
    card_pcscd,
    card_read,
    card_soak,
    command_start,
    csv_batches,
    forty_cities,
    harness,
    intake,
    shinjuku_year,
    sweeps,
    xml_batches,
)
from bench.harness import CannotRun, Figure, Options, Unequal

ROWS: Final = {
    "shinjuku_year": shinjuku_year,
    "forty_cities": forty_cities,
    "sweeps": sweeps,
    "csv_batches": csv_batches,
    "xml_batches": xml_batches,
    "card_read": card_read,
    "card_pcscd": card_pcscd,
    "card_soak": card_soak,
    "intake": intake,
    "command_start": command_start,
}

MEASURED: Final = 0
UNEQUAL: Final = 1
CANNOT_RUN: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints and writes; gives the exit code."""
    given = _arguments(arguments)
    options = Options(given.days, given.residents, given.repeats)
    figures: list[Figure] = []
    notes: list[str] = []
    problems: list[str] = []
    code = MEASURED
    for name in given.only or ROWS:

        def say(text: str, name: str = name) -> None:
            print(f"{name}: {text}", file=sys.stderr, flush=True)

        try:
            figures += ROWS[name].measure(options, say)
            notes += ROWS[name].NOTES
        except Unequal as error:
            problems.append(f"{name}: {error}")
            code = UNEQUAL
        except CannotRun as error:
            problems.append(f"{name}: {error}")
            code = code or CANNOT_RUN
    foot = _foot(options)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "bench.json").write_text(
        harness.document(figures, options, notes, problems), encoding="utf-8"
    )
    (given.out / "bench.md").write_text(
        harness.markdown(figures, [*foot, *notes, *problems]), encoding="utf-8"
    )
    print(harness.plain(figures))
    print()
    for line in (*foot, *notes):
        print(line)
    for line in problems:
        print(f"bench: {line}", file=sys.stderr)
    return code


def _foot(options: Options) -> list[str]:
    with_what = ", ".join(f"{name} {version}" for name, version in harness.versions().items())
    on = harness.machine()
    lines = [f"{with_what}; {on['system']} {on['processor']}, {on['cpus']} CPUs"]
    if not options.full:
        lines.append("Not the whole row (--days or --residents), so its targets are left out.")
    return lines


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    usual = Options()
    parser = argparse.ArgumentParser(description="Measure renkei against what one would use instead.")
    parser.add_argument("--days", type=_positive, default=usual.days, help=f"days to simulate ({usual.days})")
    parser.add_argument(
        "--residents", type=_positive, default=usual.residents, help=f"people ({usual.residents})"
    )
    parser.add_argument("--repeats", type=_positive, default=usual.repeats, help=f"pairs ({usual.repeats})")
    parser.add_argument(
        "--only", action="append", choices=sorted(ROWS), help="this benchmark only; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, default=harness.ROOT / "build", help="folder for bench.json, bench.md"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

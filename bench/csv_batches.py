"""Row "CSV batches": a batch read into judged columns and written again, beside csv with a validated object
per record, and beside pyarrow alone, which judges nothing and hashes nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import Figure, Goal, Options, Sample, Say, assert_equal, ratios, spread

ROW: Final = "CSV batches"
OURS: Final = "ours"
OBJECTS: Final = "objects"
ARROW: Final = "arrow"
CHECK: Final = "check"
SIDES: Final = (OURS, OBJECTS, ARROW)
FORM: Final = "csv"

NOTES: Final = (
    "CSV batches: 150,000 notices of 22 items; ours is read and judged as columns, its digest checked, and "
    "written with a new one; csv fills a pydantic object a record; pyarrow reads and writes alone.",
    "CSV batches: what is written stays in memory: ours in the pieces that it hands out, pyarrow's "
    "in its own buffer.",
    "CSV batches: pyarrow makes dates of dates, as ours does; but dates of birth ours judges and leaves as "
    "texts, since a part of one may be unknown; the best of three within a process.",
)


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row."""
    from bench.notices import FILE_ROWS, write_file

    with TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        write_file(small, FILE_ROWS, FORM)
        write_file(large, 4 * FILE_ROWS, FORM)
        samples: dict[str, list[Sample]] = {side: [] for side in SIDES}
        for turn in range(options.repeats):
            for side in SIDES:
                samples[side].append(harness.sample(Path(__file__), side, str(small)))
            same = {side: dict(samples[side][-1].outcome) for side in SIDES}
            for outcome in same.values():
                outcome.pop("decode")
                outcome.pop("encode")
            assert_equal(same[OURS], same[OBJECTS])
            say(f"{turn + 1} of {options.repeats}")
        checks = [harness.sample(Path(__file__), CHECK, str(path)) for path in (small, large)]
    return figures(samples, checks, FILE_ROWS)


def figures(samples: dict[str, list[Sample]], checks: list[Sample], rows: int) -> list[Figure]:
    """The table's lines, from measurements."""
    found = []
    for step in ("decode", "encode"):
        times = {side: [one.outcome[step] for one in samples[side]] for side in SIDES}
        found += [
            Figure(ROW, f"{step}, ours", "k rows/s", spread([rows / t / 1000 for t in times[OURS]])),
            Figure(
                ROW,
                f"{step}: csv and objects / ours",
                "×",
                spread(ratios(times[OBJECTS], times[OURS])),
                Goal(4, at_least=True),
            ),
            Figure(
                ROW,
                f"{step}: pyarrow alone / ours",
                "×",
                spread(ratios(times[ARROW], times[OURS])),
                Goal(0.5, at_least=True),
            ),
        ]
    small, large = checks
    return [
        *found,
        Figure(ROW, "check, whole", "k rows/s", spread([4 * rows / large.seconds / 1000])),
        Figure(ROW, "check, peak of memory", "MB", spread([large.peak_mb])),
        Figure(ROW, "check, peak of four times the rows", "×", spread([large.peak_mb / small.peak_mb])),
    ]


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest of three times, and the last result."""
    shortest, result = float("inf"), None
    for _ in range(3):
        begun = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - begun)
    return shortest, result


# --- the sides, each in a process of its own ---------------------------------------------------------
def ours(path: Path) -> dict[str, Any]:
    """Judged columns."""
    from bench.notices import LAYOUT, PROFILE, fingerprint
    from sim.exchange.tabular import read_tables, write_tables

    content = path.read_bytes()
    decode, read = best(lambda: read_tables([content], PROFILE))
    assert read.header is not None
    assert not read.findings and not read.faults
    encode, pieces = best(lambda: list(write_tables(read.header, read.tables, PROFILE, FORM)))
    again = b"".join(pieces)
    assert again == content
    rows = (row for table in read.tables for row in table.frame.select(LAYOUT.items).iter_rows())
    return {"decode": decode, "encode": encode, "values": fingerprint(rows), "bytes": len(again)}


def objects(path: Path) -> dict[str, Any]:
    """csv, and a pydantic object a record; the digest is checked as ours is."""
    import csv
    import hashlib
    import io

    from bench.notices import LAYOUT, Notice, fingerprint, values_of

    content = path.read_bytes()
    items = LAYOUT.items

    def read() -> list[Notice]:
        cut = content.rindex(b"\r\nT,") + 2
        digest = content[cut:].split(b",")[2].strip().decode()
        if hashlib.sha256(content[:cut]).hexdigest() != digest:
            raise ValueError("the digest differs")
        rows = csv.reader(io.StringIO(content[:cut].decode(), newline=""))
        next(rows)
        return [Notice.model_validate(dict(zip(items, row[2:], strict=True))) for row in rows]

    decode, notices = best(read)
    head = content[: content.index(b"\n") + 1].decode()

    def write() -> bytes:
        buffer = io.StringIO(newline="")
        buffer.write(head)
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerows(["D", "MN", *row] for row in values_of(notices))
        body = buffer.getvalue().encode()
        return body + f"T,{len(notices)},{hashlib.sha256(body).hexdigest()}\r\n".encode()

    encode, again = best(write)
    assert again == content
    return {
        "decode": decode,
        "encode": encode,
        "values": fingerprint(values_of(notices)),
        "bytes": len(again),
    }


def arrow(path: Path) -> dict[str, Any]:
    """pyarrow, with nothing around it."""
    import io

    import pyarrow
    from pyarrow import csv

    content = path.read_bytes()
    body = content[content.index(b"\n") + 1 : content.rindex(b"\r\nT,") + 2]
    names = csv.ReadOptions(autogenerate_column_names=True)
    decode, table = best(lambda: csv.read_csv(io.BytesIO(body), read_options=names))
    plain = csv.WriteOptions(include_header=False, quoting_style="needed")

    def write() -> Any:
        buffer = pyarrow.BufferOutputStream()
        csv.write_csv(table, buffer, plain)
        return buffer.getvalue()

    encode, _ = best(write)
    return {"decode": decode, "encode": encode, "values": "", "bytes": len(content)}


def checking(path: Path) -> dict[str, Any]:
    """`renkei exchange check`, without the start of the program."""
    from sim.exchange.batch import PIECE
    from sim.exchange.check import check
    from sim.exchange.profile import open_profiles

    with path.open("rb") as stream:
        found = check(iter(lambda: stream.read(PIECE), b""), open_profiles())
    assert found.good, found.findings[:3]
    return {}


def main(side: str, path: Path) -> None:
    """In the child."""
    work = {OURS: ours, OBJECTS: objects, ARROW: arrow, CHECK: checking}[side]
    harness.report(lambda: work(path))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

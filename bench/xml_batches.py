"""Row "XML batches": a batch read into judged columns and written again, beside lxml with the XSD and a
validated object per record."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.csv_batches import CHECK, OBJECTS, OURS, best, checking
from bench.harness import Figure, Goal, Options, Sample, Say, assert_equal, ratios, spread

ROW: Final = "XML batches"
FOREIGN: Final = "foreign"
SIDES: Final = (OURS, OBJECTS, FOREIGN)
FORM: Final = "xml"

NOTES: Final = (
    "XML batches: 150,000 notices of 22 items in canonical form; lxml reads record by record, holds the file "
    "against the XSD and fills a pydantic object a record; both check the digest and make a new one.",
    "XML batches: foreign is the same batch indented by another program, which goes through lxml here, too.",
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
            same = [
                {"values": samples[side][-1].outcome["values"], "bytes": samples[side][-1].outcome["bytes"]}
                for side in (OURS, OBJECTS)
            ]
            assert_equal(*same)
            say(f"{turn + 1} of {options.repeats}")
        checks = [harness.sample(Path(__file__), CHECK, str(path)) for path in (small, large)]
    return figures(samples, checks, FILE_ROWS)


def figures(samples: dict[str, list[Sample]], checks: list[Sample], rows: int) -> list[Figure]:
    """The table's lines, from measurements."""
    found = []
    for step in ("decode", "encode"):
        times = {side: [one.outcome[step] for one in samples[side]] for side in (OURS, OBJECTS)}
        goal = Goal(1.5, at_least=True)
        found += [
            Figure(ROW, f"{step}, ours", "k rows/s", spread([rows / t / 1000 for t in times[OURS]])),
            Figure(
                ROW,
                f"{step}: lxml, XSD and objects / ours",
                "×",
                spread(ratios(times[OBJECTS], times[OURS])),
                goal,
            ),
        ]
    foreign = [rows / one.outcome["decode"] / 1000 for one in samples[FOREIGN]]
    small, large = checks
    return [
        *found,
        Figure(ROW, "decode, ours, foreign", "k rows/s", spread(foreign)),
        Figure(ROW, "check, whole", "k rows/s", spread([4 * rows / large.seconds / 1000])),
        Figure(ROW, "check, peak of memory", "MB", spread([large.peak_mb])),
        Figure(ROW, "check, peak of four times the rows", "×", spread([large.peak_mb / small.peak_mb])),
    ]


# --- the sides, each in a process of its own ---------------------------------------------------------
def ours(path: Path) -> dict[str, Any]:
    """Judged columns."""
    from bench.notices import LAYOUT, PROFILE, fingerprint
    from sim.exchange.tabular import read_tables, write_tables

    content = path.read_bytes()
    decode, read = best(lambda: read_tables([content], PROFILE))
    assert read.header is not None
    assert not read.findings and not read.faults
    encode, again = best(lambda: b"".join(write_tables(read.header, read.tables, PROFILE, FORM)))
    assert again == content
    rows = (row for table in read.tables for row in table.frame.select(LAYOUT.items).iter_rows())
    return {"decode": decode, "encode": encode, "values": fingerprint(rows), "bytes": len(again)}


def foreign(path: Path) -> dict[str, Any]:
    """Judged columns, from a file that is not in canonical form."""
    import hashlib

    from bench.notices import PROFILE
    from sim.exchange.tabular import read_tables

    content = path.read_bytes()
    cut = content.index(b"<trailer>")
    body = content[:cut].replace(b"<municipality_notice>", b"  <municipality_notice>\n    ")
    digest = hashlib.sha256(body).hexdigest().encode()
    tail = content[cut:]
    start = tail.index(b"<digest>") + len(b"<digest>")
    indented = body + tail[:start] + digest + tail[start + len(digest) :]
    decode, read = best(lambda: read_tables([indented], PROFILE))
    assert not read.findings and not read.faults
    return {"decode": decode}


def objects(path: Path) -> dict[str, Any]:
    """lxml with the XSD, and a pydantic object a record; the digest is checked as ours is."""
    import hashlib
    import io

    from lxml import etree

    from bench.notices import LAYOUT, PROFILE, Notice, fingerprint, values_of
    from sim.exchange.xsd import schema

    content = path.read_bytes()
    items = LAYOUT.items
    prefix = f"{{{PROFILE.namespace}}}"
    xsd = etree.XMLSchema(etree.XML(schema(PROFILE).encode()))

    def read() -> list[Notice]:
        cut = content.index(b"<trailer>")
        digest = hashlib.sha256(content[:cut]).hexdigest().encode()
        if b"<digest>" + digest not in content[cut:]:
            raise ValueError("the digest differs")
        notices = []
        events = etree.iterparse(
            io.BytesIO(content), tag=f"{prefix}municipality_notice", schema=xsd, resolve_entities=False
        )
        for _, found in events:
            notices.append(
                Notice.model_validate(
                    {item: child.text or "" for item, child in zip(items, found, strict=True)}
                )
            )
            found.clear()
            while found.getprevious() is not None:
                del found.getparent()[0]
        return notices

    decode, notices = best(read)
    head = content[: content.index(b"<municipality_notice>")]

    def write() -> bytes:
        buffer = io.BytesIO()
        buffer.write(head)
        for values in values_of(notices):
            record = etree.Element("municipality_notice")
            for item, value in zip(items, values, strict=True):
                etree.SubElement(record, item).text = str(value)
            buffer.write(etree.tostring(record, encoding="UTF-8", xml_declaration=False))
            buffer.write(b"\n")
        body = buffer.getvalue()
        digest = hashlib.sha256(body).hexdigest()
        trailer = f"<trailer><count>{len(notices)}</count><digest>{digest}</digest></trailer>\n</batch>\n"
        return body + trailer.encode()

    encode, again = best(write)
    assert again == content
    return {
        "decode": decode,
        "encode": encode,
        "values": fingerprint(values_of(notices)),
        "bytes": len(again),
    }


def main(side: str, path: Path) -> None:
    """In the child."""
    work = {OURS: ours, OBJECTS: objects, FOREIGN: foreign, CHECK: checking}[side]
    harness.report(lambda: work(path))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

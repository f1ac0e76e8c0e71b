"""The one journal: what happened, in the order in which each node committed it.

A node writes an `Entry` in its step. The store numbers it at commit and it becomes a `Line`, whose id
is `node#n`. Lines of several nodes merge by (at, node, n). Everything that people look at (verdicts,
measures, reports) is a pure function of lines, so an old journal gives the same pages again.

As a file a journal is NDJSON: one line of JSON an entry, `at` in microseconds since 1970 UTC, persons
only under a pseudonym. A line of a newer version than this module knows is refused, not guessed at.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.base.errors import UsageError
from sim.base.instant import Instant

VERSION: Final = 1

Data = dict[str, Any]

# So many lines are written at a time.
_TOGETHER: Final = 256


class Entry(msgspec.Struct, frozen=True):
    """What a step says happened. `case`: one visit or one notice; `subject`: batch, record or person."""

    kind: str
    case: str = ""
    subject: str = ""
    data: Data = {}


class Line(msgspec.Struct, frozen=True):
    """An entry as committed. `cause` is the id of the entry that led to it, empty for an outside input."""

    v: int
    node: str
    n: int
    at: Instant
    kind: str
    cause: str
    case: str
    subject: str
    data: Data

    @property
    def id(self) -> str:
        """The entry's name across all journals of a run: `node#n`."""
        return f"{self.node}#{self.n}"


_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(Line)


def encode(line: Line) -> bytes:
    """One line of the file, without its line feed."""
    return _ENCODER.encode(line)


def decode(data: bytes) -> Line:
    """The line that `encode` wrote.

    Raises:
        UsageError: not a journal line, or of a version that this release does not know.
    """
    try:
        line = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "this is not a line of a journal",
            expected="one JSON object with v, node, n, at, kind, cause, case, subject, data",
            received=f"{data[:80]!r}: {error}",
            remedy="the file is damaged, or no journal: take it again from the run that wrote it",
        ) from error
    if line.v != VERSION:
        raise UsageError(
            "this journal was written by another version",
            expected=f"v = {VERSION}",
            received=f"v = {line.v}",
            remedy="read it with the release that wrote it",
        )
    return line


def encode_together(lines: Sequence[Line]) -> bytes:
    """Lines of the file one after another, each with its line feed."""
    return _ENCODER.encode_lines(lines)


def decode_together(data: bytes) -> list[Line]:
    """The lines that `encode_together` wrote: a store's own, so they are not questioned."""
    return _DECODER.decode_lines(data)


def merge(journals: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """All lines of several journals, each in its own order, as one: by (at, node, n)."""
    return heapq.merge(*journals, key=attrgetter("at", "node", "n"))


def splice(lines: Iterable[Line], node: str) -> Iterator[Line]:
    """The journal without `node`: what a line of it caused is now caused by what had caused that line."""
    kept: list[Line] = []
    causes: dict[str, str] = {}
    for line in lines:
        if line.node == node:
            causes[line.id] = line.cause
        else:
            kept.append(line)
    for line in kept:
        cause = line.cause
        while cause in causes:
            cause = causes[cause]
        yield line if cause == line.cause else msgspec.structs.replace(line, cause=cause)


def write(path: Path, lines: Iterable[Line]) -> int:
    """Writes lines as NDJSON and gives their number."""
    count = 0
    rest = iter(lines)
    with path.open("wb") as file:
        while together := list(itertools.islice(rest, _TOGETHER)):
            file.write(encode_together(together))
            count += len(together)
    return count


def read(path: Path) -> Iterator[Line]:
    """The lines of an NDJSON file, one at a time.

    Raises:
        UsageError: the file is missing, or a line of it is none; the message names the line.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(
            "the journal cannot be opened",
            where=str(path),
            received=str(error.strerror),
            remedy="give the folder that `renkei sim run … --out DIR` wrote",
        ) from error
    with file:
        for number, row in enumerate(file, start=1):
            try:
                yield decode(row)
            except UsageError as error:
                error.where = f"{path}, line {number}"
                raise

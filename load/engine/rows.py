"""What the engine tells of each exchange, and its histograms, in a form that workers can send and merge.

A row is one exchange: when it was intended, when each of its steps was over, what went wrong on the way.
Times are whole microseconds from the beginning of the run, on one clock for all workers. A step that was
not reached has no time. Rows stand in `exchanges.ndjson`, one a line, in the order in which the exchanges
ended.

Spans go into HDR histograms, per phase: from the intended start (corrected: waiting for a server that is
slow, or for a generator that is late, counts) and from the real one. Merging adds counts: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from load.results import DIGITS, LONGEST, Histogram, Phase, packed

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

ROWS: Final = "exchanges.ndjson"
ANSWERS: Final = "answers.bin"

DONE: Final = "done"
FAILED: Final = "failed"
DROPPED: Final = "dropped"
CUT: Final = "cut"


class Answer(msgspec.Struct, frozen=True):
    """A batch that came down. Its sealed bytes lie in `answers.bin`; `acknowledged`: the server took it."""

    key: str
    ref: str
    offset: int
    size: int
    acknowledged: bool


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange. `outcome`: done; failed (it was given up, `failure` says why); dropped (the generator
    had no room to begin it); cut (the run ended before it did).

    `dispatched`: when the generator turned to it; `begun`: when its connection was begun, after an earlier
    exchange of the same endpoint was over; `connected`; `kept`: receipt of its last batch; `decided`: its
    last answer waits; `down`: it is here; `acknowledged`: so the server knows; `ended`.
    `uploads`: the batches that the server has kept. `statuses`: answers by HTTP status. `errors`: what went
    wrong, by code. Bytes are those of the bodies.
    """

    code: str
    nth: int
    night: int
    intended: int
    records: int
    worker: str
    outcome: str
    dispatched: int | None = None
    begun: int | None = None
    connected: int | None = None
    kept: int | None = None
    decided: int | None = None
    down: int | None = None
    acknowledged: int | None = None
    ended: int = 0
    failure: str = ""
    retries: int = 0
    uploads: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    bytes_up: int = 0
    bytes_down: int = 0
    statuses: dict[str, int] = {}
    errors: dict[str, int] = {}

    @property
    def name(self) -> str:
        """As in the schedule."""
        return f"{self.code}.{self.nth}"


encode_row: Final = msgspec.json.Encoder(order="deterministic").encode
_decode_row: Final = msgspec.json.Decoder(Row).decode


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a run, one at a time; a last line that was cut off in the middle is left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _decode_row(line)


# --- histograms ---------------------------------------------------------------------------------------------
# Phase: from which time, to which, and from which when what counts is the intention. The phases after the
# receipt begin when another ends, so they have no intended start of their own.
_SPANS: Final[dict[str, tuple[str, str, str]]] = {
    "exchange": ("begun", "acknowledged", "intended"),
    "connect": ("begun", "connected", "intended"),
    "upload": ("connected", "kept", "intended"),
    "decision": ("kept", "decided", ""),
    "download": ("decided", "down", ""),
    "acknowledge": ("down", "acknowledged", ""),
}


def histogram() -> HdrHistogram:
    """An empty one: from a microsecond to a day, to three digits."""
    from hdrh.histogram import HdrHistogram

    return HdrHistogram(1, LONGEST, DIGITS)


class Histograms:
    """The spans of all phases of the exchanges that were told."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, bool], HdrHistogram] = {}
        self._failed: dict[str, int] = {}

    def take(self, row: Row) -> None:
        """One more exchange. A phase that it did not come to the end of counts as failed, once begun."""
        for phase, (start, end, intention) in _SPANS.items():
            began, ended = getattr(row, start), getattr(row, end)
            if ended is None:
                if began is not None or (intention and row.outcome != CUT):
                    self._failed[phase] = self._failed.get(phase, 0) + 1
                continue
            self._record(phase, False, ended - began)
            if intention:
                self._record(phase, True, ended - getattr(row, intention))

    def _record(self, phase: str, corrected: bool, span: int) -> None:
        spans = self._spans.get((phase, corrected))
        if spans is None:
            spans = self._spans[phase, corrected] = histogram()
        # A span of zero is one of less than a microsecond; one beyond the range counts as its end.
        spans.record_value(min(max(span, 1), LONGEST))

    def merge(self, other: Histograms) -> None:
        """Adds the counts of another one."""
        for key, spans in other._spans.items():
            if key not in self._spans:
                self._spans[key] = histogram()
            self._spans[key].add(spans)
        for phase, count in other._failed.items():
            self._failed[phase] = self._failed.get(phase, 0) + count

    def told(self) -> dict[str, Any]:
        """All of it, for a message to the master."""
        return {
            "spans": [
                [phase, corrected, spans.encode().decode("ascii")]
                for (phase, corrected), spans in sorted(self._spans.items())
            ],
            "failed": self._failed,
        }

    @classmethod
    def heard(cls, told: dict[str, Any]) -> Histograms:
        """What `told` gave."""
        from hdrh.histogram import HdrHistogram

        found = cls()
        for phase, corrected, encoded in told["spans"]:
            found._spans[phase, bool(corrected)] = HdrHistogram.decode(encoded)
        found._failed = dict(told["failed"])
        return found

    def phases(self) -> tuple[Phase, ...]:
        """As the results have them."""
        return tuple(
            Phase(
                id=phase,
                uncorrected=self._packed(phase, False),
                corrected=self._packed(phase, True) if intention else None,
                failed=self._failed.get(phase, 0),
            )
            for phase, (_, _, intention) in _SPANS.items()
        )

    def _packed(self, phase: str, corrected: bool) -> Histogram:
        return packed(self._spans.get((phase, corrected)) or histogram())


def histograms_of(rows: Iterable[Row]) -> Histograms:
    """The histograms of rows that were read again."""
    found = Histograms()
    for row in rows:
        found.take(row)
    return found


# --- answers ------------------------------------------------------------------------------------------------
class Kept:
    """The sealed answers of a run in one file, and the rows that say where each lies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = (folder / ROWS).open("wb")
        self._answers = (folder / ANSWERS).open("wb")
        self.rows = 0

    def take(self, row: Row, sealed: Iterable[bytes]) -> None:
        """Writes a row and its answers, in their order."""
        answers = []
        for answer, content in zip(row.answers, sealed, strict=True):
            answers.append(msgspec.structs.replace(answer, offset=self._answers.tell()))
            self._answers.write(content)
        self._rows.write(encode_row(msgspec.structs.replace(row, answers=tuple(answers))) + b"\n")
        self.rows += 1

    def flush(self) -> None:
        """What was taken is in the files."""
        self._answers.flush()
        self._rows.flush()

    def close(self) -> None:
        self._answers.close()
        self._rows.close()


class Packet(msgspec.Struct, frozen=True):
    """Rows with their answers on their way from a worker to the master."""

    rows: list[tuple[Row, list[bytes]]]


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Packet).decode


def packet(rows: list[tuple[Row, list[bytes]]]) -> bytes:
    """A packet as bytes, which the messages carry as they are."""
    return _pack(Packet(rows))


def unpacket(content: bytes) -> list[tuple[Row, list[bytes]]]:
    """What `packet` packed."""
    return _unpack(content).rows

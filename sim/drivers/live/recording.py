"""One recorded list of inputs, which both clocks play.

A recording is NDJSON: an input a line, in the order of time, and a last line with their number, so that a
file that was cut off anywhere is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec

from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.node import OUTSIDE, Key, NodeId
from sim.drivers.world import Input
from sim.nodes.messages import AnyBody


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: int
    to: str
    key: str
    body: AnyBody
    sender: str = OUTSIDE


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    inputs: int


_encode = msgspec.json.Encoder().encode
_decode_row = msgspec.json.Decoder(_Row).decode
_decode_end = msgspec.json.Decoder(_End).decode


def write_inputs(path: Path, inputs: Iterable[Input]) -> int:
    """Writes inputs as a recording and gives their number."""
    count = 0
    with path.open("wb") as file:
        for item in inputs:
            # The keys stand in the order of `_Row`; a body carries its class name as `type`.
            row = {"at": item.at, "to": item.to, "key": item.key, "body": item.body}
            if item.sender != OUTSIDE:
                row["sender"] = item.sender
            file.write(_encode(row) + b"\n")
            count += 1
        file.write(_encode(_End(count)) + b"\n")
    return count


def read_inputs(path: Path) -> Iterator[Input]:
    """The inputs of a recording, one at a time.

    Raises:
        UsageError: the file is missing, a line is none, time runs backwards, or the end is missing; the
            message names the line.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(
            "the recording cannot be opened", where=str(path), received=str(error.strerror)
        ) from error
    with file:
        count, at, ended = 0, 0, False
        number = 0
        for number, raw in enumerate(file, start=1):
            if ended:
                _damaged(path, number, "nothing after the last line", repr(raw[:80]))
            if raw.startswith(b'{"inputs"') and raw.endswith(b"\n"):
                ended = _read_end(raw, path, number) == count
                if not ended:
                    _damaged(path, number, f'{{"inputs":{count}}}', repr(raw[:80]))
                continue
            row = _read_row(raw, path, number)
            if row.at < at:
                _damaged(path, number, f"an instant from {at} on", str(row.at))
            count, at = count + 1, row.at
            yield Input(Instant(row.at), NodeId(row.to), Key(row.key), row.body, NodeId(row.sender))
        if not ended:
            _damaged(path, number + 1, f'{{"inputs":{count}}}', "the end of the file")


def _read_row(raw: bytes, path: Path, number: int) -> _Row:
    try:
        return _decode_row(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _damaged(path, number, "an input: at, to, key, body", f"{raw[:80]!r}: {error}")


def _read_end(raw: bytes, path: Path, number: int) -> int:
    try:
        return _decode_end(raw).inputs
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _damaged(path, number, "the number of inputs", f"{raw[:80]!r}: {error}")


def _damaged(path: Path, number: int, expected: str, received: str) -> NoReturn:
    raise UsageError(
        "the recording is damaged",
        where=f"{path}, line {number}",
        expected=expected,
        received=received,
        remedy="record the inputs again",
    )

"""The audit log on a medium (証跡の媒体出力): bytes that anybody can verify without the terminal.

NDJSON in UTF-8: a first line says whose log it is, a line an entry follows, and the last line says how many
there are and where the chain ends. There is one way to write a log, so whatever differs by a byte is found:
what can be read is checked as a chain, and what is not written in this very way is said to be altered. The
medium holds no personal data; the head also stands in the journal, with which a copy can be compared.

Source: seed 003, line 270.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from sim.base.errors import Breach
from sim.nodes.terminal.audit import AuditEntry, AuditFinding, origin, verify

_FORM: Final = "renkei-audit/1"


class _First(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: str
    terminal: str
    serial: str


class _Last(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entries: int
    head: str


_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def write_export(entries: Sequence[AuditEntry], terminal: str, serial: str) -> bytes:
    """The log as it lies on the medium."""
    head = entries[-1].hash if entries else origin(terminal, serial)
    rows = [_First(_FORM, terminal, serial), *entries, _Last(len(entries), head)]
    return b"".join(_encode(row) + b"\n" for row in rows)


class Export(msgspec.Struct, frozen=True):
    """What an exported log says, and what is wrong with it. `readable`: the bytes are a log at all.

    `head`: where it says that the chain ends; compare it with the one that the journal names.
    """

    terminal: str = ""
    serial: str = ""
    entries: tuple[AuditEntry, ...] = ()
    head: str = ""
    readable: bool = True
    findings: tuple[AuditFinding, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether it is the log that was written, byte for byte."""
        return self.readable and not self.findings


def read_export(data: bytes) -> Export:
    """Reads and verifies an exported log. Total over any bytes."""
    rows = data.split(b"\n")
    try:
        first = msgspec.json.decode(rows[0], type=_First)
        last = msgspec.json.decode(rows[-2], type=_Last)
        entries = tuple(msgspec.json.decode(row, type=AuditEntry) for row in rows[1:-2])
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
        return Export(readable=False)
    found = verify(entries, origin(first.terminal, first.serial), last.head, last.entries)
    canonical = write_export(entries, first.terminal, first.serial) == data
    return Export(first.terminal, first.serial, entries, last.head, canonical or bool(found), found)


def check_export(data: bytes, head: str = "") -> None:
    """Verifies an exported log, also against the head that the journal names.

    Raises:
        Breach: the medium does not hold what was exported.
    """
    export = read_export(data)
    if not export.readable:
        received = "bytes that are no audit log as it is exported"
    elif export.findings:
        received = "; ".join(one.explain(english=True) for one in export.findings[:5])
    elif head and export.head != head:
        received = f"a chain that ends in {export.head[:16]}…"
    else:
        return
    raise Breach(
        "the exported audit log does not verify",
        expected=f"an unbroken chain that ends in {head[:16]}…" if head else "an unbroken chain",
        received=received,
        remedy="export it again and keep both media; look for who had this one",
    )

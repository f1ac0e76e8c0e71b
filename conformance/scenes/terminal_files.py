"""Files that a terminal is given: good ones, and ones that it must not take in, made of a good one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conformance.border import stem_of
from conformance.protocol.base import File
from conformance.scenes.way import TROUBLES, batch_of, remade
from sim.base.errors import HarnessError, nearest
from sim.base.instant import Instant
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, XML, Header
from sim.exchange.folders import public_test_file
from sim.exchange.profile import Profile
from sim.exchange.records import AgencyNotice, AnyRecord, Result

DEEP: Final = 300
"""Levels of elements that no reader follows."""
WIDE: Final = 20_000
"""Characters of a line that is too long."""

Make = Callable[[Header, Profile], bytes]


def _plain(header: Header, profile: Profile) -> bytes:
    return batches.encode(header, (), profile)


def _headed(**changes: object) -> Make:
    return lambda header, profile: _plain(msgspec.structs.replace(header, **changes), profile)


def _infected(header: Header, profile: Profile) -> bytes:
    return public_test_file()


def _nested(header: Header, profile: Profile) -> bytes:
    return b"<?xml version='1.0' encoding='UTF-8'?>" + b"<b>" * DEEP + b"</b>" * DEEP


def _bomb(header: Header, profile: Profile) -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "x">{levels}]><b>&e9;</b>'.encode()


def _too_long(header: Header, profile: Profile) -> bytes:
    first, rest = _plain(header, profile).split(b"\n", 1)
    return first + b"\n" + b"D," + b"x" * WIDE + b"\n" + rest


def _business(header: Header, profile: Profile) -> bytes:
    content = _plain(header, profile)
    return content.replace(f",{header.business},".encode(), b",09,", 1)


def _wrong_digest(header: Header, profile: Profile) -> bytes:
    lines = _plain(header, profile).rstrip(b"\n").split(b"\n")
    digest = lines[-1].rstrip(b"\r").rsplit(b",", 1)[1]
    return _plain(header, profile).replace(digest, b"0" * len(digest))


def _cut(header: Header, profile: Profile) -> bytes:
    content = _plain(header, profile)
    return content[: content.index(b"\n") + 1]


HOSTILE: Final[dict[str, Make]] = {
    "infected": _infected,
    "nested": _nested,
    "xml_bomb": _bomb,
    "too_long": _too_long,
    "unknown_business": _business,
    "wrong_digest": _wrong_digest,
    "truncated": _cut,
    "misaddressed": _headed(recipient="131130"),
    "wrong_sender": _headed(sender="131130"),
    "other_version": _headed(profile="renkei-open/9"),
    "wrong_direction": _headed(direction="up"),
    "gap": _headed(sequence=99_999),
    "empty": lambda header, profile: b"",
}
"""Files of the ministry server that must not be taken in, by what is wrong with them."""


def hostile(what: str, sequence: int, at: Instant, municipality: str, profile: Profile) -> File:
    """A file that is not in order, under the number `sequence`.

    Raises:
        HarnessError: there is no such file.
    """
    if what not in HOSTILE:
        near = nearest(what, HOSTILE)
        raise HarnessError(
            "there is no such file",
            expected=", ".join(HOSTILE),
            received=what,
            remedy=f"did you mean {near}?" if near else "give one of these",
        )
    return _made(HOSTILE[what], sequence, at, municipality, profile)


def good(sequence: int, at: Instant, municipality: str, profile: Profile) -> File:
    """An empty batch, as the server could have sent it."""
    return _made(_plain, sequence, at, municipality, profile)


def _made(make: Make, sequence: int, at: Instant, municipality: str, profile: Profile) -> File:
    header = Header(profile.name, profile.agency, municipality, "01", DOWN, sequence, at, 0)
    content = make(header, profile)
    ending = "xml" if content.startswith(b"<") else "csv"
    return File.of(f"{header.batch_id}.{ending}", content)


def holds_records(file: File, profile: Profile) -> bool:
    """Whether there is a record in it that is no result."""
    batch = batch_of(file, profile)
    return batch is not None and any(not isinstance(record, Result) for record in batch.records)


def as_xml(file: File, profile: Profile) -> File:
    """The same batch in XML."""
    batch = batch_of(file, profile)
    if batch is None:
        raise HarnessError("a file that cannot be read has no other form", received=file.name)
    content = batches.encode(batch.header, batch.records, profile, XML)
    return File.of(f"{stem_of(file.name)}.xml", content)


def with_bad_record(file: File, person: str, profile: Profile) -> tuple[File, str]:
    """The file, with a value that nobody knows in the person's notice, and its number; empty without one."""
    batch = batch_of(file, profile)
    found = [
        record.record_id
        for record in (() if batch is None else batch.records)
        if isinstance(record, AgencyNotice) and record.person_ref == person
    ]
    if not found:
        return file, ""

    def spoilt(record: AnyRecord) -> AnyRecord:
        whose = isinstance(record, AgencyNotice) and record.record_id == found[0]
        return msgspec.structs.replace(record, reason="?") if whose else record

    return remade(file, profile, spoilt), found[0]


def other_content(file: File, profile: Profile) -> File:
    """Another batch under the same number, as a stale medium or a mistaken sender has it."""
    return TROUBLES["numbered_again"](file, profile)[1]

"""Which version of the profile two sides speak, when they are not rolled out on one day.

Each side lists the versions that it speaks, newest first. Nothing is agreed beforehand and nothing is asked:

- it writes in the newest version that the other has not refused;
- when the other refuses a version (`UNKNOWN_PROFILE`), the same number goes again, as another edition, in the
  next older version that it speaks (`sim.exchange.sequence`), and so does what comes after it;
- once a batch of the other has come in that version, it is no longer held to be refused.

So two sides meet in the newest version that both speak, whichever was rolled out first, and where there is
none every batch is refused with a code and nothing is half understood. Source of the wish: seed 001, line 68.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant
from sim.exchange import batch as batches
from sim.exchange.batch import Batch
from sim.exchange.codes import Code
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result


def agreed(ours: Sequence[str], theirs: Sequence[str]) -> str | None:
    """Where two sides meet: the newest version of ours that the other speaks, None when there is none."""
    return next((version for version in ours if version in theirs), None)


def to_write(ours: Sequence[str], refused: Collection[str]) -> str:
    """The version to write in: the newest that the peer has not refused; our newest when it refused all.

    `ours` is not empty, newest first.
    """
    return next((version for version in ours if version not in refused), ours[0])


def next_older(ours: Sequence[str], refused: str) -> str | None:
    """The version to try when the peer does not read `refused`; None when there is no older one."""
    if refused not in ours:
        return None
    following = ours[ours.index(refused) + 1 :]
    return following[0] if following else None


@dataclass(frozen=True, slots=True)
class Edition:
    """Another batch under the number of one that was refused for what it is.

    `whole`: it holds all records of the refused one; else only its results, and the others are rejected.
    """

    content: bytes
    version: str
    whole: bool


def another_edition(content: bytes, code: str, profiles: Sequence[Profile]) -> Edition:
    """What goes under the number of a batch that was refused with `code`.

    All of it in the next older version when the peer does not read this one. Otherwise what answers the
    peer's own batches, because nobody else would; a batch without records closes the number just as well.

    Args:
        content: the refused batch, which we made.
        profiles: the versions that we speak, newest first.

    Raises:
        HarnessError: the content is none of our batches.
    """
    batch, profile = read(content, profiles)
    names = [one.name for one in profiles]
    older = next_older(names, profile.name) if code == Code.UNKNOWN_PROFILE else None
    if older is not None:
        profile = profiles[names.index(older)]
        return Edition(_written(batch, batch.records, profile), older, whole=True)
    results = tuple(record for record in batch.records if isinstance(record, Result))
    return Edition(_written(batch, results, profile), profile.name, whole=len(results) == len(batch.records))


def renewed(content: bytes, profiles: Sequence[Profile], now: Instant) -> Edition:
    """The batch made anew, in our newest version: other bytes, since the same ones stay refused.

    A header tells seconds: of one second only one edition can be told.
    """
    batch, _ = read(content, profiles)
    later = max(now, Instant(batch.header.created_at + SECOND))
    header = msgspec.structs.replace(batch.header, created_at=later)
    batch = msgspec.structs.replace(batch, header=header)
    return Edition(_written(batch, batch.records, profiles[0]), profiles[0].name, whole=True)


def read(content: bytes, profiles: Sequence[Profile]) -> tuple[Batch, Profile]:
    """A batch that we made, and the version in which we wrote it.

    Raises:
        HarnessError: the content is none of our batches.
    """
    for profile in profiles:
        batch = batches.decode(content, profile).batch
        if batch is not None:
            return batch, profile
    raise HarnessError(
        "a batch that was kept cannot be read again",
        expected=" or ".join(profile.name for profile in profiles),
        received=repr(content[:32]),
        remedy="speak the version in which a batch was written until it is answered",
    )


def _written(batch: Batch, records: tuple[AnyRecord, ...], profile: Profile) -> bytes:
    header = msgspec.structs.replace(batch.header, profile=profile.name, count=len(records))
    return batches.encode(header, records, profile)

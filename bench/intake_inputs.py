"""What the row "ministry intake" sends: sealed batches, made once, and what must be stored of them.

FOLDER/ministry/     a ministry server's folder, with the certificates that all sides use
FOLDER/sealed        the sealed batches, one after the other
FOLDER/plan.json     which of them goes when, over which connection, and what must come of it
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from bench.intake_plan import MINISTRY, PLAN, SEALED, Lane, Plan, Stored, Upload, Work, digest_of, line_of
from bench.notices import PROFILE, notice
from load.keys import default_folder
from load.keys import make as make_keys
from load.municipalities import municipalities
from sim.base.instant import instant
from sim.drivers.live.ministry import issuing
from sim.exchange.batch import UP, Header, encode
from sim.exchange.envelope import seal

_BUSINESS: Final = "01"
_MADE_AT: Final = instant(date(2019, 4, 2), 22)


def make(folder: Path, work: Work, say: Callable[[str], None]) -> Plan:
    """Makes the folder. Keys come from the folder in which load tests keep theirs, and stay there."""
    codes = [one.code for one in municipalities()[: work.endpoints]]

    def progress(done: int, of: int) -> None:
        if done == of or done % 200 == 0:
            say(f"keys, made once: {done} of {of}")

    keys = make_keys(default_folder(), PROFILE.agency, codes, workers=os.cpu_count() or 1, progress=progress)
    folder.mkdir()
    issuing.make(folder / MINISTRY, dict.fromkeys(codes, ""), ready=keys.folder, kits=False)
    warm: list[Lane] = []
    lanes: list[Lane] = []
    digests: list[str] = []
    lines: list[str] = []
    with (folder / SEALED).open("wb") as file:
        recipient = keys.recipient(PROFILE.agency)
        for at, code in enumerate(codes):
            identity = keys.envelope(code)
            first = int(at < work.warm)
            uploads = []
            for sequence in range(1, first + work.each + 1):
                # People and cards are of one municipality each, and numbered through the country.
                begin = (at * (work.each + 1) + sequence) * work.records
                records = tuple(
                    msgspec.structs.replace(notice(number), record_id=f"{code}-{number:08d}")
                    for number in range(begin, begin + work.records)
                )
                header = Header(
                    PROFILE.name, code, PROFILE.agency, _BUSINESS, UP, sequence, _MADE_AT, len(records)
                )
                sealed = seal(encode(header, records, PROFILE), identity, recipient)
                uploads.append(Upload(header.batch_id, file.tell(), len(sealed)))
                file.write(sealed)
                digests.append(hashlib.sha256(sealed).hexdigest())
                lines += (line_of(one.record_id, one.person_ref) for one in records)
            if first:
                warm.append(Lane(code, tuple(uploads[:1])))
            lanes.append(Lane(code, tuple(uploads[first:])))
    stored = Stored(len(digests), len(lines), digest_of(digests), digest_of(lines))
    records_timed = work.endpoints * work.each * work.records
    plan = Plan(work.kept, tuple(warm), tuple(lanes), records_timed, stored)
    (folder / PLAN).write_bytes(msgspec.json.encode(plan))
    return plan

"""What a municipality's own system does with the folders: lays batches into outbox/, takes what came down.

Payloads lie there encrypted under the place key (docs/renkei-open-1.md, "Folders"); this is the other end for
whoever has no program of its own for that yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sim.base.errors import UsageError
from sim.drivers.folders import Folders, Payload, load_key, read_bounded
from sim.drivers.live.terminal.settings import PLACE_KEY, Place
from sim.exchange.batch import decode
from sim.exchange.folders import BOX, INBOX, OUTBOX, RESULT, file_name

DOWN: Final = (RESULT, INBOX)
"""The folders of what came down."""


def put(place: Place, file: Path) -> str:
    """Lays a plain batch into outbox/ under its own name and gives that.

    Raises:
        UsageError: the file cannot be read, holds no batch, or one of its name lies there.
    """
    content = read_bounded(file)
    for profile in place.profiles():
        batch = decode(content, profile).batch
        if batch is not None:
            form = "xml" if content.lstrip()[:1] == b"<" else "csv"
            name = file_name(batch.header.batch_id, form)
            with _folders(place) as folders:
                folders.put(OUTBOX, name, content)
            return name
    raise UsageError(
        "the file holds no batch that the terminal could send",
        where=str(file),
        remedy=f"renkei exchange check {file}",
    )


def take(place: Place, out: Path) -> Iterator[Path]:
    """Opens each payload of result/ and inbox/ into `out`, deletes it there, and gives where it lies now.

    Raises:
        UsageError: `out` cannot be written, or holds a file of that name.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _folders(place) as folders:
        for folder in DOWN:
            for found in list(folders.take(folder)):
                if not isinstance(found, Payload):
                    continue
                name = found.name.removesuffix(BOX)
                _write(out / name, found.content)
                folders.done(folder, found.name)
                yield out / name


def _folders(place: Place) -> Folders:
    return Folders(place.exchange, load_key(place.keys / PLACE_KEY))


def _write(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            "what came down cannot be written",
            where=str(path),
            received=error.strerror,
            remedy="give --out a folder without files of these names",
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)

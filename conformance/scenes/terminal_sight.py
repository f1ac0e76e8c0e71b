"""What the harness sees of a terminal's files and of what it hands to the register, as journal lines."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from conformance.border import stem_of
from conformance.protocol import terminal as wire
from conformance.protocol.base import File
from conformance.scenes.terminal_keys import Keys
from conformance.stage import Stage
from conformance.terminal_items import kind_and_items
from sim.base.instant import Instant, japan_date
from sim.exchange.batch import Decoded, decode
from sim.exchange.check import check
from sim.exchange.codes import Code
from sim.exchange.envelope import Opened, Unopened, open_sealed
from sim.exchange.profile import Profile

FINDINGS: Final = 20
"""Findings about one file that are written down."""
SEALED: Final = ".p7m"


class Sight:
    """Writes down what is seen. `profiles`: newest first. `keys`: where files must be sealed.

    `canaries`: texts of records that stand in clear nowhere on a line.
    """

    def __init__(self, stage: Stage, profiles: tuple[Profile, ...]) -> None:
        self._stage = stage
        self._profiles = profiles
        self.keys: Keys | None = None
        self.canaries: set[str] = set()
        self._used: dict[bytes, str] = {}

    def sent(self, file: File, now: Instant, manner: str) -> tuple[File | None, str]:
        """A file that the terminal sent: as it reads, None when nobody can open it, and the line's id."""
        if self.keys is None:
            return file, self._batch(file, manner)
        found = self._opened(file, now)
        if found is None:
            data: dict[str, Any] = {"file": file.name, "stem": stem_of(file.name), "manner": manner}
            data |= {"findings": [{"code": str(Code.NOT_OPENED)}]}
            return None, self._stage.note("file_sent", data)
        plain = File.of(file.name.removesuffix(SEALED), found)
        return plain, self._batch(plain, manner)

    def delivered(self, file: File, refused: str, spoilt: str, peer: str, manner: str) -> None:
        """A file that was given to the terminal, and what it said of it."""
        read = self._read(file)
        batch = "" if read.batch is None else read.batch.header.batch_id
        data = {
            "file": file.name,
            "batch": batch,
            "refused": refused,
            "spoilt": spoilt,
            "peer": peer,
            "manner": manner,
        }
        line = self._stage.note("file_delivered", data)
        if not spoilt:
            self._records("record_delivered", read, line)

    def fetched(self, one: wire.FetchedData) -> None:
        """A record that the terminal handed to the register."""
        data = {"kind": one.kind, "batch": one.batch, **one.items}
        self._stage.note("record_fetched", data, subject=one.items.get("person_ref", ""))

    def _batch(self, file: File, manner: str) -> str:
        read = self._read(file)
        checked = check([file.content], self._profiles, FINDINGS, reader=self._profiles[0].agency)
        data: dict[str, Any] = {
            "file": file.name,
            "stem": stem_of(file.name),
            "digest": hashlib.sha256(file.content).hexdigest(),
            "manner": manner,
            "findings": [one.as_data() for one in checked.told],
        }
        if read.batch is not None:
            header = read.batch.header
            data |= {"batch": header.batch_id, "header": msgspec.to_builtins(header)}
        line = self._stage.note("file_sent", data)
        self._records("record_sent", read, line)
        return line

    def _read(self, file: File) -> Decoded:
        read = decode(file.content, self._profiles[0])
        for profile in self._profiles[1:]:
            if read.batch is not None or read.findings[0].code != Code.UNKNOWN_PROFILE:
                break
            read = decode(file.content, profile)
        return read

    def _records(self, kind: str, read: Decoded, cause: str) -> None:
        batch = "" if read.batch is None else read.batch.header.batch_id
        business = "" if read.batch is None else read.batch.header.business
        for row in read.rows:
            if row.record is not None:
                named, items = kind_and_items(row.record)
                data = {"kind": named, "batch": batch, "business": business, "items": items}
                person = items.get("person_ref", "")
                self._stage.note(kind, data, subject=person, cause=cause)

    def _opened(self, file: File, now: Instant) -> bytes | None:
        """The plain bytes, and a line that says who can open the file and what of it can be read as it is."""
        assert self.keys is not None
        keys, day = self.keys, japan_date(now)
        found = open_sealed(file.content, keys.ministry, keys.authority.certificate, day)
        others = [
            name
            for name, identity in (("terminal", keys.terminal), ("elsewhere", keys.elsewhere))
            if not _closed(file.content, identity, keys, now)
        ]
        data: dict[str, Any] = {
            "file": file.name,
            "opened": isinstance(found, Opened),
            "signer": found.sender if isinstance(found, Opened) else "",
            "recipients": _recipients(file.content),
            "cipher": _cipher(file.content),
            "fresh": self._fresh(file.content),
            "readable_by": others,
            "in_clear": sorted(text for text in self.canaries if _shows(file.content, text)),
        }
        self._stage.note("sealed_seen", data)
        return found.content if isinstance(found, Opened) else None

    def _fresh(self, content: bytes) -> bool:
        """Whether the content key was never used before; the same file again has the same one."""
        assert self.keys is not None
        key = _content_key(content, self.keys)
        digest = hashlib.sha256(content).hexdigest()
        return self._used.setdefault(key, digest) == digest


def _content_key(content: bytes, keys: Keys) -> bytes:
    """The content key that an envelope carries for the ministry server; empty where there is none."""
    try:
        infos = cms.ContentInfo.load(content)["content"]["recipient_infos"]
        return keys.ministry.key.decrypt(infos[0].chosen["encrypted_key"].native, PKCS1v15())
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return b""


def _closed(content: bytes, identity: Any, keys: Keys, now: Instant) -> bool:
    tried = open_sealed(content, identity, keys.authority.certificate, japan_date(now), others_may_open=True)
    return isinstance(tried, Unopened)


def _recipients(content: bytes) -> int:
    try:
        return len(cms.ContentInfo.load(content)["content"]["recipient_infos"])
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return 0


def _cipher(content: bytes) -> str:
    try:
        info = cms.ContentInfo.load(content)["content"]["encrypted_content_info"]
        return str(info["content_encryption_algorithm"].encryption_cipher) + str(
            info["content_encryption_algorithm"].key_length * 8
        )
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return ""


def _shows(content: bytes, text: str) -> bool:
    return any(text.encode(encoding) in content for encoding in ("utf-8", "utf-16-le", "utf-16-be"))

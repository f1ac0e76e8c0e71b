"""Folders and media between a municipality's own systems and its exchange terminal: names, labels, decisions.

    outbox/      batches that are to go up; the municipality's systems write, the terminal takes
    inbox/       batches that came down; the terminal writes, the municipality's systems take and delete
    result/      what became of each batch that went up, as a batch of results
    sent/        batches that went up, until they are answered
    quarantine/  what must not be taken in, sealed, with the finding beside it

A file is written under a name that ends in `.part` and renamed when it is whole; nobody reads a `.part`. Its
name is the batch's, with the edition, the form and the mark of sealed content:
`131041-ISA-01-00000012.csv.box`. Everything else in a folder is left alone and reported. Payloads are sealed
at rest with the key of the place (AES-256-GCM; the name is part of what is sealed, so a renamed file does not
open). A medium (USB memory) carries the same files and a label that says whose it is, which number it
bears and what is on it, with a MAC by the same key.

Decisions only: what touches the disk is `sim.drivers.folders`. Sources: seed 002, lines 99 and 108 (folders,
security rules, media); seed 001, lines 40 to 42; seed 003, line 257 (antivirus). The rules are
renkei-open/1's own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sim.base.instant import Instant, iso, parse_iso
from sim.exchange.municipality import is_municipality
from sim.exchange.profile import open_profile

OUTBOX: Final = "outbox"
INBOX: Final = "inbox"
RESULT: Final = "result"
SENT: Final = "sent"
QUARANTINE: Final = "quarantine"
FOLDERS: Final[dict[str, tuple[str, str]]] = {
    OUTBOX: ("送信するバッチ", "batches that are to go up"),
    INBOX: ("受信したバッチ", "batches that came down"),
    RESULT: ("処理結果", "what became of each batch that went up"),
    SENT: ("送信済みで回答待ちのバッチ", "batches that went up and are not answered yet"),
    QUARANTINE: ("隔離したもの", "what must not be taken in, sealed, with the finding beside it"),
}
"""The folders of a terminal, each with what lies in it."""

PART: Final = ".part"
BOX: Final = ".box"
FINDING: Final = ".finding.json"
LABEL: Final = "renkei-label.json"
# Bytes of one payload: less than a batch may have, because it is held whole to be sealed, opened and scanned.
LARGEST: Final = open_profile().limits.payload_bytes
LARGEST_LABEL: Final = 1024 * 1024
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

_MAGIC: Final = b"RKB1"
_TAG_BYTES: Final = 16
# Bytes that sealing adds to a payload.
OVERHEAD: Final = len(_MAGIC) + NONCE_BYTES + _TAG_BYTES
# [0-9] on purpose: \d takes full-width digits.
_NAME: Final = re.compile(
    r"(?P<batch>[0-9A-Za-z]{1,16}-[0-9A-Za-z]{1,16}-[0-9A-Za-z]{1,4}-[0-9]{8,18})"
    r"(?:\.(?P<edition>[1-9][0-9]{0,8}))?\.(?P<form>csv|xml)\.box"
)
_MEDIUM_ID: Final = re.compile(r"[0-9A-Za-z-]{1,40}")


class FolderCode(StrEnum):
    """Why something in a folder or on a medium is not taken in."""

    PARTIAL = "PARTIAL"
    NAME = "NAME"
    OUTSIDE = "OUTSIDE"
    LINK = "LINK"
    HARD_LINK = "HARD_LINK"
    FOLDER = "FOLDER"
    DEVICE = "DEVICE"
    FIFO = "FIFO"
    SOCKET = "SOCKET"
    OPEN_TO_OTHERS = "OPEN_TO_OTHERS"
    TOO_LARGE = "TOO_LARGE"
    CHANGED = "CHANGED"
    UNREADABLE = "UNREADABLE"
    INFECTED = "INFECTED"
    NOT_SEALED = "NOT_SEALED"
    OTHER_KEY = "OTHER_KEY"
    MEDIUM_UNLABELLED = "MEDIUM_UNLABELLED"
    MEDIUM_FORGED = "MEDIUM_FORGED"
    MEDIUM_FOREIGN = "MEDIUM_FOREIGN"
    MEDIUM_USED = "MEDIUM_USED"
    MEDIUM_STALE = "MEDIUM_STALE"
    MEDIUM_EARLY = "MEDIUM_EARLY"
    MEDIUM_INCOMPLETE = "MEDIUM_INCOMPLETE"


EXPLAINED: Final[dict[FolderCode, tuple[str, str]]] = {
    FolderCode.PARTIAL: ("書込み中のファイルです", "the file is still being written"),
    FolderCode.NAME: ("この仕様のファイル名ではありません", "no name of this profile"),
    FolderCode.OUTSIDE: ("フォルダの外を指しています", "the name leads out of the folder"),
    FolderCode.LINK: ("シンボリックリンクです", "a symbolic link"),
    FolderCode.HARD_LINK: (
        "別の名前でも参照されているファイルです",
        "a hard link: the file has another name elsewhere",
    ),
    FolderCode.FOLDER: ("ファイルではなくフォルダです", "a folder where a file belongs"),
    FolderCode.DEVICE: ("デバイスファイルです", "a device"),
    FolderCode.FIFO: ("名前付きパイプです", "a named pipe"),
    FolderCode.SOCKET: ("ソケットです", "a socket"),
    FolderCode.OPEN_TO_OTHERS: ("他の利用者にも開かれています", "readable or writable by others"),
    FolderCode.TOO_LARGE: ("ファイルが大きすぎます", "the file is too large"),
    FolderCode.CHANGED: ("読込み中に変わりました", "the file changed while it was read"),
    FolderCode.UNREADABLE: ("読み取れません", "the file cannot be read"),
    FolderCode.INFECTED: ("不正プログラムの疑いがあります", "the scanner found malicious content"),
    FolderCode.NOT_SEALED: ("暗号化されていません", "not sealed at rest"),
    FolderCode.OTHER_KEY: (
        "この場所の鍵では開けません",
        "the key of this place does not open it: another key, another name, or altered",
    ),
    FolderCode.MEDIUM_UNLABELLED: ("媒体のラベルがないか、読めません", "the medium has no readable label"),
    FolderCode.MEDIUM_FORGED: ("媒体のラベルの認証に失敗しました", "the label's MAC is not ours"),
    FolderCode.MEDIUM_FOREIGN: ("別の市区町村又は方向の媒体です", "a medium of another municipality or way"),
    FolderCode.MEDIUM_USED: ("取込み済みの媒体です", "the medium was taken in before"),
    FolderCode.MEDIUM_STALE: ("古い媒体です", "a later medium was taken in before"),
    FolderCode.MEDIUM_EARLY: ("前の媒体がまだ来ていません", "a medium before this one is missing"),
    FolderCode.MEDIUM_INCOMPLETE: (
        "ラベルにあるファイルがないか、内容が違います",
        "a file that the label lists is missing or differs",
    ),
}

QUARANTINED: Final = frozenset(
    {FolderCode.INFECTED, FolderCode.NOT_SEALED, FolderCode.OTHER_KEY, FolderCode.TOO_LARGE}
)
"""What is moved away. Everything else stays where it is: it may be unfinished, or not ours to touch."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was not taken in: where, why, and what was expected. Holds nothing of the content."""

    code: FolderCode
    folder: str
    name: str
    expected: str = ""
    received: str = ""

    def explain(self, english: bool = False) -> str:
        """The finding as one sentence."""
        told = [f"expected {self.expected}"] * bool(self.expected)
        told += [f"received {self.received}"] * bool(self.received)
        ending = f" ({', '.join(told)})" if told else ""
        return f"{self.folder}/{self.name} {self.code}: {EXPLAINED[self.code][english]}{ending}"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a payload says."""

    batch: str
    edition: int
    form: str


def file_name(ref: str, form: str) -> str:
    """The name of a payload: `131041-ISA-01-00000012.csv.box`."""
    return f"{ref}.{form}{BOX}"


def parse_name(name: str) -> FileName | None:
    """What a payload's name says; None when it is none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    edition = int(match["edition"] or 1)
    # The first edition bears no number: there is one name for each.
    return None if match["edition"] == "1" else FileName(match["batch"], edition, match["form"])


def judge_name(folder: str, name: str) -> Found | None:
    """Why a name is not taken in, before anything is looked at. None when it is a payload's."""
    # A system may hand out bytes that are no text, and a journal or a terminal takes none.
    told = name[:80].encode("utf-8", "backslashreplace").decode()
    if name != name.replace("/", "").replace("\\", "").replace("\x00", "") or name in ("", ".", ".."):
        return Found(FolderCode.OUTSIDE, folder, told, "a plain name")
    if name.endswith(PART):
        return Found(FolderCode.PARTIAL, folder, told, "a name without .part, given when the file is whole")
    if parse_name(name) is None:
        return Found(FolderCode.NAME, folder, told, file_name("131041-ISA-01-00000012", "csv"))
    return None


def judge_file(
    folder: str, name: str, mode: int, links: int, size: int, largest: int = LARGEST, *, private: bool = True
) -> Found | None:
    """Why a file is not read, from what the system says of it (`st_mode`, `st_nlink`, `st_size`).

    `private`: it must be its owner's alone. A medium's file system may know no owners.
    """
    kinds: tuple[tuple[Callable[[int], bool], FolderCode], ...] = (
        (stat.S_ISLNK, FolderCode.LINK),
        (stat.S_ISDIR, FolderCode.FOLDER),
        (stat.S_ISCHR, FolderCode.DEVICE),
        (stat.S_ISBLK, FolderCode.DEVICE),
        (stat.S_ISFIFO, FolderCode.FIFO),
        (stat.S_ISSOCK, FolderCode.SOCKET),
    )
    for is_kind, code in kinds:
        if is_kind(mode):
            return Found(code, folder, name, "a file")
    if links != 1:
        return Found(FolderCode.HARD_LINK, folder, name, "one name", f"{links} names")
    if private and stat.S_IMODE(mode) & 0o077:
        return Found(FolderCode.OPEN_TO_OTHERS, folder, name, f"{FILE_MODE:04o}", f"{stat.S_IMODE(mode):04o}")
    if size > largest:
        return Found(FolderCode.TOO_LARGE, folder, name, f"at most {largest} bytes", f"{size} bytes")
    return None


# --- malicious content ---------------------------------------------------------------------------------
Scanner = Callable[[bytes], str]
"""A port for an antivirus program: gives the name of what it found in the bytes, or nothing."""

# The public test file of the antivirus makers (eicar.org), in parts, so that no scanner finds it here.
_TEST_FILE: Final = (
    b"X5O!P%@AP[4",
    b"PZX54(P^)7CC)7}",
    b"$EICAR",
    b"-STANDARD-ANTIVIRUS",
    b"-TEST-FILE!$H+H*",
)


def scan_for_test_file(content: bytes) -> str:
    """The built-in scanner: it knows the public test file, which every antivirus program must find."""
    return "EICAR-Test-File" if public_test_file() in content else ""


def public_test_file() -> bytes:
    """The 68 bytes of the public antivirus test file, put together."""
    # The backslash stands alone for the same reason.
    return _TEST_FILE[0] + b"\\" + b"".join(_TEST_FILE[1:])


# --- sealed at rest ------------------------------------------------------------------------------------
def seal_at_rest(content: bytes, name: str, key: bytes, nonce: bytes) -> bytes:
    """A payload as it lies in a folder: mark, nonce, AES-256-GCM of the content under the file's name.

    Args:
        key: 32 bytes, the place's.
        nonce: 12 bytes that were never used with this key.
    """
    return _MAGIC + nonce + AESGCM(_derived(key, b"at rest")).encrypt(nonce, content, name.encode())


def open_at_rest(sealed: bytes, folder: str, name: str, key: bytes) -> bytes | Found:
    """The payload, when the place's key opens it under this very name."""
    if not sealed.startswith(_MAGIC) or len(sealed) < OVERHEAD:
        return Found(FolderCode.NOT_SEALED, folder, name, "a payload sealed with the key of this place")
    nonce, body = sealed[len(_MAGIC) : len(_MAGIC) + NONCE_BYTES], sealed[len(_MAGIC) + NONCE_BYTES :]
    try:
        return AESGCM(_derived(key, b"at rest")).decrypt(nonce, body, name.encode())
    except InvalidTag:
        return Found(FolderCode.OTHER_KEY, folder, name)


def _derived(key: bytes, purpose: bytes) -> bytes:
    """One key for each purpose, so that a MAC of a label says nothing about a payload."""
    return hmac.new(key, b"renkei-open/1 " + purpose, hashlib.sha256).digest()


# --- media ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Item:
    """A file on a medium."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a medium says of itself. `sequence` counts the media of one municipality and direction from 1.

    A medium that was lost is made again under the same sequence and another id: whichever is taken in first
    counts, and the other one is refused.
    """

    id: str
    municipality: str
    direction: str
    sequence: int
    created: Instant
    items: tuple[Item, ...]


def write_label(label: Label, key: bytes) -> bytes:
    """The label as it lies on the medium: JSON with a MAC over everything else in it."""
    body = _body(label)
    return (json.dumps({**body, "mac": _mac(body, key)}, ensure_ascii=True, indent=1) + "\n").encode()


def item_of(name: str, content: bytes) -> Item:
    """How a label lists a file."""
    return Item(name, len(content), hashlib.sha256(content).hexdigest())


def judge_medium(
    raw: bytes | None,
    key: bytes,
    municipality: str,
    direction: str,
    due: int,
    used: Collection[str],
) -> Label | Found:
    """The label, when the medium is ours, is the next and was never taken in.

    Args:
        raw: the label's bytes; None when there is none.
        due: the sequence of the medium that comes next.
        used: ids of media that were taken in.
    """

    def refuse(code: FolderCode, expected: str = "", received: str = "") -> Found:
        return Found(code, "medium", LABEL, expected, received[:80])

    label = None if raw is None else _parse_label(raw)
    if label is None:
        return refuse(FolderCode.MEDIUM_UNLABELLED, "a label that the other side wrote")
    read, mac = label
    if not hmac.compare_digest(mac, _mac(_body(read), key)):
        return refuse(FolderCode.MEDIUM_FORGED, "a label made with the key of this place")
    if (read.municipality, read.direction) != (municipality, direction):
        received = f"{read.municipality}, {read.direction}"
        return refuse(FolderCode.MEDIUM_FOREIGN, f"{municipality}, {direction}", received)
    if read.id in used:
        return refuse(FolderCode.MEDIUM_USED, "a medium that is new", read.id)
    if read.sequence < due:
        received = f"number {read.sequence}, {iso(read.created)}"
        return refuse(FolderCode.MEDIUM_STALE, f"number {due}", received)
    if read.sequence > due:
        return refuse(FolderCode.MEDIUM_EARLY, f"number {due}", f"number {read.sequence}")
    for item in read.items:
        if (found := judge_name("medium", item.name)) is not None:
            return found
    return read


def judge_item(item: Item, content: bytes) -> Found | None:
    """Whether a file on a medium is the one that its label lists."""
    if item_of(item.name, content) != item:
        return Found(
            FolderCode.MEDIUM_INCOMPLETE, "medium", item.name, f"{item.size} bytes", f"{len(content)} bytes"
        )
    return None


def _body(label: Label) -> dict[str, Any]:
    return {
        "label": 1,
        "id": label.id,
        "municipality": label.municipality,
        "direction": label.direction,
        "sequence": label.sequence,
        "created": iso(label.created),
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in label.items],
    }


def _mac(body: dict[str, Any], key: bytes) -> str:
    told = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(_derived(key, b"label"), told, hashlib.sha256).hexdigest()


def _parse_label(raw: bytes) -> tuple[Label, str] | None:
    """The label and its MAC; None when the bytes are no label. Total over any bytes."""
    if len(raw) > LARGEST_LABEL:
        return None
    try:
        data = json.loads(raw)
        if set(data) != {"label", "id", "municipality", "direction", "sequence", "created", "files", "mac"}:
            return None
        items = tuple(Item(one["name"], one["size"], one["sha256"]) for one in data["files"])
        label = Label(
            data["id"],
            data["municipality"],
            data["direction"],
            data["sequence"],
            parse_iso(data["created"]),
            items,
        )
        texts = [label.id, label.municipality, label.direction, data["mac"]]
        texts += [text for one in items for text in (one.name, one.sha256)]
        numbers = [label.sequence, *(one.size for one in items)]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    if not all(isinstance(text, str) and text.isascii() for text in texts):
        return None
    # bool is an int in Python, and no number here.
    if data["label"] != 1 or not all(type(number) is int and number >= 0 for number in numbers):
        return None
    if _MEDIUM_ID.fullmatch(label.id) is None or not is_municipality(label.municipality):
        return None
    if label.sequence < 1:
        return None
    return label, data["mac"]

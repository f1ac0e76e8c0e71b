"""The folders of a terminal on a disk: safe reading, whole writing, quarantine, deletion.

Everything goes through descriptors of the five folders, opened without following links, and through plain
names in them: no path that comes from outside is ever joined to one of ours. A file is judged by its own
descriptor (`fstat`) before a byte is read, and again afterwards. What is decided: `sim.exchange.folders`.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.base.errors import UsageError
from sim.exchange import folders as rules
from sim.exchange.folders import (
    FILE_MODE,
    FINDING,
    FOLDER_MODE,
    FOLDERS,
    KEY_BYTES,
    LABEL,
    LARGEST,
    NONCE_BYTES,
    OVERHEAD,
    PART,
    QUARANTINE,
    QUARANTINED,
    FolderCode,
    Found,
    Item,
    Label,
    Scanner,
)

# Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOOK: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAKE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Payload:
    """A file that was read: its plain content."""

    folder: str
    name: str
    content: bytes


def make_key(path: Path) -> bytes:
    """Makes the key of a place in a file that is its owner's alone; never over another one.

    Raises:
        UsageError: there is a file of that name.
    """
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, _MAKE, FILE_MODE)
    except FileExistsError:
        raise UsageError(
            "there is a key already", where=str(path), remedy="load it: what it sealed opens with no other"
        ) from None
    key = os.urandom(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(key.hex().encode() + b"\n")
    return key


def load_key(path: Path) -> bytes:
    """The key that `make_key` made.

    Raises:
        UsageError: missing, no key, or open to others than its owner.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(
            "the key of the place cannot be read", where=str(path), received=error.strerror
        ) from error
    if mode & 0o077:
        raise UsageError(
            "the key of the place is open to others",
            where=str(path),
            expected=f"{FILE_MODE:04o}",
            received=f"{mode:04o}",
            remedy=f"chmod 600 {path}",
        )
    try:
        key = bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError("this is no key of a place", where=str(path), expected="64 hexadecimal digits")
    return key


def make_folders(root: Path) -> None:
    """Makes the five folders, for their owner alone whatever the umask says.

    Raises:
        UsageError: something of that name is no folder, or is a link.
    """
    for place in (root, *(root / name for name in FOLDERS)):
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise UsageError(
                "a folder of the terminal is something else", where=str(place), expected="a folder, no link"
            )
        place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        place.chmod(FOLDER_MODE)


class Folders:
    """The folders below `root`, whose payloads are sealed with `key`. `scan`: the antivirus program.

    To be used as a context: it holds the folders' descriptors.
    """

    def __init__(
        self, root: Path, key: bytes, scan: Scanner = rules.scan_for_test_file, largest: int = LARGEST
    ) -> None:
        self._root = root
        self._key = key
        self._scan = scan
        self._largest = largest
        self._at: dict[str, int] = {}

    def __enter__(self) -> Folders:
        top = -1
        try:
            top = os.open(self._root, _LOOK)
            for name in FOLDERS:
                self._at[name] = os.open(name, _LOOK, dir_fd=top)
                mode = stat.S_IMODE(os.fstat(self._at[name]).st_mode)
                if mode & 0o077:
                    raise UsageError(
                        "a folder of the terminal is open to others",
                        where=str(self._root / name),
                        expected=f"{FOLDER_MODE:04o}",
                        received=f"{mode:04o}",
                        remedy=f"chmod 700 {self._root / name}",
                    )
        except OSError as error:
            self.close()
            raise UsageError(
                "the folders of the terminal cannot be opened",
                where=str(error.filename or self._root),
                expected="folders, none of them a link: " + ", ".join(FOLDERS),
                received=error.strerror,
            ) from error
        except UsageError:
            self.close()
            raise
        finally:
            if top >= 0:
                os.close(top)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the folders."""
        for descriptor in self._at.values():
            os.close(descriptor)
        self._at.clear()

    # --- writing -----------------------------------------------------------------------------------
    def put(self, folder: str, name: str, content: bytes) -> None:
        """Writes a payload, sealed, under `.part`, and renames it when it is whole and on the disk.

        Writing the same content again does nothing.

        Raises:
            UsageError: no name of a payload, or another content lies there under this name.
        """
        if (found := rules.judge_name(folder, name)) is not None:
            raise UsageError(
                "this cannot be written into a folder of the terminal", received=found.explain(english=True)
            )
        if name in self._names(folder):
            there = self._read(folder, name)
            if isinstance(there, Payload) and there.content == content:
                return
            raise UsageError(
                "another file of this name lies there", where=f"{folder}/{name}", remedy="a name is used once"
            )
        self._write(folder, name, rules.seal_at_rest(content, name, self._key, os.urandom(NONCE_BYTES)))

    # --- reading -----------------------------------------------------------------------------------
    def take(self, folder: str) -> Iterator[Payload | Found]:
        """What lies in a folder, in the order of the names: payloads, and findings on everything else.

        What is malicious, too large or sealed by somebody else is moved to quarantine. A payload stays until
        `done` or `moved` says what became of it, so that a crash in between loses nothing.
        """
        for name in self._names(folder):
            found = self._read(folder, name)
            if isinstance(found, Found) and found.code in QUARANTINED:
                self._quarantine(found)
            yield found

    def done(self, folder: str, name: str) -> None:
        """The payload was taken in: it is deleted. Deleting it twice does nothing."""
        self._check(folder, name)
        try:
            os.unlink(name, dir_fd=self._at[folder])
        except FileNotFoundError:
            return
        os.fsync(self._at[folder])

    def moved(self, folder: str, to: str, name: str) -> None:
        """The payload goes on to another folder, whole, as after sending. Doing it twice does nothing."""
        self._check(folder, name)
        try:
            os.rename(name, name, src_dir_fd=self._at[folder], dst_dir_fd=self._at[to])
        except FileNotFoundError:
            if name not in self._names(to):
                raise UsageError("there is no such payload", where=f"{folder}/{name}") from None
        for place in (folder, to):
            os.fsync(self._at[place])

    def _check(self, folder: str, name: str) -> None:
        if (found := rules.judge_name(folder, name)) is not None:
            raise UsageError("no payload of a folder bears this name", received=found.explain(english=True))

    def _names(self, folder: str) -> list[str]:
        return sorted(os.listdir(self._at[folder]))

    def _read(self, folder: str, name: str) -> Payload | Found:
        if (found := rules.judge_name(folder, name)) is not None:
            return found
        raw = _read_file(self._at[folder], folder, name, self._largest + OVERHEAD)
        if isinstance(raw, Found):
            return raw
        content = rules.open_at_rest(raw, folder, name, self._key)
        # Raw bytes are scanned too: whoever drops something unsealed must not get round the scanner.
        for bytes_ in (raw, content):
            if isinstance(bytes_, bytes) and (virus := self._scan(bytes_)):
                return Found(FolderCode.INFECTED, folder, name, "nothing malicious", virus)
        return content if isinstance(content, Found) else Payload(folder, name, content)

    # --- quarantine --------------------------------------------------------------------------------
    def _quarantine(self, found: Found) -> None:
        """Moves a file away, sealed so that nothing opens it by accident, and says why beside it."""
        taken = set(self._names(QUARANTINE))
        number = 1
        while (target := f"{found.name}.{number}") in taken or target + FINDING in taken:
            number += 1
        source, quarantine = self._at[found.folder], self._at[QUARANTINE]
        if found.code is FolderCode.TOO_LARGE:
            os.rename(found.name, target, src_dir_fd=source, dst_dir_fd=quarantine)
        else:
            raw = _read_file(source, found.folder, found.name, self._largest + OVERHEAD)
            if isinstance(raw, Found):
                return  # it changed under our hands: the next look judges it anew
            boxed = rules.seal_at_rest(raw, target, self._key, os.urandom(NONCE_BYTES))
            self._write(QUARANTINE, target, boxed)
            os.unlink(found.name, dir_fd=source)
        told = {
            "code": found.code,
            "folder": found.folder,
            "name": found.name,
            "expected": found.expected,
            "received": found.received,
        }
        self._write(QUARANTINE, target + FINDING, json.dumps(told, ensure_ascii=False, indent=1).encode())
        os.fsync(source)

    def _write(self, folder: str, name: str, raw: bytes) -> None:
        _write_whole(self._at[folder], name, raw)


def _read_file(at: int, folder: str, name: str, largest: int, *, private: bool = True) -> bytes | Found:
    """A file's bytes, once its descriptor says that it is one; nothing is read of anything else."""
    try:
        # Looking first tells a link, a folder or a pipe by its own name; opening would say less.
        before = os.stat(name, dir_fd=at, follow_symlinks=False)
        found = _judged(folder, name, before, largest, private)
        if found is not None:
            return found
        descriptor = os.open(name, _READ, dir_fd=at)
    except OSError as error:
        return Found(FolderCode.UNREADABLE, folder, name, "a file that we may read", str(error.strerror))
    with os.fdopen(descriptor, "rb") as file:
        opened = os.fstat(file.fileno())
        found = _judged(folder, name, opened, largest, private)
        if found is not None:
            return found
        raw = file.read(largest + 1)
        after = os.fstat(file.fileno())
    if len(raw) != opened.st_size or after.st_mtime_ns != opened.st_mtime_ns:
        return Found(FolderCode.CHANGED, folder, name, f"{opened.st_size} bytes", f"{len(raw)} bytes")
    return raw


def _judged(folder: str, name: str, status: os.stat_result, largest: int, private: bool) -> Found | None:
    mode, links, size = status.st_mode, status.st_nlink, status.st_size
    return rules.judge_file(folder, name, mode, links, size, largest, private=private)


def read_bounded(path: Path, largest: int = LARGEST) -> bytes:
    """A file that a user names on the command line: a file, and of a size that a batch can have.

    Raises:
        UsageError: missing, no file, or larger; nothing of it is read then.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(path), received=error.strerror) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UsageError("this is no file", where=str(path), expected="a regular file")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > largest:
            raise UsageError(
                "the file is too large",
                where=str(path),
                expected=f"at most {largest} bytes",
                received=f"{status.st_size} bytes",
                remedy="a batch may be split: several batches a day are allowed",
            )
        return file.read(largest)


# --- media ---------------------------------------------------------------------------------------------
def write_medium(root: Path, label: Label, files: dict[str, bytes], key: bytes) -> None:
    """Writes files, sealed before, and then the label: without a label a medium has nothing to take in.

    `label.items` must list the files with their sizes and digests (`rules.item_of`).

    Raises:
        UsageError: the medium is no folder, or a name cannot be a payload's.
    """
    with _medium(root) as at:
        for name, raw in files.items():
            if (found := rules.judge_name("medium", name)) is not None:
                raise UsageError("this cannot be written onto a medium", received=found.explain(english=True))
            _write_whole(at, name, raw)
        _write_whole(at, LABEL, rules.write_label(label, key))


def look_at_medium(root: Path) -> tuple[tuple[str, ...], bytes | None]:
    """The names of all that lies on a medium, in their order, and its label's bytes; None without a label.

    Raises:
        UsageError: the medium is no folder.
        OSError: it cannot be looked at.
    """
    with _medium(root) as at:
        raw = _read_file(at, "medium", LABEL, rules.LARGEST_LABEL, private=False)
        return tuple(sorted(os.listdir(at))), raw if isinstance(raw, bytes) else None


def sealed_for_medium(name: str, content: bytes, key: bytes) -> bytes:
    """A payload as it goes onto a medium: sealed with the key of the place."""
    return rules.seal_at_rest(content, name, key, os.urandom(NONCE_BYTES))


def read_medium(
    root: Path,
    key: bytes,
    municipality: str,
    direction: str,
    due: int,
    used: frozenset[str],
    scan: Scanner = rules.scan_for_test_file,
    largest: int = LARGEST,
) -> tuple[Label, list[Payload]] | list[Found]:
    """All payloads of a medium, in the label's order, or why nothing of it is taken in.

    A medium is taken in whole or not at all. What lies on it and is not on its label is not looked at.

    Raises:
        UsageError: the medium is no folder.
    """
    with _medium(root) as at:
        raw = _read_file(at, "medium", LABEL, rules.LARGEST_LABEL, private=False)
        if isinstance(raw, Found) and raw.code is not FolderCode.UNREADABLE:
            return [raw]
        label = raw if isinstance(raw, bytes) else None
        judged = rules.judge_medium(label, key, municipality, direction, due, used)
        if isinstance(judged, Found):
            return [judged]
        items = [_read_item(at, item, key, scan, largest) for item in judged.items]
        findings = [one for one in items if isinstance(one, Found)]
        return findings or (judged, [one for one in items if isinstance(one, Payload)])


def wipe_medium(root: Path, label: Label) -> None:
    """After taking in: deletes the label first, so that half of a medium is never one, and then its files.

    Raises:
        UsageError: the medium is no folder.
    """
    with _medium(root) as at:
        for name in (LABEL, *(item.name for item in label.items)):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=at)


def _read_item(at: int, item: Item, key: bytes, scan: Scanner, largest: int) -> Payload | Found:
    raw = _read_file(at, "medium", item.name, largest + OVERHEAD, private=False)
    if isinstance(raw, Found):
        if raw.code is not FolderCode.UNREADABLE:
            return raw
        return Found(FolderCode.MEDIUM_INCOMPLETE, "medium", item.name, f"{item.size} bytes", raw.received)
    if (found := rules.judge_item(item, raw)) is not None:
        return found
    content = rules.open_at_rest(raw, "medium", item.name, key)
    if isinstance(content, Found):
        return content
    if virus := scan(content):
        return Found(FolderCode.INFECTED, "medium", item.name, "nothing malicious", virus)
    return Payload("medium", item.name, content)


@contextmanager
def _medium(root: Path) -> Iterator[int]:
    try:
        at = os.open(root, _LOOK)
    except OSError as error:
        raise UsageError("there is no medium", where=str(root), received=error.strerror) from error
    try:
        yield at
    finally:
        os.close(at)


def _write_whole(at: int, name: str, raw: bytes) -> None:
    """Writes a file in the folder under `.part`, and renames it when it is whole and on the disk."""
    part = name + PART
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=at)  # what a crash left half written
    descriptor = os.open(part, _MAKE, FILE_MODE, dir_fd=at)
    with os.fdopen(descriptor, "wb") as file:
        with suppress(PermissionError):  # a medium's file system may know no permissions
            os.fchmod(file.fileno(), FILE_MODE)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    os.rename(part, name, src_dir_fd=at, dst_dir_fd=at)
    os.fsync(at)

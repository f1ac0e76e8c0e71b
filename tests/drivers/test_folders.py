"""Folders and media on a real disk: what is not ours is not touched, nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from sim.base.errors import UsageError
from sim.base.instant import instant
from sim.drivers import folders as driver
from sim.drivers.folders import Folders, Payload
from sim.exchange.folders import (
    FINDING,
    FOLDERS,
    LABEL,
    NONCE_BYTES,
    FolderCode,
    Found,
    Label,
    item_of,
    public_test_file,
    seal_at_rest,
)

NAME = "131041-ISA-01-00000012.csv.box"
NEXT = "131041-ISA-01-00000013.csv.box"
CONTENT = "H,renkei-open/1\r\nD,山田\r\n".encode()


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    return driver.make_key(tmp_path / "keys" / "place.key")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    driver.make_folders(tmp_path / "terminal")
    return tmp_path / "terminal"


@pytest.fixture
def folders(root: Path, key: bytes) -> Iterator[Folders]:
    with Folders(root, key) as opened:
        yield opened


def findings(folders: Folders, folder: str = "outbox") -> list[tuple[str, FolderCode]]:
    return [(one.name, one.code) for one in folders.take(folder) if isinstance(one, Found)]


def payloads(folders: Folders, folder: str = "outbox") -> list[tuple[str, bytes]]:
    return [(one.name, one.content) for one in folders.take(folder) if isinstance(one, Payload)]


def drop(path: Path, raw: bytes, mode: int = 0o600) -> None:
    """What another system leaves in a folder."""
    path.write_bytes(raw)
    path.chmod(mode)


# --- what must not be taken in


def link(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def hard_link(path: Path, outside: Path) -> None:
    path.hardlink_to(outside)


def folder(path: Path, outside: Path) -> None:
    path.mkdir()


def pipe(path: Path, outside: Path) -> None:
    os.mkfifo(path, 0o600)


def door(path: Path, outside: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path may not be long
        try:
            opened.bind(path.name)
        finally:
            os.chdir(here)


def open_to_others(path: Path, outside: Path) -> None:
    drop(path, outside.read_bytes(), 0o644)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (link, FolderCode.LINK),
        (hard_link, FolderCode.HARD_LINK),
        (folder, FolderCode.FOLDER),
        (pipe, FolderCode.FIFO),
        (door, FolderCode.SOCKET),
        (open_to_others, FolderCode.OPEN_TO_OTHERS),
    ],
)
def test_what_is_no_file_of_ours_is_reported_and_left_alone(
    tmp_path: Path,
    root: Path,
    key: bytes,
    folders: Folders,
    make: Callable[[Path, Path], None],
    code: FolderCode,
) -> None:
    outside = tmp_path / "outside"
    drop(outside, seal_at_rest(b"secret", NAME, key, b"n" * NONCE_BYTES))
    before = outside.read_bytes(), outside.stat().st_mode
    make(root / "outbox" / NAME, outside)
    for _ in range(2):
        assert findings(folders) == [(NAME, code)]
    assert payloads(folders) == []
    assert (root / "outbox" / NAME).lstat()
    assert (outside.read_bytes(), outside.stat().st_mode) == before
    assert list((root / "quarantine").iterdir()) == []


def test_a_link_to_a_device_is_not_opened(root: Path, folders: Folders) -> None:
    (root / "outbox" / NAME).symlink_to("/dev/zero")
    assert findings(folders) == [(NAME, FolderCode.LINK)]


def test_a_file_that_is_still_being_written_and_one_of_another_name_are_ignored(
    root: Path, folders: Folders
) -> None:
    """S2-012."""
    drop(root / "outbox" / (NAME + ".part"), b"half")
    drop(root / "outbox" / "Thumbs.db", b"x")
    folders.put("outbox", NEXT, CONTENT)
    assert findings(folders) == [(NAME + ".part", FolderCode.PARTIAL), ("Thumbs.db", FolderCode.NAME)]
    assert payloads(folders) == [(NEXT, CONTENT)]
    assert (root / "outbox" / (NAME + ".part")).read_bytes() == b"half"


def test_a_name_that_is_no_text_can_be_told(root: Path, folders: Folders) -> None:
    """A journal and a terminal take only text."""
    for name in (b"\xff.csv.box", b"\xff.part", b"\xff\\..\\x.csv.box"):
        (root / "outbox" / os.fsdecode(name)).write_bytes(b"")
    found = [one for one in folders.take("outbox") if isinstance(one, Found)]
    assert [one.code for one in found] == [FolderCode.NAME, FolderCode.PARTIAL, FolderCode.OUTSIDE]
    assert all(one.explain(english=True).encode("utf-8") for one in found)


def test_a_file_of_two_gigabytes_is_moved_away_without_reading_it(root: Path, folders: Folders) -> None:
    with (root / "outbox" / NAME).open("wb") as file:
        file.truncate(2 * 1024**3)
    (root / "outbox" / NAME).chmod(0o600)
    assert findings(folders) == [(NAME, FolderCode.TOO_LARGE)]
    assert (root / "quarantine" / f"{NAME}.1").stat().st_size == 2 * 1024**3
    assert findings(folders) == []


def test_an_infected_file_is_quarantined_unreadable_with_its_finding(
    root: Path, key: bytes, folders: Folders
) -> None:
    infected = CONTENT + public_test_file()
    folders.put("outbox", NAME, infected)
    folders.put("outbox", NEXT, CONTENT)
    assert findings(folders) == [(NAME, FolderCode.INFECTED)]
    assert payloads(folders) == [(NEXT, CONTENT)]
    assert sorted(path.name for path in (root / "outbox").iterdir()) == [NEXT]
    kept = root / "quarantine" / f"{NAME}.1"
    assert public_test_file() not in kept.read_bytes()
    told = json.loads((root / "quarantine" / f"{NAME}.1{FINDING}").read_text())
    assert (told["code"], told["received"]) == ("INFECTED", "EICAR-Test-File")


def test_the_test_file_dropped_as_it_is_does_not_get_round_the_scanner(root: Path, folders: Folders) -> None:
    drop(root / "outbox" / NAME, public_test_file())
    assert findings(folders) == [(NAME, FolderCode.INFECTED)]
    assert public_test_file() not in (root / "quarantine" / f"{NAME}.1").read_bytes()


def test_another_scanner_can_stand_in_its_place(root: Path, key: bytes) -> None:
    with Folders(root, key, scan=lambda content: "Worm" if b"worm" in content else "") as folders:
        folders.put("outbox", NAME, b"a worm")
        assert findings(folders) == [(NAME, FolderCode.INFECTED)]


def test_what_is_not_sealed_or_sealed_with_another_key_is_quarantined(root: Path, folders: Folders) -> None:
    drop(root / "outbox" / NAME, CONTENT)
    drop(root / "outbox" / NEXT, seal_at_rest(CONTENT, NEXT, b"x" * 32, b"n" * NONCE_BYTES))
    assert findings(folders) == [(NAME, FolderCode.NOT_SEALED), (NEXT, FolderCode.OTHER_KEY)]
    assert findings(folders) == []
    assert len(list((root / "quarantine").iterdir())) == 4


def test_the_same_bad_file_again_overwrites_nothing_in_quarantine(root: Path, folders: Folders) -> None:
    for _ in range(3):
        drop(root / "outbox" / NAME, CONTENT)
        findings(folders)
    boxes = [path.name for path in (root / "quarantine").iterdir() if not path.name.endswith(FINDING)]
    assert sorted(boxes) == [f"{NAME}.1", f"{NAME}.2", f"{NAME}.3"]


def test_a_folder_that_is_a_link_or_open_to_others_is_refused(tmp_path: Path, root: Path, key: bytes) -> None:
    """S2-014: permissions of the folders."""
    (root / "sent").chmod(0o755)
    with pytest.raises(UsageError, match="open to others"), Folders(root, key):
        pass
    (root / "sent").rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (root / "sent").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be opened"), Folders(root, key):
        pass
    with pytest.raises(UsageError, match="something else"):
        driver.make_folders(root)


@pytest.mark.parametrize("name", ["../" + NAME, "/tmp/" + NAME, NAME + ".part", "x"])
def test_nothing_is_written_moved_or_deleted_under_a_name_that_is_none(
    tmp_path: Path, folders: Folders, name: str
) -> None:
    """S2-012: nothing outside the folders."""
    drop(tmp_path / NAME, b"untouched")
    with pytest.raises(UsageError, match="cannot be written"):
        folders.put("outbox", name, CONTENT)
    with pytest.raises(UsageError, match="bears this name"):
        folders.done("outbox", name)
    with pytest.raises(UsageError, match="bears this name"):
        folders.moved("outbox", "sent", name)
    assert (tmp_path / NAME).read_bytes() == b"untouched"


# --- what is ours


def test_a_payload_comes_back_as_it_was_and_lies_sealed_and_private(root: Path, folders: Folders) -> None:
    """S2-014: encrypted at rest, the owner's alone."""
    before = os.umask(0)
    try:
        folders.put("inbox", NAME, CONTENT)
    finally:
        os.umask(before)
    assert payloads(folders, "inbox") == [(NAME, CONTENT)]
    raw = (root / "inbox" / NAME).read_bytes()
    assert "山田".encode() not in raw
    assert stat.S_IMODE((root / "inbox" / NAME).stat().st_mode) == 0o600
    assert {stat.S_IMODE((root / name).stat().st_mode) for name in FOLDERS} == {0o700}


def test_a_payload_stays_until_it_was_taken_in_and_is_then_deleted(root: Path, folders: Folders) -> None:
    """S2-014: deletion after import."""
    folders.put("inbox", NAME, CONTENT)
    assert payloads(folders, "inbox") == payloads(folders, "inbox")
    folders.done("inbox", NAME)
    folders.done("inbox", NAME)
    assert list((root / "inbox").iterdir()) == []


def test_what_was_sent_moves_on_once_however_often_it_is_said(folders: Folders) -> None:
    folders.put("outbox", NAME, CONTENT)
    folders.moved("outbox", "sent", NAME)
    folders.moved("outbox", "sent", NAME)
    assert (payloads(folders, "outbox"), payloads(folders, "sent")) == ([], [(NAME, CONTENT)])
    with pytest.raises(UsageError, match="no such payload"):
        folders.moved("outbox", "sent", NEXT)


def test_writing_the_same_again_does_nothing_and_another_content_is_refused(folders: Folders) -> None:
    folders.put("outbox", NAME, CONTENT)
    folders.put("outbox", NAME, CONTENT)
    with pytest.raises(UsageError, match="another file"):
        folders.put("outbox", NAME, CONTENT + b"more")
    assert payloads(folders) == [(NAME, CONTENT)]


def test_what_a_crash_left_half_written_is_written_anew(root: Path, folders: Folders) -> None:
    """S2-012: a name counts once the file is renamed to it."""
    drop(root / "outbox" / (NAME + ".part"), b"half")
    folders.put("outbox", NAME, CONTENT)
    assert (payloads(folders), findings(folders)) == ([(NAME, CONTENT)], [])


def test_files_are_taken_in_the_order_of_their_numbers(folders: Folders) -> None:
    """S2-013: ordering."""
    for number in (10, 9, 11):
        folders.put("outbox", f"131041-ISA-01-{number:08d}.csv.box", CONTENT)
    assert [name[14:22] for name, _ in payloads(folders)] == ["00000009", "00000010", "00000011"]


def test_a_key_is_the_owners_alone_and_is_never_made_twice(tmp_path: Path) -> None:
    path = tmp_path / "place.key"
    key = driver.make_key(path)
    assert driver.load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="already"):
        driver.make_key(path)
    path.chmod(0o640)
    with pytest.raises(UsageError, match="open to others"):
        driver.load_key(path)
    path.chmod(0o600)
    path.write_bytes(b"no key")
    with pytest.raises(UsageError, match="no key"):
        driver.load_key(path)
    with pytest.raises(UsageError, match="cannot be read"):
        driver.load_key(tmp_path / "missing")


def test_a_file_that_a_user_names_must_be_one_of_a_bearable_size(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        driver.read_bounded(tmp_path / "missing")
    for wrong in (tmp_path, Path("/dev/zero")):
        with pytest.raises(UsageError, match="no file"):
            driver.read_bounded(wrong)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(UsageError, match="too large"):
        driver.read_bounded(tmp_path / "huge")
    drop(tmp_path / "good", CONTENT)
    assert driver.read_bounded(tmp_path / "good") == CONTENT


# --- media


def written(root: Path, key: bytes, *, number: int = 1, sequence: int = 1) -> Label:
    root.mkdir(exist_ok=True)
    files = {name: driver.sealed_for_medium(name, CONTENT, key) for name in (NAME, NEXT)}
    items = tuple(item_of(name, raw) for name, raw in files.items())
    label = Label(f"M-{number}", "131041", "up", sequence, instant(date(2019, 4, 1), 22), items)
    driver.write_medium(root, label, files, key)
    return label


def read(root: Path, key: bytes, due: int = 1, *used: str) -> tuple[Label, list[Payload]] | list[Found]:
    return driver.read_medium(root, key, "131041", "up", due, frozenset(used))


def refused(outcome: object) -> list[FolderCode]:
    assert isinstance(outcome, list), outcome
    return [found.code for found in outcome]


def test_a_medium_carries_the_same_bytes_as_a_line_would_and_is_wiped_after_taking_in(
    tmp_path: Path, key: bytes
) -> None:
    label = written(tmp_path / "usb", key)
    outcome = read(tmp_path / "usb", key)
    assert outcome == (label, [Payload("medium", NAME, CONTENT), Payload("medium", NEXT, CONTENT)])
    driver.wipe_medium(tmp_path / "usb", label)
    assert list((tmp_path / "usb").iterdir()) == []
    assert refused(read(tmp_path / "usb", key, 2, "M-1")) == [FolderCode.MEDIUM_UNLABELLED]


def test_a_medium_that_was_found_in_the_street_shows_nothing(tmp_path: Path, key: bytes) -> None:
    written(tmp_path / "usb", key)
    for path in (tmp_path / "usb").iterdir():
        assert "山田".encode() not in path.read_bytes()
    assert refused(read(tmp_path / "usb", b"x" * 32)) == [FolderCode.MEDIUM_FORGED]


def test_a_medium_is_taken_in_once(tmp_path: Path, key: bytes) -> None:
    written(tmp_path / "usb", key)
    assert refused(read(tmp_path / "usb", key, 2, "M-1")) == [FolderCode.MEDIUM_USED]
    assert refused(read(tmp_path / "usb", key, 2)) == [FolderCode.MEDIUM_STALE]
    assert refused(read(tmp_path / "usb", key, 0)) == [FolderCode.MEDIUM_EARLY]


def test_a_medium_with_a_missing_or_altered_file_is_not_taken_in_at_all(tmp_path: Path, key: bytes) -> None:
    written(tmp_path / "usb", key)
    (tmp_path / "usb" / NEXT).unlink()
    assert refused(read(tmp_path / "usb", key)) == [FolderCode.MEDIUM_INCOMPLETE]
    written(tmp_path / "usb", key)
    raw = bytearray((tmp_path / "usb" / NAME).read_bytes())
    raw[-1] ^= 1
    (tmp_path / "usb" / NAME).write_bytes(bytes(raw))
    assert refused(read(tmp_path / "usb", key)) == [FolderCode.MEDIUM_INCOMPLETE]


def test_links_on_a_medium_lead_nowhere(tmp_path: Path, key: bytes) -> None:
    written(tmp_path / "usb", key)
    (tmp_path / "usb" / NAME).rename(tmp_path / "outside")
    (tmp_path / "usb" / NAME).symlink_to(tmp_path / "outside")
    assert refused(read(tmp_path / "usb", key)) == [FolderCode.LINK]
    (tmp_path / "usb" / LABEL).rename(tmp_path / "label")
    (tmp_path / "usb" / LABEL).symlink_to(tmp_path / "label")
    assert refused(read(tmp_path / "usb", key)) == [FolderCode.LINK]


def test_a_medium_with_the_test_file_on_it_is_refused(tmp_path: Path, key: bytes) -> None:
    (tmp_path / "usb").mkdir()
    raw = driver.sealed_for_medium(NAME, public_test_file(), key)
    label = Label("M-1", "131041", "up", 1, instant(date(2019, 4, 1)), (item_of(NAME, raw),))
    driver.write_medium(tmp_path / "usb", label, {NAME: raw}, key)
    assert refused(read(tmp_path / "usb", key)) == [FolderCode.INFECTED]


def test_what_lies_on_a_medium_beside_its_label_is_not_looked_at(tmp_path: Path, key: bytes) -> None:
    label = written(tmp_path / "usb", key)
    drop(tmp_path / "usb" / "autorun.inf", public_test_file())
    outcome = read(tmp_path / "usb", key)
    assert isinstance(outcome, tuple)
    assert outcome[0] == label
    driver.wipe_medium(tmp_path / "usb", label)
    assert [path.name for path in (tmp_path / "usb").iterdir()] == ["autorun.inf"]


def test_no_medium_at_all_is_said_so(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(UsageError, match="no medium"):
        read(tmp_path / "nothing", key)

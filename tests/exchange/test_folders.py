"""What may be taken out of a folder or off a medium, decided without a disk."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import instant
from sim.exchange.folders import (
    EXPLAINED,
    LARGEST,
    OVERHEAD,
    FolderCode,
    Found,
    Item,
    Label,
    file_name,
    item_of,
    judge_file,
    judge_item,
    judge_medium,
    judge_name,
    open_at_rest,
    parse_name,
    public_test_file,
    scan_for_test_file,
    seal_at_rest,
    write_label,
)
from sim.exchange.sequence import edition_ref

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NONCE = b"n" * 12
NAME = "131041-ISA-01-00000012.csv.box"


def code_of(found: object) -> FolderCode:
    assert isinstance(found, Found), found
    return found.code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../131041-ISA-01-00000012.csv.box", FolderCode.OUTSIDE),
        ("/etc/passwd", FolderCode.OUTSIDE),
        ("sub/131041-ISA-01-00000012.csv.box", FolderCode.OUTSIDE),
        ("..\\131041-ISA-01-00000012.csv.box", FolderCode.OUTSIDE),
        ("..", FolderCode.OUTSIDE),
        ("", FolderCode.OUTSIDE),
        ("131041-ISA-01-00000012.csv.box\x00.part", FolderCode.OUTSIDE),
        (NAME + ".part", FolderCode.PARTIAL),
        (".part", FolderCode.PARTIAL),
        ("Thumbs.db", FolderCode.NAME),
        ("131041-ISA-01-00000012.csv", FolderCode.NAME),
        ("131041-ISA-01-00000012.exe.box", FolderCode.NAME),
        ("131041-ISA-01-00000012.1.csv.box", FolderCode.NAME),
        ("131041-ISA-01-00000012.02.csv.box", FolderCode.NAME),
        ("１３１０４１-ISA-01-00000012.csv.box", FolderCode.NAME),
        (NAME + "\n", FolderCode.NAME),
    ],
)
def test_a_name_that_is_none_of_ours_is_not_taken_in(name: str, code: FolderCode) -> None:
    """S2-012, S2-013: published names only, nothing outside, nothing half written."""
    assert code_of(judge_name("outbox", name)) is code


@given(name=st.text(max_size=60))
def test_any_name_gives_an_answer_and_one_that_is_taken_in_is_plain(name: str) -> None:
    if judge_name("outbox", name) is None:
        assert name.isascii()
        assert "/" not in name


@given(number=st.integers(1, 10**12), edition=st.integers(1, 10**6), form=st.sampled_from(["csv", "xml"]))
def test_the_name_of_every_edition_of_a_batch_comes_back_as_it_was(
    number: int, edition: int, form: str
) -> None:
    """S2-013: naming."""
    batch = f"131041-ISA-01-{number:08d}"
    name = file_name(edition_ref(batch, edition), form)
    assert judge_name("outbox", name) is None
    found = parse_name(name)
    assert found is not None
    assert (found.batch, found.edition, found.form) == (batch, edition, form)


@pytest.mark.parametrize(
    ("mode", "links", "size", "code"),
    [
        (stat.S_IFLNK | 0o777, 1, 1, FolderCode.LINK),
        (stat.S_IFDIR | 0o700, 2, 1, FolderCode.FOLDER),
        (stat.S_IFCHR | 0o600, 1, 0, FolderCode.DEVICE),
        (stat.S_IFBLK | 0o600, 1, 0, FolderCode.DEVICE),
        (stat.S_IFIFO | 0o600, 1, 0, FolderCode.FIFO),
        (stat.S_IFSOCK | 0o600, 1, 0, FolderCode.SOCKET),
        (stat.S_IFREG | 0o600, 2, 1, FolderCode.HARD_LINK),
        (stat.S_IFREG | 0o640, 1, 1, FolderCode.OPEN_TO_OTHERS),
        (stat.S_IFREG | 0o602, 1, 1, FolderCode.OPEN_TO_OTHERS),
        (stat.S_IFREG | 0o600, 1, LARGEST + 1, FolderCode.TOO_LARGE),
        (stat.S_IFREG | 0o600, 1, 2 * 1024**3, FolderCode.TOO_LARGE),
    ],
)
def test_what_is_no_file_of_ours_is_not_read(mode: int, links: int, size: int, code: FolderCode) -> None:
    assert code_of(judge_file("outbox", NAME, mode, links, size)) is code


def test_a_file_of_the_largest_size_that_is_its_owners_alone_is_read() -> None:
    assert judge_file("outbox", NAME, stat.S_IFREG | 0o600, 1, LARGEST) is None
    assert judge_file("medium", NAME, stat.S_IFREG | 0o755, 1, 1, private=False) is None


def test_the_scanner_finds_the_public_test_file_and_nothing_else() -> None:
    whole = public_test_file()
    assert len(whole) == 68
    assert scan_for_test_file(b"H,\r\n" + whole + b"\r\n") == "EICAR-Test-File"
    assert scan_for_test_file(whole[:-1]) == ""
    assert scan_for_test_file("H,renkei-open/1,山田\r\n".encode()) == ""


# --- sealed at rest


@given(content=st.binary(max_size=200))
def test_what_was_sealed_at_rest_is_opened_by_the_same_key_under_the_same_name(content: bytes) -> None:
    sealed = seal_at_rest(content, NAME, KEY, NONCE)
    assert len(sealed) == len(content) + OVERHEAD
    assert open_at_rest(sealed, "outbox", NAME, KEY) == content
    assert code_of(open_at_rest(sealed, "outbox", NAME, OTHER_KEY)) is FolderCode.OTHER_KEY
    renamed = file_name("131041-ISA-01-00000013", "csv")
    assert code_of(open_at_rest(sealed, "outbox", renamed, KEY)) is FolderCode.OTHER_KEY


def test_sealed_bytes_hold_nothing_of_the_content() -> None:
    assert b"NGUYEN" not in seal_at_rest(b"NGUYEN VAN AN" * 10, NAME, KEY, NONCE)


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_one_altered_byte_at_rest_is_always_found(place: int, flip: int) -> None:
    sealed = bytearray(seal_at_rest(b"H,renkei-open/1\r\n", NAME, KEY, NONCE))
    sealed[place % len(sealed)] ^= flip
    assert code_of(open_at_rest(bytes(sealed), "outbox", NAME, KEY)) in (
        FolderCode.OTHER_KEY,
        FolderCode.NOT_SEALED,
    )


@given(junk=st.binary(max_size=100))
def test_arbitrary_bytes_at_rest_open_to_nothing(junk: bytes) -> None:
    assert isinstance(open_at_rest(junk, "outbox", NAME, KEY), Found)


# --- media

LABEL = Label("M-1", "131041", "up", 3, instant(date(2019, 4, 1), 22), (item_of(NAME, b"content"),))


def judged(label: Label | bytes | None, **changes: object) -> Label | Found:
    raw = write_label(label, KEY) if isinstance(label, Label) else label
    values = {"key": KEY, "municipality": "131041", "direction": "up", "due": 3, "used": frozenset()}
    return judge_medium(raw, **(values | changes))  # type: ignore[arg-type]


def test_a_medium_that_is_ours_and_next_is_taken_in() -> None:
    assert judged(LABEL) == LABEL


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": OTHER_KEY}, FolderCode.MEDIUM_FORGED),
        ({"municipality": "131130"}, FolderCode.MEDIUM_FOREIGN),
        ({"direction": "down"}, FolderCode.MEDIUM_FOREIGN),
        ({"due": 4, "used": frozenset({"M-1"})}, FolderCode.MEDIUM_USED),
        ({"due": 4}, FolderCode.MEDIUM_STALE),
        ({"due": 2}, FolderCode.MEDIUM_EARLY),
    ],
)
def test_a_foreign_stale_early_or_twice_used_medium_is_refused(
    changes: dict[str, object], code: FolderCode
) -> None:
    assert code_of(judged(LABEL, **changes)) is code


def test_a_medium_that_was_lost_and_made_again_counts_once() -> None:
    again = replace(LABEL, id="M-2")
    assert judged(again) == again
    assert code_of(judged(LABEL, due=4, used=frozenset({"M-2"}))) is FolderCode.MEDIUM_STALE


@pytest.mark.parametrize("item", ["sequence", "id", "municipality", "direction", "created", "files"])
def test_a_label_that_was_altered_is_refused(item: str) -> None:
    data = json.loads(write_label(LABEL, KEY))
    other = json.loads(
        write_label(
            Label("M-9", "131130", "down", 4, instant(date(2019, 4, 2)), (item_of(NAME, b"other"),)), KEY
        )
    )
    data[item] = other[item]
    assert code_of(judged(json.dumps(data).encode())) is FolderCode.MEDIUM_FORGED


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"no json",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe",
        write_label(replace(LABEL, sequence=0), KEY),
        write_label(replace(LABEL, municipality="131042"), KEY),
        write_label(replace(LABEL, id="../M"), KEY),
        write_label(LABEL, KEY).replace(b'"sequence": 3', b'"sequence": true'),
        write_label(LABEL, KEY).replace(b'"sequence": 3', b'"sequence": "3"'),
        write_label(LABEL, KEY).replace(b'"size": 7', b'"size": -1'),
        write_label(LABEL, KEY).replace(b'"label": 1', b'"label": 2'),
    ],
    ids=range(15),
)
def test_what_is_no_label_is_refused(raw: bytes | None) -> None:
    assert code_of(judged(raw)) is FolderCode.MEDIUM_UNLABELLED


@given(raw=st.binary(max_size=300))
def test_any_bytes_in_place_of_a_label_give_an_answer(raw: bytes) -> None:
    assert isinstance(judged(raw), Found)


def test_a_genuine_label_cannot_name_a_file_outside() -> None:
    bad = replace(LABEL, items=(Item("../../etc/passwd", 7, "0" * 64),))
    assert code_of(judged(bad)) is FolderCode.OUTSIDE


def test_a_file_that_differs_from_the_label_is_not_taken_in() -> None:
    assert judge_item(LABEL.items[0], b"content") is None
    assert code_of(judge_item(LABEL.items[0], b"c0ntent")) is FolderCode.MEDIUM_INCOMPLETE


def test_every_code_is_explained_in_both_languages_and_tells_nothing_of_a_content() -> None:
    assert set(EXPLAINED) == set(FolderCode)
    for code in FolderCode:
        found = Found(code, "inbox", NAME, "this", "that")
        assert found.explain(english=True).startswith(f"inbox/{NAME} {code}: {EXPLAINED[code][1]}")
        assert EXPLAINED[code][0] in found.explain()

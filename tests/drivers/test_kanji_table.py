"""The builder of the whole table: on small archives of the real form, without a network."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import sqlite3
import tarfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sim.base.errors import HarnessError, UsageError
from sim.drivers import kanji_archive
from sim.drivers.kanji_archive import MEMBER, PINNED, Release, download
from sim.drivers.kanji_table import FOUR, ONE, PLACE, build, load_table, main, make_table, place
from sim.law.kanji.conversion import convert
from sim.law.kanji.table import Gap, Part, cited_table

ITAIJI = [
    ("6c49", "汉", "6f22", "漢", 1),
    ("6c49", "汉", "fa47", "\ufa47", 2),
    ("e400", None, "5e30", "帰", 1),
    ("26b05", "𦬅", "8607", "蘇", 1),
]
RUIJI = [("4efc", "仼", "4efb", "任", 1)]
MJI = [("0x6F22", None, "漢"), ("0x5433", "0xE57E", "吳"), ("0xE479", "0xE479", "𭆁"), (None, None, "汉")]
NOTICE = (
    "(簡体字等の文字コード等 TEXT, 簡体字等のUCS TEXT, 正字の文字コード等 TEXT, 正字のUCS TEXT, 順位 INTEGER)"
)

Rows = Sequence[tuple[str, str | None, str, str | None, object]]
MjRows = Sequence[tuple[str | None, str | None, str | None]]


def database(itaiji: Rows = ITAIJI, ruiji: Rows = RUIJI, mji: MjRows = MJI) -> bytes:
    """A database with the columns of the real one that the builder reads."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, rows in (("nyukan_itaiji", itaiji), ("nyukan_ruiji", ruiji)):
            connection.execute(f"CREATE TABLE {name} {NOTICE}")
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("CREATE TABLE mji (入管正字コード TEXT, 入管外字コード TEXT, 対応するUCS TEXT)")
        connection.executemany("INSERT INTO mji VALUES (?, ?, ?)", mji)
        connection.commit()
        return connection.serialize()


def packed(content: bytes, member: str = MEMBER) -> bytes:
    """A package with one file."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def release_of(archive: bytes) -> Release:
    """A release whose digest is that of the archive; the other figures are those of the rows above."""
    return Release(
        name="small 1",
        url="https://registry.test/small-1.tgz",
        sha512=base64.b64encode(hashlib.sha512(archive).digest()).decode("ascii"),
        rows={Part.VARIANT: 4, Part.SIMILAR: 1, Part.ADDED: 2},
        standards=1,
        table_four_sha256="8f44e6d00699af4e5be9813ff0cf71d487b2d9ffecb7bf234ad44e3567a93ac7",
        table_one_sha256="8a781f133ed6484bfd4e6ac32ab5e754370852e4d0cff4ee68228e41a35c3b72",
    )


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes an archive to a file."""

    def write(archive: bytes) -> Path:
        path = tmp_path / "package.tgz"
        path.write_bytes(archive)
        return path

    return write


GOOD = packed(database())
SMALL = release_of(GOOD)


# --- the package -------------------------------------------------------------------------------------
def test_another_digest_is_refused_before_anything_is_opened(
    keep: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarfile, "open", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(HarnessError, match="nothing in it was opened") as caught:
        build(keep(GOOD + b"\0"), SMALL)
    assert caught.value.expected == f"sha512-{SMALL.sha512}" != caught.value.received


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.tgz"):
        build(tmp_path / "absent.tgz", SMALL)


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "gzipped tar"),
        (b"not an archive", "gzipped tar"),
        (GOOD[: len(GOOD) // 2], "gzipped tar"),
        (gzip.compress(b"\1" * 2000), "gzipped tar"),
        (packed(database(), "package/dist/other.db"), "an archive without it"),
        (packed(database(), "../../package/dist/moji.db"), "an archive without it"),
        (packed(b""), "no such table"),
        (packed(b"not a database" * 100), "not a database"),
        (packed(database()[:4096]), "malformed"),
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "no tar",
        "no member",
        "climbing",
        "no tables",
        "no database",
        "cut database",
    ],
)
def test_a_damaged_archive_is_refused(archive: bytes, message: str, keep: Callable[[bytes], Path]) -> None:
    with pytest.raises(HarnessError, match=message):
        build(keep(archive), release_of(archive))


def test_a_database_beyond_the_bound_is_not_unpacked(
    keep: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kanji_archive, "MOST_UNPACKED", 4096)
    with pytest.raises(HarnessError, match="at most 4096 bytes"):
        build(keep(GOOD), SMALL)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (database(itaiji=[*ITAIJI[:3], ("6c49", "漢", "6f22", "漢", 3)]), "agree: 6c49"),
        (database(itaiji=[*ITAIJI[:3], ("6c49", None, "6f22", "漢", 3)]), "agree: 6c49"),
        (database(itaiji=[*ITAIJI[:3], ("e401", "汉", "6f22", "漢", 1)]), "agree: e401"),
        (database(itaiji=[*ITAIJI[:3], ("5f20", "张", "e400", None, 1)]), "standard with a code point"),
        (database(itaiji=[*ITAIJI[:3], ("5f20", "张", "5f35", "張", 3)]), "rank 1 or 2"),
        (database(itaiji=[*ITAIJI[:3], ("5f20", "张", "5f35", "張", "1st")]), "rank 1 or 2"),
        (database(itaiji=[*ITAIJI[:3], ("zhang", "张", "5f35", "張", 1)]), "hexadecimal"),
        (database(itaiji=[*ITAIJI[:3], ("110000", "张", "5f35", "張", 1)]), "hexadecimal"),
        (database(itaiji=ITAIJI[:3]), "3 variant, 1 similar"),
        (database(mji=[*MJI, ("0x5F35", None, "張")]), "正字 of JIS: 2"),
        (database(mji=[*MJI, ("0x6C49", None, "汉")]), "a kanji of JIS X 0213"),
        (database(mji=[*MJI[:2], ("0xE479", "0xE479", None)]), "one character"),
    ],
)
def test_rows_that_no_notice_can_have_are_refused(
    content: bytes, message: str, keep: Callable[[bytes], Path]
) -> None:
    archive = packed(content)
    with pytest.raises(HarnessError, match=message):
        build(keep(archive), release_of(archive))


def test_bytes_that_are_not_the_releases_are_refused(keep: Callable[[bytes], Path]) -> None:
    with pytest.raises(HarnessError, match="not the one of small 1"):
        build(keep(GOOD), replace(SMALL, table_one_sha256="0" * 64))


def test_the_same_rows_in_another_order_give_the_same_bytes(keep: Callable[[bytes], Path]) -> None:
    archive = packed(database(ITAIJI[::-1], RUIJI[::-1], MJI[::-1]))
    assert archive != GOOD
    other = build(keep(archive), replace(SMALL, sha512=release_of(archive).sha512))
    assert other == build(keep(GOOD), SMALL)
    assert other.digests == (SMALL.table_four_sha256, SMALL.table_one_sha256)


# --- the network -------------------------------------------------------------------------------------
def answering(status: int, content: bytes) -> httpx.MockTransport:
    """A registry that answers every question so."""
    return httpx.MockTransport(lambda _: httpx.Response(status, content=content))


def refusing(request: httpx.Request) -> httpx.Response:
    """No network."""
    raise httpx.ConnectError("Name or service not known", request=request)


@pytest.mark.parametrize(
    ("transport", "message"),
    [
        (httpx.MockTransport(refusing), "Name or service not known"),
        (answering(404, b"not here"), "HTTP status 404"),
        (answering(503, b""), "HTTP status 503"),
    ],
)
def test_without_the_registry_the_error_says_how_to_go_on(
    transport: httpx.BaseTransport, message: str, tmp_path: Path
) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(HarnessError, match=message) as caught:
        make_table(environment, release=SMALL, transport=transport)
    assert "ARCHIVE=" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert load_table(environment, SMALL) is cited_table()


def test_a_download_without_an_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kanji_archive, "MOST_PACKED", 100)
    with pytest.raises(HarnessError, match="more than 100 bytes"):
        download(SMALL, tmp_path / "x", answering(200, b"x" * 101))


def test_what_a_mirror_gives_is_proved_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="this is not the package small 1"):
        make_table({PLACE: str(tmp_path)}, release=SMALL, transport=answering(200, b"a login page"))
    assert list(tmp_path.iterdir()) == []


# --- the place ---------------------------------------------------------------------------------------
def test_the_folder_is_named_or_the_cache_or_the_home() -> None:
    home = {"HOME": "/home/a"}
    assert place(home) == Path("/home/a/.cache/renkei/kanji")
    assert place({**home, "XDG_CACHE_HOME": "relative"}) == Path("/home/a/.cache/renkei/kanji")
    assert place({**home, "XDG_CACHE_HOME": "/c"}) == Path("/c/renkei/kanji")
    assert place({**home, "XDG_CACHE_HOME": "/c", PLACE: "/named"}) == Path("/named")


def test_without_any_folder_the_small_table_is_used_and_nothing_is_built() -> None:
    assert load_table({}) is cited_table()
    with pytest.raises(UsageError, match="no place for the table"):
        make_table({}, release=SMALL, transport=httpx.MockTransport(refusing))


def test_the_table_is_built_once_and_found_again(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    assert make_table(environment, release=SMALL, transport=answering(200, GOOD)) == (
        place(environment),
        True,
    )
    assert sorted(path.name for path in place(environment).iterdir()) == [FOUR, ONE]
    assert make_table(environment, release=SMALL, transport=httpx.MockTransport(refusing))[1] is False
    table = load_table(environment, SMALL)
    assert table.name == "notice-582 (small 1)" and table.complete
    assert convert("汉[E400]吳𦬅仼[E479]", table).result == "漢帰吳蘇任[E479]"
    assert convert("汉[E400]吳𦬅仼[E479]", table).settled


@pytest.mark.parametrize("name", [FOUR, ONE])
def test_a_damaged_cache_is_an_error_until_it_is_built_again(name: str, tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    make_table(environment, release=SMALL, transport=answering(200, GOOD))
    path = place(environment) / name
    path.write_bytes(path.read_bytes().replace(b"small", b"smell"))
    with pytest.raises(HarnessError, match="not the one of small 1"):
        load_table(environment, SMALL)
    assert make_table(environment, release=SMALL, transport=answering(200, GOOD))[1] is True
    assert load_table(environment, SMALL).complete


def test_a_cache_without_table_one_is_damaged(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    make_table(environment, release=SMALL, transport=answering(200, GOOD))
    (place(environment) / ONE).unlink()
    with pytest.raises(HarnessError, match="not the one of small 1"):
        load_table(environment, SMALL)


def test_a_named_folder_without_a_table_is_an_error_and_no_silent_small_table(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UsageError, match=f"{PLACE} names a folder without a table"):
            load_table({PLACE: str(folder)}, SMALL)


def test_a_users_own_table_is_taken_and_never_replaced_by_a_download(
    tmp_path: Path, keep: Callable[[bytes], Path]
) -> None:
    environment = {PLACE: str(tmp_path)}
    own = tmp_path / FOUR
    own.write_bytes(build(keep(GOOD), SMALL).four.replace(b"small 1", b"mine"))
    table = load_table(environment, SMALL)
    assert (table.name, table.gaps) == ("notice-582 (mine)", (Gap.TABLE_ONE,))
    assert make_table(environment, release=SMALL, transport=httpx.MockTransport(refusing)) == (
        tmp_path,
        False,
    )
    assert b"mine" in own.read_bytes()
    own.write_bytes(b"mine, but no table")
    with pytest.raises(HarnessError, match="no table of standard kanji"):
        make_table(environment, release=SMALL, transport=answering(200, GOOD))
    assert own.read_bytes() == b"mine, but no table"


def test_an_archive_that_was_carried_here_needs_no_network(
    tmp_path: Path, keep: Callable[[bytes], Path]
) -> None:
    environment = {PLACE: str(tmp_path / "table")}
    folder, fresh = make_table(
        environment, keep(GOOD), release=SMALL, transport=httpx.MockTransport(refusing)
    )
    assert (folder, fresh) == (tmp_path / "table", True)
    assert load_table(environment, SMALL).complete


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, keep: Callable[[bytes], Path]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        make_table({PLACE: str(tmp_path / "file" / "below")}, keep(GOOD), release=SMALL)


# --- the command behind `make kanji-table` -----------------------------------------------------------
def test_the_command_says_why_it_built_nothing(
    tmp_path: Path, keep: Callable[[bytes], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(keep(GOOD))], {PLACE: str(tmp_path)}) == 2
    assert f"not the package {PINNED.name}" in capsys.readouterr().err
    assert main(["a", "b"], {}) == 2
    assert "usage:" in capsys.readouterr().err


def test_the_command_says_which_table_is_there(
    tmp_path: Path, keep: Callable[[bytes], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    built = build(keep(GOOD), SMALL)
    (tmp_path / FOUR).write_bytes(built.four)
    (tmp_path / ONE).write_bytes(built.one)
    assert main([], {PLACE: str(tmp_path)}) == 0
    said = capsys.readouterr().out
    assert f"already here: {tmp_path}" in said and "complete: True" in said

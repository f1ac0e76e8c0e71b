"""Where the whole of notice 582 comes from: one pinned npm package, downloaded, proved, and read.

`@mandel59/mojidata` carries the notice's table four as two SQLite tables, and the MJ list, one column of
which tells table one. The package is proved by the digest that the registry publishes before anything in it
is opened; one file of it is read, at a path of our choosing. What came out is held against the figures of the
release.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sqlite3
import ssl
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx

from sim.base.errors import HarnessError, UsageError
from sim.law.kanji.jis import JIS_STANDARDS, in_jis
from sim.law.kanji.table import TABLE_ONE, Part, Row, written

MEMBER: Final = "package/dist/moji.db"
MOST_PACKED: Final = 1 << 26
MOST_UNPACKED: Final = 1 << 28
"""Bytes of a package and of its database that are accepted: about twice the pinned ones."""

_BLOCK: Final = 1 << 20
_PARTS: Final = {Part.VARIANT: "nyukan_itaiji", Part.SIMILAR: "nyukan_ruiji"}
_SECONDS: Final = httpx.Timeout(60, connect=10)


@dataclass(frozen=True, slots=True)
class Release:
    """A package and what must be in it: digests of the archive and of what we make of it, and figures."""

    name: str
    url: str
    sha512: str
    """As npm writes it: base64."""
    rows: dict[Part, int]
    standards: int
    """正字 of the JIS standards that the MJ list marks."""
    table_four_sha256: str
    table_one_sha256: str


PINNED: Final = Release(
    name="@mandel59/mojidata 1.8.1",
    url="https://registry.npmjs.org/@mandel59/mojidata/-/mojidata-1.8.1.tgz",
    sha512="OLA5LEmPHuVbdI8lGXwV3pGVpSIFAqU5+oqhPzK7q662ziWYMqxTGXoxfFb9dQCJ31WzSCG1C5rsUb2uynQhIQ==",
    rows={Part.VARIANT: 10_378, Part.SIMILAR: 12_078, Part.ADDED: TABLE_ONE},
    standards=JIS_STANDARDS,
    table_four_sha256="03ef2917b3fa773ffbd37260c506c28f10d52462c8d60cc5fbe124e7c9a1f933",
    table_one_sha256="89b21cd0150fac1583bfa2045fb5a23339280e2b11998aec3956235cdc5d6e55",
)
"""The release we know. Source of its digest: registry.npmjs.org, `dist.integrity`; figures: counted in it."""


def download(release: Release, into: Path, transport: httpx.BaseTransport | None = None) -> None:
    """Writes the package to the file `into`.

    Raises:
        HarnessError: there is no network, or the registry does not give the package.
    """
    # The machine's own trust store, as pip and npm use it: a laboratory may sit behind a mirror.
    trust = ssl.create_default_context()
    try:
        with (
            httpx.Client(
                transport=transport, verify=trust, timeout=_SECONDS, follow_redirects=True
            ) as client,
            client.stream("GET", release.url) as answer,
            into.open("wb") as file,
        ):
            answer.raise_for_status()
            size = 0
            for block in answer.iter_bytes(_BLOCK):
                size += len(block)
                if size > MOST_PACKED:
                    raise _not_fetched(release, f"more than {MOST_PACKED} bytes")
                file.write(block)
    except httpx.HTTPStatusError as error:
        raise _not_fetched(release, f"HTTP status {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise _not_fetched(release, str(error) or type(error).__name__) from error


def prove(release: Release, archive: Path) -> None:
    """Holds the archive against the pinned digest.

    Raises:
        UsageError: there is no such file.
        HarnessError: the digest is another one.
    """
    try:
        with archive.open("rb") as file:
            digest = base64.b64encode(hashlib.file_digest(file, "sha512").digest()).decode("ascii")
    except OSError as error:
        raise UsageError(
            "the package cannot be read",
            expected=f"the file of {release.name}",
            received=str(error),
            where=str(archive),
            remedy=f"download {release.url}",
        ) from error
    if digest != release.sha512:
        raise HarnessError(
            f"this is not the package {release.name}; nothing in it was opened",
            expected=f"sha512-{release.sha512}",
            received=f"sha512-{digest}",
            where=str(archive),
            remedy=f"download {release.url} again; if the digest stays different, do not use it",
        )


def read(release: Release, archive: Path) -> list[Row]:
    """The rows of tables one and four in the archive, proved first.

    Raises:
        UsageError: as `prove`.
        HarnessError: as `prove`; the archive or its database is damaged, a row says what no row of the notice
        can
            say, or the figures are not the release's.
    """
    prove(release, archive)
    with tempfile.TemporaryDirectory(prefix="renkei-kanji-") as folder:
        database = Path(folder) / "moji.db"
        _unpack(archive, database)
        # Read-only and immutable: SQLite leaves no journal and takes no lock.
        try:
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
                rows = [*_table_four(connection, archive), *_table_one(connection, archive)]
                standards = _jis_standards(connection, archive)
        except sqlite3.Error as error:
            raise _damaged(archive, "the tables nyukan_itaiji, nyukan_ruiji and mji", str(error)) from error
    counted = {part: sum(row.part is part for row in rows) for part in release.rows}
    if (counted, standards) != (release.rows, release.standards):
        raise _damaged(
            archive,
            _figures(release.rows, release.standards),
            _figures(counted, standards),
        )
    return rows


def _unpack(archive: Path, database: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name == MEMBER and member.isfile():
                    if member.size > MOST_UNPACKED:
                        raise _damaged(archive, f"at most {MOST_UNPACKED} bytes", f"{member.size} bytes")
                    packed = tar.extractfile(member)
                    if packed is not None:
                        _copy(packed, database)
                        return
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise _damaged(archive, "a gzipped tar archive", str(error)) from error
    raise _damaged(archive, MEMBER, "an archive without it")


def _copy(packed: IO[bytes], database: Path) -> None:
    with packed, database.open("wb") as file:
        shutil.copyfileobj(packed, file, _BLOCK)


def _table_four(connection: sqlite3.Connection, archive: Path) -> Iterator[Row]:
    for part, table in _PARTS.items():
        columns = "簡体字等の文字コード等, 簡体字等のUCS, 正字の文字コード等, 正字のUCS, 順位"
        for source, source_ucs, standard, standard_ucs, rank in connection.execute(
            f"SELECT {columns} FROM {table} ORDER BY 簡体字等の文字コード等, 順位"  # the names are ours
        ):
            where = f"{archive}, {table}, {source}"
            # The column of the character and that of its code must agree: only a private code has none.
            given = _character(source, source_ucs, where), _character(standard, standard_ucs, where)
            if rank not in (1, 2) or len(given[1]) != 1:
                raise _damaged(where, "rank 1 or 2 and a standard with a code point", f"{rank}, {standard}")
            yield Row(part, given[0], rank, given[1])


def _character(code: object, ucs: object, where: str) -> str:
    character = written(_number(code, where))
    if ucs != (character if len(character) == 1 else None):
        raise _damaged(where, f"code and character that agree: {code}", repr(ucs))
    return character


def _number(code: object, where: str) -> int:
    try:
        number = int(str(code), 16)
    except ValueError:
        number = -1
    if not 0 <= number <= sys.maxunicode:
        raise _damaged(where, "a code in hexadecimal digits", repr(code))
    return number


def _table_one(connection: sqlite3.Connection, archive: Path) -> Iterator[Row]:
    for code, ucs in connection.execute(
        "SELECT 入管正字コード, 対応するUCS FROM mji"
        " WHERE 入管正字コード IS NOT NULL AND 入管外字コード IS NOT NULL ORDER BY 入管正字コード"
    ):
        try:
            yield Row(Part.ADDED, written(int(code, 16)), 1, chr(ord(ucs)))
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(
                f"{archive}, mji, {code}", "a code and one character", repr((code, ucs))
            ) from error


def _jis_standards(connection: sqlite3.Connection, archive: Path) -> int:
    """How many 正字 the MJ list marks outside table one: each must be one by this Python's codecs, too."""
    count = 0
    for (code,) in connection.execute(
        "SELECT 入管正字コード FROM mji WHERE 入管正字コード IS NOT NULL AND 入管外字コード IS NULL"
    ):
        where = f"{archive}, mji, {code}"
        if not in_jis(chr(_number(code, where))):
            raise _damaged(where, "a kanji of JIS X 0213 or JIS X 0212", repr(code))
        count += 1
    return count


def _figures(rows: dict[Part, int], standards: int) -> str:
    parts = ", ".join(f"{count} {part}" for part, count in rows.items())
    return f"rows: {parts}; 正字 of JIS: {standards}"


def _not_fetched(release: Release, received: str) -> HarnessError:
    return HarnessError(
        f"{release.name} could not be downloaded",
        expected=f"a network, and the package at {release.url}",
        received=received,
        where="sim.drivers.kanji_archive",
        remedy="without a network: download it elsewhere, then make kanji-table ARCHIVE=mojidata-1.8.1.tgz;"
        " until then the small table of cited rows is used, and says so",
    )


def _damaged(where: object, expected: str, received: str) -> HarnessError:
    return HarnessError(
        "the package does not hold what its release holds",
        expected=expected,
        received=received,
        where=str(where),
        remedy="download it again; if it stays like this, the pinned release in kanji_archive.py is wrong",
    )
